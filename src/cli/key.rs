//! `keywright key`: signing keys. A new key is published before it signs, so that nobody meets an unknown one.

use super::Global;
use super::client::duration;
use super::error::{CliError, Result};
use super::output::{Output, instant, table};
use crate::app::App;
use crate::identity::event::{About, Actor, Event, Journal};
use crate::jose::import::import_pem;
use crate::jose::{Alg, Pkcs8Der};
use crate::keyring::{self, KeyringError};
use crate::storage::signing_keys::{self, KeyRow};
use crate::time::{Seconds, Timestamp};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Verbs of `keywright key`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List the signing keys and their states
    List,
    /// Announce a new key, which takes over once clients have had time to see it
    Rotate(Rotate),
    /// Announce a key of your own, from a PEM file
    Import(Import),
}

/// Arguments of `keywright key rotate`.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// RS256, PS256, ES256 or EdDSA
    #[arg(long, default_value = "RS256")]
    alg: Alg,
    /// When it takes over [default: keys.announce]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    activate_in: Option<Seconds>,
}

/// Arguments of `keywright key import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file; afterwards it is no longer needed here
    #[arg(value_name = "PEM")]
    file: PathBuf,
    /// What it signs with [default: RS256, ES256 or EdDSA, by the kind of key]
    #[arg(long)]
    alg: Option<Alg>,
    /// When it takes over [default: keys.announce]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    activate_in: Option<Seconds>,
}

/// Runs the verb.
///
/// # Errors
/// A rotation is under way, the file is no key, or the database fails.
pub(super) async fn run(verb: &Verb, global: &Global, output: Output) -> Result {
    global
        .with_app(async |app| dispatch(verb, app, output).await)
        .await
}

async fn dispatch(verb: &Verb, app: &App, output: Output) -> Result {
    match verb {
        Verb::List => list(app, output).await,
        Verb::Rotate(arguments) => {
            let key = crate::jose::generate::generate(arguments.alg, &*app.entropy)
                .map_err(|error| CliError::failure(error.to_string(), "keywright doctor"))?;
            announce(app, arguments.alg, &key, arguments.activate_in, output).await
        }
        Verb::Import(arguments) => {
            let (alg, key) = read(arguments)?;
            announce(app, alg, &key, arguments.activate_in, output).await
        }
    }
}

fn read(arguments: &Import) -> Result<(Alg, Pkcs8Der)> {
    let failed = |why: String| {
        CliError::failure(
            format!("{}: {why}", arguments.file.display()),
            "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem",
        )
    };
    let pem = std::fs::read_to_string(&arguments.file).map(Zeroizing::new);
    let imported = import_pem(&pem.map_err(|error| failed(error.to_string()))?);
    let imported = imported.map_err(|error| failed(error.to_string()))?;
    let wanted = arguments.alg.or_else(|| imported.algs.first().copied());
    match wanted.filter(|alg| imported.algs.contains(alg)) {
        Some(alg) => Ok((alg, imported.key)),
        None => Err(failed("the key is of another kind than --alg needs".to_owned())),
    }
}

async fn announce(
    app: &App,
    alg: Alg,
    key: &Pkcs8Der,
    activate_in: Option<Seconds>,
    output: Output,
) -> Result {
    let now = app.clock.now();
    let wait = activate_in.unwrap_or(app.config.keys.announce);
    let mut journal = Journal::begin(Actor::operator(app)).await?;
    let kid = keyring::import(journal.sql(), &app.vault, &*app.entropy, alg, key, now, wait)
        .await
        .map_err(failure)?;
    let about = About {
        what: Some(&kid),
        ..About::default()
    };
    journal.note(Event::SigningKeyAnnounced, about).await?;
    journal.commit().await?;
    if wait.0 == 0 {
        keyring::tick(&app.db, now, app.keep_retired_keys())
            .await
            .map_err(failure)?;
    }
    let starts = now + wait;
    let value = json!({ "kid": kid, "alg": alg.name(), "activates_at": starts.0 });
    let text = format!(
        "Announced the {alg} key {kid}.\n  published now, signs from {}\n  \
         the key before it stays published until all that it signed has expired; no token becomes invalid",
        instant(starts, now),
    );
    output.show(&value, &text);
    Ok(())
}

fn failure(error: KeyringError) -> CliError {
    CliError::failure(error.to_string(), "keywright key list")
}

async fn list(app: &App, output: Output) -> Result {
    let now = app.clock.now();
    let keys = signing_keys::list(app.db.read()).await?;
    let rows: Vec<Vec<String>> = keys
        .iter()
        .map(|key| {
            vec![
                key.kid.clone(),
                key.alg.clone(),
                key.state.clone(),
                since(key, now),
            ]
        })
        .collect();
    let values = keys.iter().map(|key| {
        json!({
            "kid": key.kid,
            "alg": key.alg,
            "state": key.state,
            "created_at": key.created_at,
            "activates_at": key.activates_at,
            "retired_at": key.retired_at,
        })
    });
    output.show(
        &Value::Array(values.collect()),
        &table(&["kid", "alg", "state", ""], &rows),
    );
    Ok(())
}

fn since(key: &KeyRow, now: Timestamp) -> String {
    match (key.state.as_str(), key.retired_at) {
        (_, Some(retired)) => format!("signed until {}", instant(Timestamp(retired), now)),
        ("announced", None) => format!("signs from {}", instant(Timestamp(key.activates_at), now)),
        _ => format!("signs since {}", instant(Timestamp(key.activates_at), now)),
    }
}
