//! `keywright client add`: safe metadata for each kind of application.

use super::certificate::{self, ByCertificate};
use super::{secret, snippet};
use crate::app::App;
use crate::cli::error::{CliError, Result};
use crate::cli::output::Output;
use crate::identity::event::{About, Actor, Event, Journal};
use crate::oauth::client::registration::{Profile, profile};
use crate::oauth::client::{Metadata, auth};
use crate::opaque::Opaque;
use crate::storage::clients::{self, ClientRow};
use clap::Args;
use serde_json::{Value, json};

/// Arguments of `keywright client add`.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The name that people see; the client identifier is made from it
    name: String,
    #[command(flatten)]
    kind: Kind,
    /// The client identifier, where it must be another than the name
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Where the browser is sent back to; compared exactly (repeatable)
    #[arg(long = "redirect", value_name = "URI")]
    redirects: Vec<String>,
    /// Where the browser may be sent after logout (repeatable)
    #[arg(long = "post-logout-redirect", value_name = "URI")]
    post_logout_redirects: Vec<String>,
    /// The scope it may ask for, separated by spaces
    #[arg(long)]
    scope: Option<String>,
    /// How it authenticates: client_secret_basic, client_secret_post or none; by a certificate, see below
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<String>,
    #[command(flatten)]
    by_certificate: ByCertificate,
    /// Bind its tokens to the certificate that it connects with (RFC 8705)
    #[arg(long)]
    certificate_bound_tokens: bool,
    /// One more grant type (repeatable)
    #[arg(long = "grant", value_name = "GRANT_TYPE")]
    grants: Vec<String>,
    /// Algorithm of its ID tokens [default: RS256]
    #[arg(long, value_name = "ALG")]
    id_token_alg: Option<String>,
    /// Algorithm of its access tokens [default: RS256]
    #[arg(long, value_name = "ALG")]
    access_token_alg: Option<String>,
    /// A resource server that it may name in `resource` (repeatable)
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// An audience whose tokens it may introspect (repeatable)
    #[arg(long = "introspects", value_name = "AUDIENCE")]
    introspects: Vec<String>,
    /// Do not ask people for consent: for applications of your own
    #[arg(long)]
    skip_consent: bool,
    /// Do not insist on PKCE, for confidential clients that cannot do it
    #[arg(long)]
    no_pkce: bool,
    /// People must prove two factors to use it
    #[arg(long)]
    require_mfa: bool,
    /// Put the claims of the scope into the ID token, for applications that never call userinfo
    #[arg(long)]
    id_token_claims: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Kind {
    /// Single-page application: runs in the browser, no secret, PKCE
    #[arg(long)]
    spa: bool,
    /// Web application with a server: secret and PKCE
    #[arg(long)]
    web: bool,
    /// Mobile, desktop or command-line application with a browser: no secret, PKCE, loopback redirects
    #[arg(long)]
    native: bool,
    /// Service without users: client credentials
    #[arg(long)]
    service: bool,
    /// Device or command-line tool without a browser: device flow
    #[arg(long)]
    device: bool,
}

impl Kind {
    fn profile(&self) -> Profile {
        match self {
            Self { spa: true, .. } => Profile::Spa,
            Self { native: true, .. } => Profile::Native,
            Self { service: true, .. } => Profile::Service,
            Self { device: true, .. } => Profile::Device,
            _ => Profile::Web,
        }
    }
}

pub(super) async fn run(arguments: &Add, app: &App, output: Output) -> Result {
    let id = arguments.id.clone().unwrap_or_else(|| slug(&arguments.name));
    let metadata = metadata(arguments)?;
    super::check(app, &id, &metadata)?;
    let (client, secret) = insert(app, &id, &metadata).await?;
    let mut value = super::document(&client, &metadata);
    if let Value::Object(members) = &mut value {
        members.insert("issuer".to_owned(), json!(app.config.public_url.as_str()));
        if let Some(secret) = &secret {
            members.insert("client_secret".to_owned(), json!(secret.expose()));
        }
    }
    output.show(
        &value,
        &snippet::text(app, &id, &metadata, arguments.kind.profile(), secret.as_ref()),
    );
    Ok(())
}

/// Stores the client, with a secret if it authenticates by one.
pub(crate) async fn insert(app: &App, id: &str, metadata: &Metadata) -> Result<(ClientRow, Option<Opaque>)> {
    let now = app.clock.now();
    let client = ClientRow {
        id: id.to_owned(),
        metadata: json!(metadata).to_string(),
        disabled_at: None,
        created_at: now.0,
        updated_at: now.0,
    };
    let mut journal = Journal::begin(Actor::operator(app)).await?;
    clients::insert(journal.sql(), &client)
        .await
        .map_err(|error| match error {
            taken if taken.is_unique_violation() => CliError::failure(
                format!("there is a client {id:?} already"),
                format!("keywright client show {id}    (or choose another identifier with --id)"),
            ),
            other => other.into(),
        })?;
    let secret = if auth::has_secret(&metadata.token_endpoint_auth_method) {
        Some(secret::insert(app, journal.sql(), id, now).await?)
    } else {
        None
    };
    journal.note(Event::ClientCreated, About::client(id)).await?;
    journal.commit().await?;
    Ok((client, secret))
}

fn metadata(arguments: &Add) -> Result<Metadata> {
    let base = profile(arguments.kind.profile(), arguments.redirects.clone());
    let mut grant_types = base.grant_types;
    for grant in &arguments.grants {
        if !grant_types.contains(grant) {
            grant_types.push(grant.clone());
        }
    }
    let metadata = Metadata {
        client_name: Some(arguments.name.clone()),
        post_logout_redirect_uris: arguments.post_logout_redirects.clone(),
        grant_types,
        scope: arguments.scope.clone().unwrap_or(base.scope),
        token_endpoint_auth_method: arguments
            .auth_method
            .clone()
            .unwrap_or(base.token_endpoint_auth_method),
        id_token_signed_response_alg: arguments.id_token_alg.clone(),
        access_token_signed_response_alg: arguments.access_token_alg.clone(),
        resources: arguments.resources.clone(),
        introspects: arguments.introspects.clone(),
        skip_consent: arguments.skip_consent,
        require_mfa: arguments.require_mfa,
        require_pkce: !arguments.no_pkce,
        id_token_claims: arguments.id_token_claims,
        tls_client_certificate_bound_access_tokens: arguments.certificate_bound_tokens,
        ..base
    };
    certificate::apply(
        &arguments.by_certificate,
        arguments.auth_method.as_deref(),
        metadata,
    )
}

/// `My App!` becomes `my-app`.
fn slug(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !name.is_empty() && name.chars().all(is_plain) {
        return name.to_owned();
    }
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !is_plain(c))
        .filter(|word| !word.is_empty())
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn identifiers_are_made_from_names() {
        assert_eq!(slug("my_App-1.2"), "my_App-1.2");
        assert_eq!(slug("My  App!"), "my-app");
        assert_eq!(slug("Ärger & Co"), "rger-co");
        assert_eq!(slug("☃"), "");
    }
}
