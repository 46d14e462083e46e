//! The public keys that a client registers: `jwks` of RFC 7591 §2, a JWK Set (RFC 7517 §5). Private members are refused.

use crate::x509::Certificate;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// Members that only a private or symmetric key has (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// The members that tell one public key from another.
const PUBLIC: [&str; 6] = ["kty", "crv", "x", "y", "n", "e"];

/// Checks a set before it is stored.
///
/// # Errors
/// What is wrong with it.
pub fn check(set: &Value) -> Result<(), &'static str> {
    let keys = set.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or("expected a JWK Set: {\"keys\": [...]}")?;
    if keys.is_empty() {
        return Err("at least one key is needed");
    }
    for key in keys {
        let key = key.as_object().ok_or("a key is not an object")?;
        if PRIVATE.iter().any(|name| key.contains_key(*name)) {
            return Err("a key is private or symmetric; register its public half alone");
        }
        let has = |names: &[&str]| {
            names
                .iter()
                .all(|name| key.get(*name).is_some_and(Value::is_string))
        };
        let whole = match key.get("kty").and_then(Value::as_str) {
            Some("RSA") => has(&["n", "e"]),
            Some("EC") => has(&["crv", "x", "y"]),
            Some("OKP") => has(&["crv", "x"]),
            _ => return Err("a key is of a kind that is not known: RSA, EC and OKP are"),
        };
        if !whole {
            return Err("a key lacks a member");
        }
        // RFC 7517 §4.7: the first certificate holds this very key.
        if let Some(chain) = key.get("x5c") {
            let certified = first_certificate(chain).and_then(|certificate| certificate.public_jwk());
            if certified.is_none_or(|certified| !is_same(key, &certified)) {
                return Err("x5c cannot be read, or its first certificate holds another key");
            }
        }
    }
    Ok(())
}

/// Whether the set holds this public key.
pub fn holds(set: &Value, key: &Map<String, Value>) -> bool {
    let keys = set.get("keys").and_then(Value::as_array).into_iter().flatten();
    keys.filter_map(Value::as_object).any(|known| is_same(known, key))
}

/// The key of a certificate, with the certificate.
pub fn of_certificate(certificate: &Certificate) -> Option<Value> {
    let mut key = certificate.public_jwk()?;
    key.insert("x5c".to_owned(), json!([certificate.x5c()]));
    key.insert("x5t#S256".to_owned(), json!(certificate.thumbprint()));
    Some(key.into())
}

fn is_same(left: &Map<String, Value>, right: &Map<String, Value>) -> bool {
    PUBLIC.iter().all(|name| left.get(*name) == right.get(*name))
}

fn first_certificate(chain: &Value) -> Option<Certificate> {
    let der = STANDARD.decode(chain.get(0)?.as_str()?).ok()?;
    Certificate::read(der.into(), Vec::new()).ok()
}
