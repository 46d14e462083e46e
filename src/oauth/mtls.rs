//! Certificate-bound access tokens (RFC 8705 §3), and what discovery says of certificates (§3.3, §5).
//! Tests: tests/it/mtls/.

use crate::config::Config;
use crate::jose::Claims;
use crate::secret::constant_time_eq;
use crate::x509::Certificate;
use serde_json::{Map, Value, json};

/// The endpoints that clients call with a certificate.
const ENDPOINTS: &[(&str, &str)] = &[
    ("token_endpoint", "/token"),
    ("revocation_endpoint", "/revoke"),
    ("introspection_endpoint", "/introspect"),
    ("device_authorization_endpoint", "/device_authorization"),
    ("userinfo_endpoint", "/userinfo"),
];

/// Whether who shows this certificate, or none, may use the token. A binding of a kind that is not known here is
/// confirmed by nobody (RFC 7800 §3.1).
pub fn confirms(claims: &Claims, certificate: Option<&Certificate>) -> bool {
    let Some(confirmation) = claims.members().get("cnf") else {
        return true;
    };
    let bound = match confirmation.as_object() {
        Some(members) if members.len() == 1 => members.get("x5t#S256").and_then(Value::as_str),
        _ => None,
    };
    match (bound, certificate) {
        (Some(bound), Some(shown)) => constant_time_eq(shown.thumbprint().as_bytes(), bound.as_bytes()),
        _ => false,
    }
}

/// The members of discovery; none, if no certificate can reach this server.
pub(super) fn metadata(config: &Config) -> Map<String, Value> {
    let mut members = Map::new();
    if !config.tls.takes_client_certificates() {
        return members;
    }
    let name = "tls_client_certificate_bound_access_tokens";
    members.insert(name.to_owned(), true.into());
    if let Some(url) = &config.tls.mtls_url {
        let aliases = ENDPOINTS
            .iter()
            .map(|(name, path)| ((*name).to_owned(), Value::from(url.url(path))));
        members.insert(
            "mtls_endpoint_aliases".to_owned(),
            json!(aliases.collect::<Map<_, _>>()),
        );
    }
    members
}
