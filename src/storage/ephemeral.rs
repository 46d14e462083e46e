//! Short-lived values and counters. Each function is one statement, so each is atomic on either database.

use super::{Result, Sql};
use crate::time::Timestamp;

/// Stores a value, whatever was there.
///
/// # Errors
/// The database fails.
pub async fn put(at: Sql<'_>, name: &str, value: &[u8], expires_at: Timestamp) -> Result<()> {
    execute!(
        at,
        "INSERT INTO ephemeral (name, value, hits, expires_at) VALUES ($1, $2, 0, $3)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, hits = 0, expires_at = excluded.expires_at",
        name,
        value,
        expires_at.0,
    )?;
    Ok(())
}

/// The value, unless it has expired.
///
/// # Errors
/// The database fails.
pub async fn get(at: Sql<'_>, name: &str, now: Timestamp) -> Result<Option<Vec<u8>>> {
    let found = fetch_optional!(
        at => (Vec<u8>,),
        "SELECT value FROM ephemeral WHERE name = $1 AND expires_at > $2",
        name,
        now.0,
    )?;
    Ok(found.map(|(value,)| value))
}

/// The value, for one caller only: it is gone afterwards.
///
/// # Errors
/// The database fails; the value may be gone or not.
pub async fn take(at: Sql<'_>, name: &str, now: Timestamp) -> Result<Option<Vec<u8>>> {
    let found = fetch_optional!(
        at => (Vec<u8>,),
        "DELETE FROM ephemeral WHERE name = $1 AND expires_at > $2 RETURNING value",
        name,
        now.0,
    )?;
    Ok(found.map(|(value,)| value))
}

/// Stores a value if there is none; of any number of callers one gets `true`.
///
/// # Errors
/// The database fails.
pub async fn claim(
    at: Sql<'_>,
    name: &str,
    value: &[u8],
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let changed = execute!(
        at,
        "INSERT INTO ephemeral (name, value, hits, expires_at) VALUES ($1, $2, 0, $3)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, hits = 0, expires_at = excluded.expires_at
         WHERE ephemeral.expires_at <= $4",
        name,
        value,
        expires_at.0,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Adds one and gives the sum. The first hit sets when the counter starts again.
///
/// # Errors
/// The database fails; the hit may be counted or not.
pub async fn count(at: Sql<'_>, name: &str, expires_at: Timestamp, now: Timestamp) -> Result<i64> {
    let (hits,) = fetch_one!(
        at => (i64,),
        "INSERT INTO ephemeral (name, value, hits, expires_at) VALUES ($1, $2, 1, $3)
         ON CONFLICT (name) DO UPDATE SET
           hits = CASE WHEN ephemeral.expires_at > $4 THEN ephemeral.hits + 1 ELSE 1 END,
           expires_at = CASE WHEN ephemeral.expires_at > $4 THEN ephemeral.expires_at ELSE excluded.expires_at END
         RETURNING hits",
        name,
        &b""[..],
        expires_at.0,
        now.0,
    )?;
    Ok(hits)
}

/// What a counter stands at.
///
/// # Errors
/// The database fails.
pub async fn hits(at: Sql<'_>, name: &str, now: Timestamp) -> Result<i64> {
    let found = fetch_optional!(
        at => (i64,),
        "SELECT hits FROM ephemeral WHERE name = $1 AND expires_at > $2",
        name,
        now.0,
    )?;
    Ok(found.map_or(0, |(hits,)| hits))
}

/// Removes a value or counter.
///
/// # Errors
/// The database fails.
pub async fn forget(at: Sql<'_>, name: &str) -> Result<()> {
    execute!(at, "DELETE FROM ephemeral WHERE name = $1", name)?;
    Ok(())
}
