//! Signing keys and their states: announced → active → retiring → gone. The private part is encrypted.

use super::{Result, Sql, Tx};
use crate::time::Timestamp;

row! {
    /// A row of `signing_keys`.
    #[derive(Clone, Debug)]
    pub struct KeyRow {
        /// RFC 7517 §4.5 key identifier.
        pub kid: String,
        /// RFC 7518 §3.1 algorithm name.
        pub alg: String,
        /// `announced`, `active` or `retiring`.
        pub state: String,
        /// PKCS#8, sealed by the vault for this `kid`.
        pub private_key: Vec<u8>,
        /// When the row was made.
        pub created_at: i64,
        /// When an announced key may begin to sign.
        pub activates_at: i64,
        /// When a retiring key stopped signing.
        pub retired_at: Option<i64>,
    }
}

/// All keys, oldest first.
///
/// # Errors
/// The database fails.
pub async fn list(at: Sql<'_>) -> Result<Vec<KeyRow>> {
    fetch_all!(
        at => KeyRow,
        "SELECT kid, alg, state, private_key, created_at, activates_at, retired_at
         FROM signing_keys ORDER BY created_at, kid"
    )
}

/// Adds a key; `false` if its algorithm already has one in that state (another node was first).
///
/// # Errors
/// The database fails.
pub async fn insert(at: Sql<'_>, key: &KeyRow) -> Result<bool> {
    let inserted = execute!(
        at,
        "INSERT INTO signing_keys (kid, alg, state, private_key, created_at, activates_at, retired_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        &key.kid,
        &key.alg,
        &key.state,
        &key.private_key,
        key.created_at,
        key.activates_at,
        key.retired_at,
    )?;
    Ok(inserted == 1)
}

/// Retires the active key of `alg` and activates the announced one, if its time has come. Both happen or neither;
/// of two nodes that try at once, one does it.
///
/// # Errors
/// The database fails.
pub async fn promote(tx: &mut Tx, alg: &str, kid: &str, now: Timestamp) -> Result<bool> {
    let due = execute!(
        tx.sql(),
        "UPDATE signing_keys SET state = 'retiring', retired_at = $3 WHERE alg = $1 AND state = 'active'
           AND EXISTS (SELECT 1 FROM signing_keys n WHERE n.kid = $2 AND n.state = 'announced' AND n.activates_at <= $3)",
        alg,
        kid,
        now.0,
    )?;
    let activated = execute!(
        tx.sql(),
        "UPDATE signing_keys SET state = 'active' WHERE kid = $1 AND state = 'announced' AND activates_at <= $2",
        kid,
        now.0,
    )?;
    Ok(due <= 1 && activated == 1)
}

/// Removes keys that retired before `before`: no token signed by them can still be valid.
///
/// # Errors
/// The database fails.
pub async fn delete_retired(at: Sql<'_>, before: Timestamp) -> Result<u64> {
    execute!(
        at,
        "DELETE FROM signing_keys WHERE state = 'retiring' AND retired_at < $1",
        before.0
    )
}
