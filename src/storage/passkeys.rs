//! Passkeys (WebAuthn credentials) of people.

use super::{Result, Sql};
use crate::time::Timestamp;

row! {
    /// A row of `passkeys`.
    #[derive(Clone, Debug)]
    pub struct PasskeyRow {
        /// Row identifier.
        pub id: String,
        /// Identifier that the authenticator chose; one account has it.
        pub credential_id: Vec<u8>,
        /// Whose it is.
        pub user_id: String,
        /// Name that the user gave it.
        pub name: String,
        /// Public key and properties, JSON.
        pub credential: String,
        /// Signature counter of the last use.
        pub counter: i64,
        /// When it was added.
        pub created_at: i64,
        /// When it was last used.
        pub last_used_at: Option<i64>,
    }
}

/// Adds a passkey.
///
/// # Errors
/// The credential is registered already (`is_unique_violation`), or the database fails.
pub async fn insert(at: Sql<'_>, passkey: &PasskeyRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO passkeys (id, credential_id, user_id, name, credential, counter, created_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &passkey.id,
        &passkey.credential_id,
        &passkey.user_id,
        &passkey.name,
        &passkey.credential,
        passkey.counter,
        passkey.created_at,
        passkey.last_used_at,
    )?;
    Ok(())
}

/// The passkeys of a user, oldest first.
///
/// # Errors
/// The database fails.
pub async fn of_user(at: Sql<'_>, user_id: &str) -> Result<Vec<PasskeyRow>> {
    fetch_all!(
        at => PasskeyRow,
        "SELECT id, credential_id, user_id, name, credential, counter, created_at, last_used_at
         FROM passkeys WHERE user_id = $1 ORDER BY created_at, id LIMIT 100",
        user_id,
    )
}

/// The passkey with this credential identifier, if it is this user's.
///
/// # Errors
/// The database fails.
pub async fn find(at: Sql<'_>, user_id: &str, credential_id: &[u8]) -> Result<Option<PasskeyRow>> {
    fetch_optional!(
        at => PasskeyRow,
        "SELECT id, credential_id, user_id, name, credential, counter, created_at, last_used_at
         FROM passkeys WHERE credential_id = $2 AND user_id = $1",
        user_id,
        credential_id,
    )
}

/// Notes a use; `false` if the counter is not ahead of the stored one (zero on both sides: there is no counter), or the
/// passkey was removed meanwhile.
///
/// # Errors
/// The database fails.
pub async fn used(at: Sql<'_>, id: &str, credential: &str, counter: i64, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE passkeys SET credential = $2, counter = $3, last_used_at = $4
         WHERE id = $1 AND (counter < $3 OR (counter = 0 AND $3 = 0))",
        id,
        credential,
        counter,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Removes a passkey of the user.
///
/// # Errors
/// The database fails.
pub async fn remove(at: Sql<'_>, user_id: &str, id: &str) -> Result<bool> {
    let changed = execute!(
        at,
        "DELETE FROM passkeys WHERE id = $2 AND user_id = $1",
        user_id,
        id
    )?;
    Ok(changed == 1)
}

/// Removes all passkeys of the user.
///
/// # Errors
/// The database fails.
pub async fn remove_all(at: Sql<'_>, user_id: &str) -> Result<u64> {
    execute!(at, "DELETE FROM passkeys WHERE user_id = $1", user_id)
}
