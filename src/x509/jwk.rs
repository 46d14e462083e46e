//! The public key of a certificate in JWK form (RFC 7518 §6, RFC 8037 §2): the required members alone, which tell
//! one key from another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// Curves by their object identifier: their name, and the length of a coordinate in bytes.
const CURVES: &[(&str, &str, usize)] = &[
    ("1.2.840.10045.3.1.7", "P-256", 32),
    ("1.3.132.0.34", "P-384", 48),
    ("1.3.132.0.35", "P-521", 66),
];
const ED25519: &str = "1.3.101.112";

pub(super) fn of(key: &SubjectPublicKeyInfo<'_>) -> Option<Map<String, Value>> {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let raw = key.subject_public_key.data.as_ref();
    let jwk = if key.algorithm.algorithm.to_id_string() == ED25519 {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(raw) })
    } else {
        match key.parsed().ok()? {
            PublicKey::RSA(rsa) => json!({
                "kty": "RSA",
                "n": encode(without_zeros(rsa.modulus)),
                "e": encode(without_zeros(rsa.exponent)),
            }),
            PublicKey::EC(_) => {
                let curve = key.algorithm.parameters.as_ref()?.as_oid().ok()?.to_id_string();
                let (_, name, length) = CURVES.iter().find(|(oid, _, _)| *oid == curve)?;
                // SEC 1 §2.3.3: 4, then the two coordinates.
                let (x, y) = raw.strip_prefix(&[4])?.split_at_checked(*length)?;
                if y.len() != *length {
                    return None;
                }
                json!({ "kty": "EC", "crv": name, "x": encode(x), "y": encode(y) })
            }
            _ => return None,
        }
    };
    match jwk {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// DER writes a zero before a number whose first bit is set, JWK does not (RFC 7518 §2).
fn without_zeros(mut number: &[u8]) -> &[u8] {
    while let Some(rest) = number.strip_prefix(&[0]) {
        number = rest;
    }
    number
}
