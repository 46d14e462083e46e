//! Client secrets: made here, shown once, stored as a digest. Two are live while a client changes over.

use super::find;
use crate::app::App;
use crate::cli::error::{CliError, Result};
use crate::cli::output::{Output, instant};
use crate::id;
use crate::identity::event::{About, Actor, Event, Journal};
use crate::oauth::client::auth;
use crate::opaque::{Kind, Opaque};
use crate::storage::Sql;
use crate::storage::clients::{self, SecretRow};
use crate::time::{Seconds, Timestamp};
use clap::Args;
use serde_json::json;

/// Arguments of `keywright client rotate-secret`.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The client identifier
    id: String,
    /// How long the old secret stays good, such as `24h`; `0s` ends it at once
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration)]
    overlap: Seconds,
}

pub(crate) fn duration(text: &str) -> std::result::Result<Seconds, String> {
    text.parse().map_err(str::to_owned)
}

pub(super) async fn run(arguments: &Rotate, app: &App, output: Output) -> Result {
    let client = find(app, &arguments.id).await?;
    let method = super::metadata(&client)?.token_endpoint_auth_method;
    if !auth::has_secret(&method) {
        let kind = if method == "none" {
            "is a public client"
        } else {
            "authenticates by its certificate"
        };
        return Err(CliError::failure(
            format!("{:?} {kind}: it has no secret", client.id),
            format!("keywright client show {}", client.id),
        ));
    }
    let now = app.clock.now();
    let ends = now + arguments.overlap;
    let mut journal = Journal::begin(Actor::operator(app)).await?;
    clients::expire_secrets(journal.sql(), &client.id, ends, now).await?;
    let secret = insert(app, journal.sql(), &client.id, now).await?;
    journal
        .note(Event::ClientSecretReplaced, About::client(&client.id))
        .await?;
    journal.commit().await?;
    let value = json!({
        "client_id": client.id,
        "client_secret": secret.expose(),
        "previous_expires_at": ends.0,
    });
    let text = format!(
        "client_id      {}\nclient_secret  {}    (shown once)\nThe old secret is good until {}.",
        client.id,
        secret.expose(),
        instant(ends, now),
    );
    output.show(&value, &text);
    Ok(())
}

/// Makes and stores a secret.
pub(super) async fn insert(app: &App, at: Sql<'_>, client_id: &str, now: Timestamp) -> Result<Opaque> {
    let row = id::row(&*app.entropy, now);
    let secret = Opaque::mint(Kind::ClientSecret, &row, &*app.entropy, &app.vault);
    let stored = SecretRow {
        id: row,
        client_id: client_id.to_owned(),
        digest: secret.digest(&app.vault),
        created_at: now.0,
        expires_at: None,
    };
    clients::insert_secret(at, &stored).await?;
    Ok(secret)
}
