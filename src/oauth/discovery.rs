//! Provider metadata (OIDC Discovery §3, RFC 8414 §2). Every capability comes from the list that implements it,
//! so that discovery cannot promise what does not work. Tests: tests/it/discovery.rs.

use super::client::auth;
use super::token::grants;
use super::{mtls, prompt, response_mode, scopes};
use crate::config::Config;
use serde_json::{Value, json};

/// The authentication context class of a sign-in with a password alone.
pub const ACR_PASSWORD: &str = "urn:keywright:acr:password";
/// The authentication context class of a sign-in with two factors.
pub const ACR_MFA: &str = "urn:keywright:acr:mfa";
/// All classes, the weakest first; every one can be reached.
pub const ACRS: &[&str] = &[ACR_PASSWORD, ACR_MFA];

/// The metadata document. `algs` are the algorithms with an active key.
pub fn document(config: &Config, algs: &[String]) -> Value {
    let url = |path: &str| config.public_url.url(path);
    let methods = auth::offered(config);
    let mut claims = vec![
        "sub",
        "iss",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "acr",
        "amr",
        "azp",
        "sid",
        "at_hash",
    ];
    claims.extend(scopes::ALL.iter().flat_map(|known| known.claims));
    let mut document = json!({
        "issuer": config.public_url.as_str(),
        "authorization_endpoint": url("/authorize"),
        "token_endpoint": url("/token"),
        "userinfo_endpoint": url("/userinfo"),
        "jwks_uri": url("/jwks"),
        "introspection_endpoint": url("/introspect"),
        "revocation_endpoint": url("/revoke"),
        "device_authorization_endpoint": url("/device_authorization"),
        "end_session_endpoint": url("/end_session"),
        "scopes_supported": scopes::ALL.iter().map(|known| known.name).collect::<Vec<_>>(),
        "claims_supported": claims,
        "response_types_supported": ["code"],
        "response_modes_supported": response_mode::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "grant_types_supported": grants::ALL.iter().map(|grant| grant.name()).collect::<Vec<_>>(),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algs,
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": auth::confidential(config),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": prompt::SUPPORTED,
        "acr_values_supported": ACRS,
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "ui_locales_supported": ["en"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    });
    if let Value::Object(members) = &mut document {
        members.extend(mtls::metadata(config));
    }
    if let (true, Value::Object(members)) = (config.tokens.status_list, &mut document) {
        // draft-ietf-oauth-status-list §9.1
        let name = "status_list_aggregation_endpoint".to_owned();
        members.insert(name, url("/status").into());
    }
    document
}
