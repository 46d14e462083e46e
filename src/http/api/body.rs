//! JSON bodies: one object, each name once, no name that is not expected (AC-187).

use super::ApiError;
use crate::jose::strict_json;
use serde_json::{Map, Value};

/// The members of the body, which are among `names`. A repeated name is refused at any depth: two readers of one body
/// can never disagree.
pub(super) fn object(body: &[u8], names: &[&str]) -> Result<Map<String, Value>, ApiError> {
    let members = strict_json::object(body).ok_or(ApiError::InvalidRequest)?;
    if members.keys().all(|name| names.contains(&name.as_str())) {
        Ok(members)
    } else {
        Err(ApiError::InvalidRequest)
    }
}

/// A body that says nothing: none at all, or an empty object.
pub(super) fn empty(body: &[u8]) -> Result<(), ApiError> {
    if body.is_empty() {
        return Ok(());
    }
    object(body, &[]).map(drop)
}

/// A member that must be text with something in it. PostgreSQL cannot hold a NUL, so no text here has one.
pub(super) fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, ApiError> {
    match members.get(name) {
        Some(Value::String(text)) if !text.is_empty() && !text.contains('\0') => Ok(text),
        _ => Err(ApiError::InvalidRequest),
    }
}
