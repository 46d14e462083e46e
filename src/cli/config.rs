//! `keywright config`: what is configured, where it came from, and what could be.

use super::Global;
use super::error::{CliError, Result};
use super::output::{Output, table};
use crate::config::{self, DatabaseUrl, Environment, Loaded, Origin, Value};
use clap::Subcommand;
use serde_json::{Map, json};

/// Verbs of `keywright config`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Check the configuration and report all problems at once
    Check,
    /// Show the value of every setting; secrets are masked
    Show {
        /// Also show where each value came from
        #[arg(long)]
        origin: bool,
    },
    /// Print a commented keywright.toml with all settings at their defaults
    Example,
}

/// Runs the verb.
///
/// # Errors
/// The configuration has problems.
pub(super) fn run(verb: &Verb, global: &Global, output: Output) -> Result {
    match verb {
        Verb::Check => check(&load(global, Files::Read)?, output),
        Verb::Show { origin } => show(&load(global, Files::Leave)?, *origin, output),
        Verb::Example => output.show(&json!({ "example": config::example() }), &config::example()),
    }
    Ok(())
}

/// What to do with the files that settings name.
#[derive(PartialEq, Eq)]
enum Files {
    Read,
    Leave,
}

fn load(global: &Global, files: Files) -> Result<Loaded> {
    let mut flags = global.flags();
    flags.read_files = files == Files::Read;
    config::load_with_origins(&flags, &Environment::of_process()).map_err(CliError::from)
}

fn check(loaded: &Loaded, output: Output) {
    let config = &loaded.config;
    let value = json!({
        "valid": true,
        "public_url": config.public_url.as_str(),
        "database": config.database.url.for_people(),
    });
    let text = format!(
        "The configuration is valid.\n  issuer    {}\n  listen    {}\n  database  {}\n  keys      {}",
        config.public_url,
        config.server.listen,
        config.database.url.for_people(),
        config.keys.directory.display(),
    );
    output.show(&value, &text);
}

fn show(loaded: &Loaded, origin: bool, output: Output) {
    let mut settings = Map::new();
    let mut rows = Vec::new();
    for value in &loaded.values {
        let (key, shown) = (value.setting.key, masked(value));
        let from = value.origin.to_string();
        rows.push(if origin {
            vec![key.to_owned(), shown.clone(), from.clone()]
        } else {
            vec![key.to_owned(), shown.clone()]
        });
        let entry = if origin {
            json!({ "value": shown, "origin": from })
        } else {
            json!(shown)
        };
        settings.insert(key.to_owned(), entry);
    }
    let head: &[&str] = if origin {
        &["setting", "value", "origin"]
    } else {
        &["setting", "value"]
    };
    output.show(&settings.into(), &table(head, &rows));
}

fn masked(value: &Value) -> String {
    let text = value.text.expose();
    if !value.setting.secret || text.is_empty() || value.origin == Origin::Default {
        return text.to_owned();
    }
    match DatabaseUrl::parse(text) {
        Ok(url) if value.setting.key == "database.url" => url.for_people(),
        _ => "********".to_owned(),
    }
}
