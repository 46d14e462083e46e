//! `keywright admin`: the one-time link that creates the first administrator.

use super::Global;
use super::error::{CliError, Result};
use super::output::{Output, instant, to_stderr};
use crate::app::App;
use crate::id;
use crate::identity::users::ADMIN;
use crate::opaque::{Kind, Opaque};
use crate::storage::{setup_links, users};
use crate::time::{Seconds, Timestamp};
use clap::Subcommand;
use serde_json::json;
use std::io::IsTerminal;

/// How long a set-up link is good for.
const LIFETIME: Seconds = Seconds(3_600);

/// Verbs of `keywright admin`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a new one-time link that creates the first administrator; earlier links end
    SetupLink {
        /// Print the link even where the output is not a terminal
        #[arg(long)]
        print_setup_link: bool,
    },
}

/// Runs the verb.
///
/// # Errors
/// There is an administrator already, the output could be a log, or the database fails.
pub(super) async fn run(verb: &Verb, global: &Global, output: Output) -> Result {
    let Verb::SetupLink { print_setup_link } = verb;
    // Whoever reads the link can become the administrator: it must not end in a log by accident.
    if !print_setup_link && !std::io::stderr().is_terminal() {
        return Err(CliError::usage(
            "the output is not a terminal and may be kept in a log",
            "keywright admin setup-link --print-setup-link",
        ));
    }
    global.with_app(async |app| print(app, output).await).await
}

async fn print(app: &App, output: Output) -> Result {
    let Some(link) = setup_link(app).await? else {
        return Err(CliError::failure(
            "there is an administrator already",
            "keywright user list",
        ));
    };
    if output.json {
        output.show(&json!({ "url": link.url, "expires_at": link.expires_at.0 }), "");
    } else {
        let until = instant(link.expires_at, app.clock.now());
        to_stderr(&format!(
            "Open this link until {until} to create the first administrator:\n\n    {}\n",
            link.url
        ));
    }
    Ok(())
}

/// A link that was just made. It is stored as a digest, so it can be shown this once only.
pub(super) struct SetupLink {
    pub(super) url: String,
    pub(super) expires_at: Timestamp,
}

/// Whether the first administrator is still to be created.
pub(super) async fn is_needed(app: &App) -> Result<bool> {
    Ok(!users::any_with_role(app.db.read(), ADMIN).await?)
}

/// Makes a link and ends all earlier ones; `None` when there is an administrator.
pub(super) async fn setup_link(app: &App) -> Result<Option<SetupLink>> {
    if !is_needed(app).await? {
        return Ok(None);
    }
    let now = app.clock.now();
    let row = id::row(&*app.entropy, now);
    let secret = Opaque::mint(Kind::SetupLink, &row, &*app.entropy, &app.vault);
    let expires_at = now + LIFETIME;
    let mut tx = app.db.begin().await?;
    setup_links::replace(&mut tx, &row, &secret.digest(&app.vault), now, expires_at).await?;
    tx.commit().await?;
    let url = app.config.public_url.url(&format!("/setup/{}", secret.expose()));
    Ok(Some(SetupLink { url, expires_at }))
}
