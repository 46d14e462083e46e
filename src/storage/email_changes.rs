//! Changes of addresses: wanted, done with the link that went to the new one, undone with a link that went to the old one.

use super::{Result, Sql};
use crate::time::Timestamp;

row! {
    /// A row of `email_changes`.
    #[derive(Clone)]
    pub struct EmailChangeRow {
        /// Row identifier, part of the links.
        pub id: String,
        /// Whose address.
        pub user_id: String,
        /// The user's credential epoch when it was asked for.
        pub user_epoch: i64,
        /// The address of before, canonical.
        pub old_email: String,
        /// The address that was asked for, canonical.
        pub new_email: String,
        /// Digest of the link to the new address.
        pub digest: Vec<u8>,
        /// Digest of the link to the old address, mailed at the request.
        pub stop_digest: Vec<u8>,
        /// Digest of the link to the old address, mailed at the change.
        pub revert_digest: Option<Vec<u8>>,
        /// When it was asked for.
        pub created_at: i64,
        /// When the link to the new address ends.
        pub expires_at: i64,
        /// When the links to the old address end.
        pub revert_expires_at: i64,
        /// When the address was changed.
        pub changed_at: Option<i64>,
        /// When that was undone, or the request was stopped.
        pub reverted_at: Option<i64>,
    }
}

/// Adds a request.
///
/// # Errors
/// The database fails.
pub async fn insert(at: Sql<'_>, row: &EmailChangeRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO email_changes (id, user_id, user_epoch, old_email, new_email, digest, stop_digest, created_at,
           expires_at, revert_expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &row.id,
        &row.user_id,
        row.user_epoch,
        &row.old_email,
        &row.new_email,
        &row.digest,
        &row.stop_digest,
        row.created_at,
        row.expires_at,
        row.revert_expires_at,
    )?;
    Ok(())
}

/// Voids all requests of a user that are not done: only the newest is good (AC-225).
///
/// # Errors
/// The database fails.
pub async fn void(at: Sql<'_>, user_id: &str, now: Timestamp) -> Result<u64> {
    execute!(
        at,
        "UPDATE email_changes SET expires_at = $2 WHERE user_id = $1 AND changed_at IS NULL AND expires_at > $2",
        user_id,
        now.0,
    )
}

/// How many requests there were after `since`, of a user or for an address.
///
/// # Errors
/// The database fails.
pub async fn count_since(at: Sql<'_>, user_id: &str, new_email: &str, since: Timestamp) -> Result<i64> {
    let (count,) = fetch_one!(
        at => (i64,),
        "SELECT COUNT(id) FROM email_changes WHERE (user_id = $1 OR new_email = $2) AND created_at > $3",
        user_id,
        new_email,
        since.0,
    )?;
    Ok(count)
}

/// The request, if its link to the new address is still good: not used, not stopped, not too old, its user enabled, with
/// the same address and credentials.
///
/// # Errors
/// The database fails.
pub async fn find_open(at: Sql<'_>, id: &str, now: Timestamp) -> Result<Option<EmailChangeRow>> {
    fetch_optional!(
        at => EmailChangeRow,
        "SELECT c.id, c.user_id, c.user_epoch, c.old_email, c.new_email, c.digest, c.stop_digest, c.revert_digest,
           c.created_at, c.expires_at, c.revert_expires_at, c.changed_at, c.reverted_at
         FROM email_changes c JOIN users u ON u.id = c.user_id
         WHERE c.id = $1 AND c.changed_at IS NULL AND c.reverted_at IS NULL AND c.expires_at > $2
           AND u.email = c.old_email AND u.credential_epoch = c.user_epoch AND u.disabled_at IS NULL",
        id,
        now.0,
    )
}

/// The request, if its links to the old address are still good: not undone, not too old, its user enabled.
///
/// # Errors
/// The database fails.
pub async fn find_revertible(at: Sql<'_>, id: &str, now: Timestamp) -> Result<Option<EmailChangeRow>> {
    fetch_optional!(
        at => EmailChangeRow,
        "SELECT c.id, c.user_id, c.user_epoch, c.old_email, c.new_email, c.digest, c.stop_digest, c.revert_digest,
           c.created_at, c.expires_at, c.revert_expires_at, c.changed_at, c.reverted_at
         FROM email_changes c JOIN users u ON u.id = c.user_id
         WHERE c.id = $1 AND c.reverted_at IS NULL AND c.revert_expires_at > $2 AND u.disabled_at IS NULL",
        id,
        now.0,
    )
}

/// Uses the link to the new address up, once, and notes the digest and the end of the link that undoes it.
///
/// # Errors
/// The database fails.
pub async fn spend(
    at: Sql<'_>,
    id: &str,
    revert_digest: &[u8],
    revert_expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE email_changes SET changed_at = $4, revert_digest = $2, revert_expires_at = $3
         WHERE id = $1 AND changed_at IS NULL AND reverted_at IS NULL AND expires_at > $4",
        id,
        revert_digest,
        revert_expires_at.0,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Uses the links to the old address up, once.
///
/// # Errors
/// The database fails.
pub async fn revert(at: Sql<'_>, id: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE email_changes SET reverted_at = $2
         WHERE id = $1 AND reverted_at IS NULL AND revert_expires_at > $2",
        id,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Voids what a user has asked for under this credential epoch or a later one: who undoes a change undoes those that
/// rest on it, and none that came before. Each change begins an epoch; seconds do not tell two of them apart.
///
/// # Errors
/// The database fails.
pub async fn revert_since(at: Sql<'_>, user_id: &str, user_epoch: i64, now: Timestamp) -> Result<u64> {
    execute!(
        at,
        "UPDATE email_changes SET reverted_at = $3 WHERE user_id = $1 AND user_epoch >= $2 AND reverted_at IS NULL",
        user_id,
        user_epoch,
        now.0,
    )
}
