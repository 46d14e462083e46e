//! The documentation of the configuration, made from the list of settings.

use super::setting::{Kind, Setting, sections};
use std::fmt::Write;

/// A TOML file with every setting, commented out at its default.
pub fn example() -> String {
    let mut out = String::from(
        "# keywright.toml: every setting at its default. Searched at --config, $KEYWRIGHT_CONFIG,\n\
         # ./keywright.toml and /etc/keywright/keywright.toml. Each setting is an environment variable too:\n\
         # server.listen is KEYWRIGHT_SERVER__LISTEN. A secret may lie in a file of its own:\n\
         # database.url_file = \"/run/secrets/url\", or KEYWRIGHT_DATABASE__URL_FILE.\n",
    );
    for section in sections() {
        out.push('\n');
        if !section.name.is_empty() {
            let _ = writeln!(out, "[{}]", section.name);
        }
        for setting in section.settings {
            let name = setting.key.rsplit_once('.').map_or(setting.key, |(_, name)| name);
            let _ = writeln!(out, "# {}", setting.doc);
            let _ = writeln!(out, "#{name} = {}", literal(setting));
        }
    }
    out
}

/// The configuration table of the README, in Markdown.
pub fn readme_table() -> String {
    let mut out = String::from("| setting | type | default | |\n|---|---|---|---|\n");
    for setting in sections().iter().flat_map(|section| section.settings) {
        let default = match setting.default {
            "" if matches!(setting.kind, Kind::Cidrs | Kind::Origins | Kind::List(_)) => "`[]`".to_owned(),
            "" => String::new(),
            default => format!("`{default}`"),
        };
        let secret = if setting.secret { " Secret." } else { "" };
        let _ = writeln!(
            out,
            "| `{}` | {} | {default} | {}{secret} |",
            setting.key,
            setting.kind.describe(),
            setting.doc
        );
    }
    out
}

fn literal(setting: &Setting) -> String {
    match setting.kind {
        Kind::Integer | Kind::Boolean => setting.default.to_owned(),
        Kind::Cidrs | Kind::Origins | Kind::List(_) => "[]".to_owned(),
        _ => format!("{:?}", setting.default),
    }
}
