//! The adapter to `oxide-auth`, the RFC 6749 engine: the only module that may use it.
//! Rows are loaded before and spent after; a machine runs here to its deciding output without an `await`
//! (its inputs are not `Send`, and some states are lost by a wrong `Input::None`).
//! What it gets wrong when driven otherwise is listed in ARCHITECTURE.md; tests: tests/it/engine.rs.

pub mod authorization_code;
pub mod authorization_request;
pub mod client_credentials;
pub mod pkce;
pub mod refresh_token;
pub mod scope;

use super::error::{ErrorCode, Fault};
use oxide_auth::code_grant::error::AccessTokenErrorType;

/// The engine compares expiry with its own clock; ours was compared before, so it gets an instant far ahead.
fn never() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::<chrono::Utc>::MAX_UTC
}

/// A machine asked for something in an order that it never does.
fn out_of_order() -> Fault {
    Fault::internal("the RFC 6749 engine left its documented order")
}

fn code_of(kind: AccessTokenErrorType) -> ErrorCode {
    match kind {
        AccessTokenErrorType::InvalidRequest => ErrorCode::InvalidRequest,
        AccessTokenErrorType::InvalidClient => ErrorCode::InvalidClient,
        AccessTokenErrorType::InvalidGrant => ErrorCode::InvalidGrant,
        AccessTokenErrorType::UnauthorizedClient => ErrorCode::UnauthorizedClient,
        AccessTokenErrorType::UnsupportedGrantType => ErrorCode::UnsupportedGrantType,
        AccessTokenErrorType::InvalidScope => ErrorCode::InvalidScope,
    }
}
