//! The tables of the integration guide, one test per row, named after it: a short story through the real handlers. The
//! table "Methods and controls" of the README leads here. Details are tested where the tree of URLs says.

mod anti_patterns;
mod authentication_methods;
mod hardening;
mod jwt;
mod oauth_flows;
mod session_stores;
mod token_lifecycle;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// A part of a JWT.
fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Header and claims of a JWT.
fn parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.');
    (decoded(parts.next().unwrap()), decoded(parts.next().unwrap()))
}
