//! The configuration file: finding it, and flattening its tables into dotted keys.

use super::problem::{Origin, Problem};
use super::setting::{self, Kind};
use super::sources::{Environment, secret_file};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const SEARCHED: [&str; 2] = ["./keywright.toml", "/etc/keywright/keywright.toml"];

/// The values of the file, by key: the one named by flag or environment, else the first that exists.
pub(super) fn read(
    flag: Option<&Path>,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) -> BTreeMap<&'static str, (String, Origin)> {
    let named = flag.or_else(|| environment.get("KEYWRIGHT_CONFIG").map(Path::new));
    let candidates: Vec<&Path> = named.map_or_else(|| SEARCHED.map(Path::new).to_vec(), |path| vec![path]);
    for path in candidates {
        match std::fs::read_to_string(path) {
            Ok(text) => return parse(path, &text, problems),
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => {}
            Err(error) => {
                problems.push(Problem::new(
                    Origin::Default,
                    format!("cannot read the configuration file {}: {error}", path.display()),
                ));
                break;
            }
        }
    }
    BTreeMap::new()
}

fn parse(path: &Path, text: &str, problems: &mut Vec<Problem>) -> BTreeMap<&'static str, (String, Origin)> {
    let mut file = File {
        path: path.to_owned(),
        text,
        values: BTreeMap::new(),
        problems,
    };
    match DeTable::parse(text) {
        Ok(table) => file.table("", table.get_ref()),
        Err(error) => {
            // Not the error's own display: it quotes the line, which may hold a secret.
            let start = error.span().map_or(0, |span| span.start);
            file.problem(start, format!("not valid TOML: {}", error.message()));
        }
    }
    file.values
}

struct File<'a> {
    path: PathBuf,
    text: &'a str,
    values: BTreeMap<&'static str, (String, Origin)>,
    problems: &'a mut Vec<Problem>,
}

impl File<'_> {
    fn origin(&self, offset: usize) -> Origin {
        let before = self.text.get(..offset).unwrap_or(self.text);
        Origin::File {
            path: self.path.clone(),
            line: before.matches('\n').count() + 1,
        }
    }

    fn problem(&mut self, offset: usize, message: String) {
        let problem = Problem::new(self.origin(offset), message);
        self.problems.push(problem);
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let name_at = name.span().start;
            let key = match prefix {
                "" => name.get_ref().to_string(),
                prefix => format!("{prefix}.{}", name.get_ref()),
            };
            let is_section = setting::sections()
                .iter()
                .any(|section| section.name == key && prefix.is_empty());
            match (setting::find(&key), value.get_ref()) {
                (Some(setting), value) => self.value(setting, name_at, value),
                (None, DeValue::Table(inner)) if is_section => self.table(&key, inner),
                (None, _) if is_section => {
                    self.problem(name_at, format!("`{key}` is a section: write `[{key}]`"))
                }
                (None, DeValue::String(path)) if self.secret_file(&key, path) => {}
                (None, DeValue::Table(_)) if prefix.is_empty() => self.unknown_section(name_at, &key),
                (None, _) => self.unknown(name_at, &key),
            }
        }
    }

    fn value(&mut self, setting: &'static setting::Setting, offset: usize, value: &DeValue<'_>) {
        let text = match (setting.kind, value) {
            (Kind::Cidrs | Kind::Origins | Kind::List(_), DeValue::Array(items)) => list(items),
            (_, value) => scalar(value),
        };
        match text {
            Some(text) => {
                let origin = self.origin(offset);
                self.values.insert(setting.key, (text, origin));
            }
            None => {
                let expected = setting.kind.describe();
                self.problem(offset, format!("{}: expected {expected}", setting.key));
            }
        }
    }

    /// `database.url_file = "/run/secrets/url"`, for secrets only.
    fn secret_file(&mut self, key: &str, path: &str) -> bool {
        let setting = key.strip_suffix("_file").and_then(setting::find);
        let Some(setting) = setting.filter(|setting| setting.secret) else {
            return false;
        };
        if let Some(found) = secret_file(Path::new(path), setting.key, self.problems) {
            self.values.insert(setting.key, found);
        }
        true
    }

    fn unknown(&mut self, offset: usize, key: &str) {
        let keys = setting::settings().map(|setting| setting.key.to_owned());
        // `listen` at the top level means `server.listen` more often than anything of a similar spelling.
        let same_name = setting::settings()
            .map(|setting| setting.key)
            .find(|known| known.split_once('.').is_some_and(|(_, name)| name == key));
        let message = match same_name
            .map(str::to_owned)
            .or_else(|| setting::nearest(key, keys))
        {
            Some(meant) => format!("`{key}` is not a setting; did you mean `{meant}`?"),
            None => format!("`{key}` is not a setting"),
        };
        self.problem(offset, message);
    }

    fn unknown_section(&mut self, offset: usize, name: &str) {
        let sections = setting::sections()
            .iter()
            .map(|section| section.name.to_owned())
            .filter(|name| !name.is_empty());
        let message = match setting::nearest(name, sections) {
            Some(meant) => format!("`[{name}]` is not a section; did you mean `[{meant}]`?"),
            None => format!("`[{name}]` is not a section"),
        };
        self.problem(offset, message);
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn list(items: &[Spanned<DeValue<'_>>]) -> Option<String> {
    let items: Option<Vec<String>> = items.iter().map(|item| scalar(item.get_ref())).collect();
    items.map(|items| items.join(","))
}
