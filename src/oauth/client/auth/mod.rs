//! Client authentication, RFC 6749 §2.3: exactly one method presented, equal to the registered one.
//! One function for every endpoint that clients call. Tests: tests/it/client_auth.rs.

mod client_secret_basic;
mod client_secret_post;
mod none;
mod self_signed_tls_client_auth;
mod tls_client_auth;

use super::Client;
use crate::config::Config;
use crate::cx::Cx;
use crate::oauth::error::{ErrorCode, Refusal, Result, invalid_client};
use crate::oauth::params::Params;
use crate::opaque::{self, Kind};
use crate::secret::constant_time_eq;
use std::sync::Arc;

/// A request of a client, as its authentication sees it. It has no `Debug`: the headers are credentials.
#[derive(Clone, Default)]
pub struct ClientRequest {
    /// The values of all `Authorization` headers.
    pub authorization: Vec<String>,
    /// The form.
    pub form: Params,
}

/// Credentials found in a request.
pub struct Presented {
    client_id: String,
    /// A client secret; no `Debug` on this type, so it reaches no log.
    secret: Option<String>,
}

/// A way to authenticate.
pub trait ClientAuthMethod: Sync {
    /// The registered name, `token_endpoint_auth_method`.
    fn name(&self) -> &'static str;
    /// Whether clients can authenticate so to a server of this configuration.
    fn is_offered(&self, _: &Config) -> bool {
        true
    }
    /// The credentials of this method, if the request has them.
    ///
    /// # Errors
    /// `invalid_client`: they are there but cannot be read.
    fn presented(&self, _: &ClientRequest) -> Result<Option<Presented>, Refusal> {
        Ok(None)
    }
    /// Whether the certificate of the connection is the client's; `None` for methods that are not about certificates.
    /// Such a client only names itself in the request.
    fn certificate(&self, _: &Cx, _: &Client) -> Option<Result<(), &'static str>> {
        None
    }
}

/// One line per method: authentication, discovery and registration all read this.
pub static ALL: &[&dyn ClientAuthMethod] = &[
    &client_secret_basic::ClientSecretBasic,
    &client_secret_post::ClientSecretPost,
    &tls_client_auth::TlsClientAuth,
    &self_signed_tls_client_auth::SelfSignedTlsClientAuth,
    &none::None,
];

/// The methods that a server of this configuration takes.
pub fn offered(config: &Config) -> Vec<&'static str> {
    ALL.iter()
        .filter(|method| method.is_offered(config))
        .map(|method| method.name())
        .collect()
}

/// Those of confidential clients, for endpoints that public ones may not call.
pub fn confidential(config: &Config) -> Vec<&'static str> {
    let mut names = offered(config);
    names.retain(|name| *name != "none");
    names
}

/// Whether clients of this method have a secret.
pub fn has_secret(method: &str) -> bool {
    matches!(method, "client_secret_basic" | "client_secret_post")
}

/// Who sent the request.
///
/// # Errors
/// `invalid_request`: more than one method. `invalid_client`: anything else that is not right.
pub async fn authenticate(cx: &Cx, request: &ClientRequest) -> Result<Arc<Client>> {
    // A signed assertion is a method that no client can be registered for here.
    let assertion = request.form.optional("client_assertion")?.is_some();
    let mut methods = ALL.iter().filter_map(|method| {
        let presented = method.presented(request).transpose()?;
        Some((method.name(), presented))
    });
    let found = methods.next();
    // RFC 6749 §2.3: not more than one. Counted before any of them is judged.
    if methods.next().is_some() || request.authorization.len() > 1 || (assertion && found.is_some()) {
        return Err(several().into());
    }
    let (method, presented) = found.ok_or_else(|| invalid_client("no credentials"))?;
    let presented = presented?;
    let client = cx.client(&presented.client_id).await?;

    // The secret is looked at before anything is decided, so that all wrong answers cost the same.
    let secret_matches = presented
        .secret
        .as_deref()
        .is_some_and(|secret| matches(cx, client.as_deref(), secret));
    let client = client.ok_or_else(|| invalid_client("unknown client"))?;
    let registered = client.metadata.token_endpoint_auth_method.as_str();
    // A certificate is part of the connection: in the request such a client only names itself, as public ones do.
    let by_certificate = ALL
        .iter()
        .find(|known| known.name() == registered)
        .filter(|known| method == "none" && known.is_offered(&cx.app.config))
        .and_then(|known| known.certificate(cx, &client));
    match by_certificate {
        Some(judged) => judged.map_err(invalid_client)?,
        None if registered != method => return Err(invalid_client("not the registered method").into()),
        None if !client.is_public() && !secret_matches => return Err(invalid_client("wrong secret").into()),
        None => {}
    }
    if client.disabled {
        return Err(invalid_client("client is disabled").into());
    }
    Ok(client)
}

/// As [`authenticate`], for endpoints that only confidential clients may call (RFC 7662 §2.1).
///
/// # Errors
/// As [`authenticate`], and `invalid_client` for public clients.
pub async fn authenticate_confidential(cx: &Cx, request: &ClientRequest) -> Result<Arc<Client>> {
    let client = authenticate(cx, request).await?;
    if client.is_public() {
        return Err(invalid_client("public client at an endpoint for confidential ones").into());
    }
    Ok(client)
}

/// Secrets are random, 256 bits: one fast MAC tells, where a password hash would let anyone exhaust the server.
/// The digest alone decides: a checksum saves a look at the database, and none is needed here.
fn matches(cx: &Cx, client: Option<&Client>, secret: &str) -> bool {
    let digest = |id: &str| opaque::digest(Kind::ClientSecret, id, secret, &cx.app.vault);
    let secrets = client.map(|client| client.secrets.as_slice()).unwrap_or_default();
    if secrets.is_empty() {
        // Unknown clients and public ones take as long.
        std::hint::black_box(digest(NOBODY));
    }
    let mut found = false;
    for (id, stored) in secrets {
        found |= constant_time_eq(&digest(id), stored);
    }
    found
}

/// In the place of the identifier of a secret; as long as one.
const NOBODY: &str = "00000000000000000000000000000000";

fn several() -> Refusal {
    Refusal::new(
        ErrorCode::InvalidRequest,
        "More than one way of client authentication is used.",
    )
}
