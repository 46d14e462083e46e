//! Access tokens that are refused before their `exp` (RFC 7009).

use super::{Result, Sql};
use crate::time::Timestamp;

/// Denies a token until it would have expired anyway; the status lists say so at its index, if it has one.
///
/// # Errors
/// The database fails.
pub async fn insert(at: Sql<'_>, jti: &str, expires_at: Timestamp, status_index: Option<i64>) -> Result<()> {
    execute!(
        at,
        "INSERT INTO denied_tokens (jti, expires_at, status_index) VALUES ($1, $2, $3) ON CONFLICT (jti) DO NOTHING",
        jti,
        expires_at.0,
        status_index,
    )?;
    Ok(())
}

/// Whether the token was denied.
///
/// # Errors
/// The database fails.
pub async fn contains(at: Sql<'_>, jti: &str) -> Result<bool> {
    Ok(fetch_optional!(at => (String,), "SELECT jti FROM denied_tokens WHERE jti = $1", jti)?.is_some())
}
