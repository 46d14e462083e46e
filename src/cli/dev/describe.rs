//! What a development server says of itself: JSON for scripts, lines to paste for people.

use super::folder::Folder;
use super::{clients, people};
use crate::app::App;
use crate::cli::error::{CliError, Result};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Issuer, users and clients of a development server.
pub(super) struct Description {
    issuer: String,
    users: Value,
    clients: Value,
}

impl Description {
    /// Users and clients as an earlier run left them in a kept folder, or new ones.
    pub(super) async fn load_or_make(app: &App, folder: &Folder) -> Result<Self> {
        let issuer = app.config.public_url.to_string();
        let path = folder.path().join("dev.json");
        let failed = |error: std::io::Error| {
            CliError::failure(
                format!("{}: {error}", path.display()),
                "keywright dev --keep ANOTHER_DIR",
            )
        };
        if folder.is_kept() && path.exists() {
            let saved: Value = serde_json::from_slice(&fs::read(&path).map_err(failed)?)
                .map_err(|error| failed(error.into()))?;
            let part = |name: &str| saved.get(name).cloned().unwrap_or_default();
            let mut clients = part("clients");
            clients::update(app, &mut clients).await?;
            return Ok(Self {
                issuer,
                users: part("users"),
                clients,
            });
        }
        let made = Self {
            issuer,
            users: people::add(app).await?,
            clients: clients::add(app).await?,
        };
        if folder.is_kept() {
            write(&path, &made.json()).map_err(failed)?;
        }
        Ok(made)
    }

    /// For scripts.
    pub(super) fn json(&self) -> Value {
        json!({ "issuer": self.issuer, "users": self.users, "clients": self.clients })
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let Self { issuer, .. } = self;
        let user = |name: &str, field: &str| text(&self.users, name, field);
        let secret = text(&self.clients, "demo-service", "client_secret");
        let port = issuer.rsplit(':').next().unwrap_or_default();
        let login = if port == "8080" {
            String::new()
        } else {
            format!(" --issuer {issuer}")
        };
        format!(
            "keywright {} development server: for trying things on this machine, not for real users\n\n  \
             token now:   curl -su demo-service:{secret} -d grant_type=client_credentials {issuer}/token\n  \
             browser:     {issuer}/demo          sign in as {} / {}\n  \
             device:      keywright login --client demo-cli{login}\n\n  \
             web app:     demo-web with the secret {}\n  \
             other users: {} / {}\n               {} / {}\n  \
             discovery:   {issuer}/.well-known/openid-configuration\n\n\
             Ctrl-C stops it.",
            env!("CARGO_PKG_VERSION"),
            user("alice", "email"),
            user("alice", "password"),
            text(&self.clients, "demo-web", "client_secret"),
            user("bob", "email"),
            user("bob", "password"),
            user("admin", "email"),
            user("admin", "password"),
        )
    }
}

fn text<'a>(value: &'a Value, name: &str, field: &str) -> &'a str {
    value
        .get(name)
        .and_then(|entry| entry.get(field))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn write(path: &Path, value: &Value) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(value.to_string().as_bytes())
}
