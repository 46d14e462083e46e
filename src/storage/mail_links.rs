//! The one-time links of mails. A row without a user is for an address that has no account.

use super::{Result, Sql};
use crate::time::Timestamp;

row! {
    /// A row of `mail_links`.
    #[derive(Clone, Debug)]
    pub struct MailLinkRow {
        /// Row identifier, part of the link.
        pub id: String,
        /// What it is good for: `reset`, `unlock`, `verify`, `sign_up` or `invite`.
        pub purpose: String,
        /// Digest of the link.
        pub digest: Vec<u8>,
        /// The canonical address that it was sent to.
        pub email: String,
        /// Whose it is.
        pub user_id: Option<String>,
        /// The user's credential epoch when it was sent.
        pub user_epoch: Option<i64>,
        /// When it was sent.
        pub created_at: i64,
        /// When it ends.
        pub expires_at: i64,
    }
}

/// Adds a link.
///
/// # Errors
/// The database fails.
pub async fn insert(at: Sql<'_>, link: &MailLinkRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO mail_links (id, purpose, digest, email, user_id, user_epoch, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &link.id,
        &link.purpose,
        &link.digest,
        &link.email,
        &link.user_id,
        link.user_epoch,
        link.created_at,
        link.expires_at,
    )?;
    Ok(())
}

/// Voids all links of one purpose to an address: only the newest is good (AC-225).
///
/// # Errors
/// The database fails.
pub async fn void(at: Sql<'_>, purpose: &str, email: &str, now: Timestamp) -> Result<u64> {
    execute!(
        at,
        "UPDATE mail_links SET spent_at = $3 WHERE email = $2 AND purpose = $1 AND spent_at IS NULL",
        purpose,
        email,
        now.0,
    )
}

/// How many links of one purpose were sent to an address after `since`.
///
/// # Errors
/// The database fails.
pub async fn sent_since(at: Sql<'_>, purpose: &str, email: &str, since: Timestamp) -> Result<i64> {
    let (count,) = fetch_one!(
        at => (i64,),
        "SELECT COUNT(id) FROM mail_links WHERE email = $2 AND purpose = $1 AND created_at > $3",
        purpose,
        email,
        since.0,
    )?;
    Ok(count)
}

/// The link, if it is still good: not used, not too old, its user enabled, with the same address and credentials.
///
/// # Errors
/// The database fails.
pub async fn find_live(at: Sql<'_>, id: &str, now: Timestamp) -> Result<Option<MailLinkRow>> {
    fetch_optional!(
        at => MailLinkRow,
        "SELECT l.id, l.purpose, l.digest, l.email, l.user_id, l.user_epoch, l.created_at, l.expires_at
         FROM mail_links l LEFT JOIN users u ON u.id = l.user_id
         WHERE l.id = $1 AND l.spent_at IS NULL AND l.expires_at > $2
           AND (l.user_id IS NULL
             OR (u.email = l.email AND u.credential_epoch = l.user_epoch AND u.disabled_at IS NULL))",
        id,
        now.0,
    )
}

/// Uses the link up, once.
///
/// # Errors
/// The database fails.
pub async fn spend(at: Sql<'_>, id: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE mail_links SET spent_at = $2 WHERE id = $1 AND spent_at IS NULL AND expires_at > $2",
        id,
        now.0,
    )?;
    Ok(changed == 1)
}
