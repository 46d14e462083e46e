//! The clients of a development server, one for each kind of application.

use crate::app::App;
use crate::cli::client;
use crate::cli::error::Result;
use crate::config::Issuer;
use crate::oauth::client::registration::{Profile, profile};
use crate::oauth::client::{ApplicationType, Metadata};
use crate::storage::clients;
use serde_json::{Map, Value, json};

/// A redirect that any program on this machine can receive, on a port of its choice (RFC 8252 §7.3).
const LOOPBACK: &str = "http://127.0.0.1/callback";

fn all(issuer: &Issuer) -> [(&'static str, Metadata); 4] {
    let demo = issuer.url("/demo");
    let scope = "openid profile email offline_access groups roles".to_owned();
    let native = |kind, redirects: &[&str]| Metadata {
        application_type: ApplicationType::Native,
        scope: scope.clone(),
        ..profile(kind, redirects.iter().map(|&uri| uri.to_owned()).collect())
    };
    let named = |name: &str, metadata| Metadata {
        client_name: Some(name.to_owned()),
        ..metadata
    };
    [
        (
            "demo-spa",
            Metadata {
                post_logout_redirect_uris: vec![demo.clone()],
                ..named("Demo single-page app", native(Profile::Spa, &[&demo, LOOPBACK]))
            },
        ),
        (
            "demo-web",
            named("Demo web app", native(Profile::Web, &[LOOPBACK])),
        ),
        (
            "demo-service",
            Metadata {
                scope: "api:read api:write".to_owned(),
                ..named("Demo service", profile(Profile::Service, Vec::new()))
            },
        ),
        (
            "demo-cli",
            named("Demo command line", native(Profile::Device, &[])),
        ),
    ]
}

/// Adds the clients; gives what each needs by its identifier.
pub(super) async fn add(app: &App) -> Result<Value> {
    let mut described = Map::new();
    for (id, metadata) in all(&app.config.public_url) {
        client::check(app, id, &metadata)?;
        let (_, secret) = client::insert(app, id, &metadata).await?;
        let mut members = Map::new();
        members.insert("client_id".to_owned(), json!(id));
        if let Some(secret) = secret {
            members.insert("client_secret".to_owned(), json!(secret.expose()));
        }
        if !metadata.redirect_uris.is_empty() {
            members.insert("redirect_uris".to_owned(), json!(metadata.redirect_uris));
        }
        described.insert(id.to_owned(), members.into());
    }
    Ok(described.into())
}

/// Moves the clients of a kept folder to the port of this run.
pub(super) async fn update(app: &App, described: &mut Value) -> Result {
    for (id, metadata) in all(&app.config.public_url) {
        clients::set_metadata(app.db.write(), id, &json!(metadata).to_string(), app.clock.now()).await?;
        if let Some(Value::Object(members)) = described.get_mut(id)
            && !metadata.redirect_uris.is_empty()
        {
            members.insert("redirect_uris".to_owned(), json!(metadata.redirect_uris));
        }
    }
    Ok(())
}
