//! `keywright client update`: changes what is named and leaves the rest.

use super::certificate::{self, ByCertificate};
use super::{check, find, metadata, print};
use crate::app::App;
use crate::cli::error::{CliError, Result};
use crate::cli::output::Output;
use crate::identity::event::{About, Actor, Event, Journal};
use crate::oauth::client::Metadata;
use crate::storage::clients;
use clap::Args;
use serde_json::json;

/// Arguments of `keywright client update`.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The client identifier
    id: String,
    /// The name that people see
    #[arg(long)]
    name: Option<String>,
    /// Redirect URIs, in place of all that it has (repeatable)
    #[arg(long = "redirect", value_name = "URI")]
    redirects: Vec<String>,
    /// Adds a redirect URI (repeatable)
    #[arg(long, value_name = "URI", conflicts_with = "redirects")]
    add_redirect: Vec<String>,
    /// Removes a redirect URI (repeatable)
    #[arg(long, value_name = "URI", conflicts_with = "redirects")]
    remove_redirect: Vec<String>,
    /// Post-logout redirect URIs, in place of all that it has (repeatable)
    #[arg(long = "post-logout-redirect", value_name = "URI")]
    post_logout_redirects: Vec<String>,
    /// The scope it may ask for
    #[arg(long)]
    scope: Option<String>,
    /// How it authenticates: client_secret_basic or client_secret_post; by a certificate, see below
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<String>,
    #[command(flatten)]
    by_certificate: ByCertificate,
    /// Whether its tokens are bound to the certificate that it connects with (RFC 8705)
    #[arg(long, value_name = "BOOL")]
    certificate_bound_tokens: Option<bool>,
    /// Grant types, in place of all that it has (repeatable)
    #[arg(long = "grant", value_name = "GRANT_TYPE")]
    grants: Vec<String>,
    /// Algorithm of its ID tokens
    #[arg(long, value_name = "ALG")]
    id_token_alg: Option<String>,
    /// Algorithm of its access tokens
    #[arg(long, value_name = "ALG")]
    access_token_alg: Option<String>,
    /// Resource servers that it may name, in place of all that it has (repeatable)
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// Audiences whose tokens it may introspect, in place of all that it has (repeatable)
    #[arg(long = "introspects", value_name = "AUDIENCE")]
    introspects: Vec<String>,
    /// Whether people are not asked for consent
    #[arg(long, value_name = "BOOL")]
    skip_consent: Option<bool>,
    /// Whether a confidential client must use PKCE
    #[arg(long, value_name = "BOOL")]
    pkce: Option<bool>,
    /// Whether people must prove two factors to use it
    #[arg(long, value_name = "BOOL")]
    require_mfa: Option<bool>,
    /// Whether the claims of the scope are in the ID token
    #[arg(long, value_name = "BOOL")]
    id_token_claims: Option<bool>,
    /// Refuse every request of this client
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// Accept its requests again
    #[arg(long)]
    enable: bool,
}

pub(super) async fn run(arguments: &Update, app: &App, output: Output) -> Result {
    let client = find(app, &arguments.id).await?;
    let before = metadata(&client)?;
    let after = changed(arguments, before.clone());
    let after = certificate::apply(&arguments.by_certificate, arguments.auth_method.as_deref(), after)?;
    // A client made public would keep a secret that no longer protects it, and the other way round it has none.
    let public = |metadata: &Metadata| metadata.token_endpoint_auth_method == "none";
    if public(&before) != public(&after) {
        return Err(CliError::usage(
            "a client cannot change between public and confidential",
            "keywright client add --help    (register another one)",
        ));
    }
    check(app, &client.id, &after)?;
    let now = app.clock.now();
    let mut journal = Journal::begin(Actor::operator(app)).await?;
    clients::set_metadata(journal.sql(), &client.id, &json!(after).to_string(), now).await?;
    if arguments.disable || arguments.enable {
        clients::set_disabled(journal.sql(), &client.id, arguments.disable.then_some(now), now).await?;
    }
    let what = match (arguments.disable, arguments.enable) {
        (true, _) => Some("disabled"),
        (_, true) => Some("enabled"),
        _ => None,
    };
    let about = About {
        what,
        ..About::client(&client.id)
    };
    journal.note(Event::ClientChanged, about).await?;
    journal.commit().await?;
    let client = find(app, &arguments.id).await?;
    print(app, &client, &after, output);
    Ok(())
}

fn changed(arguments: &Update, before: Metadata) -> Metadata {
    let list = |new: &[String], old: Vec<String>| if new.is_empty() { old } else { new.to_vec() };
    let mut redirect_uris = list(&arguments.redirects, before.redirect_uris);
    redirect_uris.retain(|uri| !arguments.remove_redirect.contains(uri));
    for uri in &arguments.add_redirect {
        if !redirect_uris.contains(uri) {
            redirect_uris.push(uri.clone());
        }
    }
    Metadata {
        client_name: arguments.name.clone().or(before.client_name),
        redirect_uris,
        post_logout_redirect_uris: list(&arguments.post_logout_redirects, before.post_logout_redirect_uris),
        grant_types: list(&arguments.grants, before.grant_types),
        scope: arguments.scope.clone().unwrap_or(before.scope),
        token_endpoint_auth_method: arguments
            .auth_method
            .clone()
            .unwrap_or(before.token_endpoint_auth_method),
        id_token_signed_response_alg: arguments
            .id_token_alg
            .clone()
            .or(before.id_token_signed_response_alg),
        access_token_signed_response_alg: arguments
            .access_token_alg
            .clone()
            .or(before.access_token_signed_response_alg),
        resources: list(&arguments.resources, before.resources),
        introspects: list(&arguments.introspects, before.introspects),
        skip_consent: arguments.skip_consent.unwrap_or(before.skip_consent),
        require_mfa: arguments.require_mfa.unwrap_or(before.require_mfa),
        require_pkce: arguments.pkce.unwrap_or(before.require_pkce),
        id_token_claims: arguments.id_token_claims.unwrap_or(before.id_token_claims),
        tls_client_certificate_bound_access_tokens: arguments
            .certificate_bound_tokens
            .unwrap_or(before.tls_client_certificate_bound_access_tokens),
        ..before
    }
}
