//! Where values come from: flags, the environment, files with one secret each, the configuration file.

use super::file;
use super::problem::{Origin, Problem};
use super::setting::{self, Setting};
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The environment variables of the process, read once.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
        std::env::vars_os()
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    /// The variable's value. Set but empty is the same as not set: that is what `${NAME:-}` leaves behind.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// What the command line says about the configuration.
#[derive(Clone, Default)]
pub struct Flags {
    /// `--config`: this file and no other.
    pub file: Option<PathBuf>,
    /// Values of settings given as flags: the setting's key, the flag's name, the value.
    pub values: Vec<(&'static str, &'static str, String)>,
    /// Whether this is `keywright dev`.
    pub development: bool,
    /// Whether files that settings name are looked into, so that a broken one is a problem like any other.
    pub read_files: bool,
}

/// The text of a setting and where it came from.
#[derive(Clone)]
pub struct Value {
    /// Which setting.
    pub setting: &'static Setting,
    /// Its text; list items are separated by commas.
    pub text: Secret,
    /// Its source.
    pub origin: Origin,
}

/// The value of every setting, by precedence.
pub(super) fn gather(flags: &Flags, environment: &Environment, problems: &mut Vec<Problem>) -> Vec<Value> {
    let mut from_file = file::read(flags.file.as_deref(), environment, problems);
    unknown_variables(environment, problems);
    setting::settings()
        .map(|setting| {
            let found = from_flags(flags, setting)
                .or_else(|| from_environment(environment, setting, problems))
                .or_else(|| from_credential(environment, setting, problems))
                .or_else(|| from_file.remove(setting.key));
            let (text, origin) = found.unwrap_or((setting.default.to_owned(), Origin::Default));
            Value {
                setting,
                text: Secret::new(text),
                origin,
            }
        })
        .collect()
}

type Found = Option<(String, Origin)>;

fn from_flags(flags: &Flags, setting: &Setting) -> Found {
    let (_, flag, value) = flags.values.iter().find(|(key, _, _)| *key == setting.key)?;
    Some((value.clone(), Origin::Flag(flag)))
}

fn from_environment(environment: &Environment, setting: &Setting, problems: &mut Vec<Problem>) -> Found {
    let name = setting.variable();
    let direct = environment.get(&name);
    let file = format!("{name}_FILE");
    let path = environment.get(&file).filter(|_| setting.secret);
    match (direct, path) {
        (Some(_), Some(_)) => {
            problems.push(Problem::new(
                Origin::Environment(file),
                format!("{name} is set as well; set one of the two"),
            ));
            None
        }
        (Some(value), None) => Some((value.to_owned(), Origin::Environment(name))),
        (None, Some(path)) => secret_file(Path::new(path), setting.key, problems),
        (None, None) => None,
    }
}

/// `LoadCredential=database.url:/path` of a systemd unit.
fn from_credential(environment: &Environment, setting: &Setting, problems: &mut Vec<Problem>) -> Found {
    let directory = environment
        .get("CREDENTIALS_DIRECTORY")
        .filter(|_| setting.secret)?;
    let path = Path::new(directory).join(setting.key);
    if !path.exists() {
        return None;
    }
    secret_file(&path, setting.key, problems)
}

/// The content of a file that holds one secret, without the line ends that editors add.
pub(super) fn secret_file(path: &Path, key: &str, problems: &mut Vec<Problem>) -> Found {
    match std::fs::read_to_string(path) {
        Ok(text) => Some((
            text.trim_end_matches(['\r', '\n']).to_owned(),
            Origin::SecretFile(path.to_owned()),
        )),
        Err(error) => {
            problems.push(Problem::new(
                Origin::SecretFile(path.to_owned()),
                format!("cannot read {key}: {error}"),
            ));
            None
        }
    }
}

/// Only names that can be meant for us are refused: a container platform sets `KEYWRIGHT_PORT` and the like
/// for a service called "keywright", always with single underscores.
fn unknown_variables(environment: &Environment, problems: &mut Vec<Problem>) {
    let mut known: Vec<String> = setting::settings().map(Setting::variable).collect();
    known.extend(
        setting::settings()
            .filter(|setting| setting.secret)
            .map(|setting| setting.variable() + "_FILE"),
    );
    for name in environment
        .0
        .keys()
        .filter(|name| name.starts_with("KEYWRIGHT_") && !known.contains(name))
    {
        let single = known.iter().find(|known| known.replace("__", "_") == *name);
        let meant = match single {
            Some(single) => Some(single.clone()),
            None => setting::nearest(name, known.iter().cloned())
                .filter(|meant| name.contains("__") || strsim::osa_distance(name, meant) <= 2),
        };
        let message = match meant {
            Some(meant) => format!("not a setting; did you mean {meant}?"),
            None if name.contains("__") => "not a setting".to_owned(),
            None => continue,
        };
        problems.push(Problem::new(Origin::Environment(name.clone()), message));
    }
}
