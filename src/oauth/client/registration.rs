//! What a client may register (RFC 7591 §2, OIDC Registration §2). Every way to make a client comes through here.

use super::auth;
use super::jwks;
use super::{ApplicationType, Metadata};
use crate::oauth::engine::scope::Scope;
use crate::oauth::redirect_uri;
use crate::oauth::token::grants;

/// Longest client identifier, bytes.
pub const MAX_CLIENT_ID: usize = 128;

/// Why metadata cannot be registered, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The metadata name at fault.
    pub field: &'static str,
    /// What is wrong and what to write instead.
    pub text: String,
}

/// Checks a client before it is stored. `algs` are the algorithms that this server has keys for.
///
/// # Errors
/// All problems at once.
pub fn check(id: &str, metadata: &Metadata, algs: &[String]) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut problem = |field, text: String| problems.push(Problem { field, text });

    if !is_client_id(id) {
        problem(
            "client_id",
            "use 1 to 128 of A-Z a-z 0-9 . _ - and not the form of a UUID".to_owned(),
        );
    }
    for grant_type in &metadata.grant_types {
        if !grants::ALL.iter().any(|grant| grant.name() == grant_type) {
            problem("grant_types", format!("unknown grant type {grant_type:?}"));
        }
    }
    let method = metadata.token_endpoint_auth_method.as_str();
    if !auth::ALL.iter().any(|known| known.name() == method) {
        problem("token_endpoint_auth_method", format!("unknown method {method:?}"));
    }
    check_certificate(metadata, &mut problem);
    let public = method == "none";
    let has = |grant: &str| metadata.grant_types.iter().any(|registered| registered == grant);
    for grant in ["client_credentials", grants::TOKEN_EXCHANGE] {
        if public && has(grant) {
            problem(
                "grant_types",
                format!("{grant} needs a client that can keep a secret"),
            );
        }
    }
    if has("authorization_code") == metadata.redirect_uris.is_empty() {
        problem(
            "redirect_uris",
            "authorization_code needs at least one redirect URI, other grants none".to_owned(),
        );
    }
    for uri in &metadata.redirect_uris {
        if let Err(reason) = redirect_uri::check_registration(uri, metadata.application_type) {
            problem("redirect_uris", format!("{uri:?}: {reason}"));
        }
    }
    for uri in &metadata.post_logout_redirect_uris {
        if let Err(reason) = redirect_uri::check_registration(uri, metadata.application_type) {
            problem("post_logout_redirect_uris", format!("{uri:?}: {reason}"));
        }
    }
    if Scope::parse(&metadata.scope).is_err() {
        problem("scope", "has a character that RFC 6749 §3.3 forbids".to_owned());
    }
    for alg in [
        &metadata.id_token_signed_response_alg,
        &metadata.access_token_signed_response_alg,
    ] {
        if let Some(alg) = alg.as_ref().filter(|alg| !algs.contains(alg)) {
            let advice = format!("no signing key for {alg:?}: run `keywright key rotate --alg {alg}` first");
            problem("id_token_signed_response_alg", advice);
        }
    }
    // It becomes a link on our pages.
    let is_web = |uri: &String| uri.starts_with("https://") || uri.starts_with("http://");
    if metadata
        .client_uri
        .as_ref()
        .is_some_and(|uri| !is_web(uri) || url::Url::parse(uri).is_err())
    {
        problem("client_uri", "must be an http or https address".to_owned());
    }
    for resource in &metadata.resources {
        if crate::oauth::resource::check(resource).is_err() {
            problem(
                "resources",
                format!("{resource:?}: an absolute URI without fragment is needed (RFC 8707 §2)"),
            );
        }
    }
    if metadata.default_max_age.is_some_and(|age| age < 0) {
        problem("default_max_age", "must not be negative".to_owned());
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// RFC 8705 §2: each of the two methods has what it compares a certificate with, and no other method has any.
fn check_certificate(metadata: &Metadata, problem: &mut impl FnMut(&'static str, String)) {
    let method = metadata.token_endpoint_auth_method.as_str();
    if method == "tls_client_auth" || metadata.has_certificate_name() {
        if let Err((field, wrong)) = metadata.certificate_name() {
            problem(field, wrong.to_owned());
        } else if method != "tls_client_auth" {
            problem(
                "token_endpoint_auth_method",
                "the name of a certificate is registered, which is for tls_client_auth".to_owned(),
            );
        }
    }
    match &metadata.jwks {
        Some(set) => {
            if let Err(wrong) = jwks::check(set) {
                problem("jwks", wrong.to_owned());
            }
        }
        None if method == "self_signed_tls_client_auth" => {
            let wrong = "self_signed_tls_client_auth needs the keys of its certificates";
            problem("jwks", wrong.to_owned());
        }
        None => {}
    }
}

/// Client identifiers never look like user identifiers (RFC 9700 §4.15) and need no escaping anywhere.
fn is_client_id(id: &str) -> bool {
    (1..=MAX_CLIENT_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && !crate::id::is_user(id)
}

/// Safe metadata for a kind of application; the name of the profile is what `client add --…` takes.
pub fn profile(kind: Profile, redirect_uris: Vec<String>) -> Metadata {
    let code = || vec!["authorization_code".to_owned(), "refresh_token".to_owned()];
    let people = "openid profile email address phone offline_access groups roles".to_owned();
    let base = Metadata {
        redirect_uris,
        response_types: vec!["code".to_owned()],
        ..Metadata::default()
    };
    match kind {
        Profile::Web => Metadata {
            grant_types: code(),
            scope: people,
            ..base
        },
        Profile::Spa => Metadata {
            grant_types: code(),
            scope: people,
            token_endpoint_auth_method: "none".to_owned(),
            ..base
        },
        Profile::Native => Metadata {
            grant_types: code(),
            scope: people,
            token_endpoint_auth_method: "none".to_owned(),
            application_type: ApplicationType::Native,
            ..base
        },
        Profile::Service => Metadata {
            grant_types: vec!["client_credentials".to_owned()],
            response_types: Vec::new(),
            ..base
        },
        Profile::Device => Metadata {
            grant_types: vec![
                "urn:ietf:params:oauth:grant-type:device_code".to_owned(),
                "refresh_token".to_owned(),
            ],
            response_types: Vec::new(),
            scope: people,
            token_endpoint_auth_method: "none".to_owned(),
            application_type: ApplicationType::Native,
            ..base
        },
    }
}

/// What is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A web application with a server: confidential, code + PKCE.
    Web,
    /// A single-page application: public, code + PKCE, rotating refresh tokens.
    Spa,
    /// A mobile, desktop or command-line application with a browser: public, loopback or custom-scheme redirect.
    Native,
    /// A service: client credentials.
    Service,
    /// A device or command line without a browser: device code.
    Device,
}
