//! Mails to be sent. A row is there from the moment its cause is committed until the mail server has taken it.

use super::{Result, Sql};
use crate::time::Timestamp;

row! {
    /// A row of `mail_outbox`.
    #[derive(Clone, Debug)]
    pub struct OutboxRow {
        /// Row identifier, also the Message-ID, so that a mail sent twice is known for one.
        pub id: String,
        /// The encrypted mail.
        pub sealed: Vec<u8>,
        /// When it was written.
        pub created_at: i64,
        /// When it may be taken for sending; while it is being sent, the end of the lease.
        pub due_at: i64,
        /// When it is of no use any more.
        pub expires_at: i64,
        /// How often it was taken for sending.
        pub attempts: i64,
    }
}

/// Adds a mail.
///
/// # Errors
/// The database fails.
pub async fn insert(at: Sql<'_>, mail: &OutboxRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO mail_outbox (id, sealed, created_at, due_at, expires_at, attempts)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &mail.id,
        &mail.sealed,
        mail.created_at,
        mail.due_at,
        mail.expires_at,
        mail.attempts,
    )?;
    Ok(())
}

/// Takes a mail that is due, until `lease`: of any number of nodes one gets it.
///
/// # Errors
/// The database fails.
pub async fn claim(at: Sql<'_>, now: Timestamp, lease: Timestamp) -> Result<Option<OutboxRow>> {
    fetch_optional!(
        at => OutboxRow,
        "UPDATE mail_outbox SET due_at = $2, attempts = attempts + 1
         WHERE due_at <= $1 AND expires_at > $1 AND id =
           (SELECT id FROM mail_outbox WHERE due_at <= $1 AND expires_at > $1 ORDER BY due_at, id LIMIT 1)
         RETURNING id, sealed, created_at, due_at, expires_at, attempts",
        now.0,
        lease.0,
    )
}

/// Forgets a mail that was sent, or that nobody can send.
///
/// # Errors
/// The database fails: the mail is sent again when the lease is over.
pub async fn remove(at: Sql<'_>, id: &str) -> Result<bool> {
    Ok(execute!(at, "DELETE FROM mail_outbox WHERE id = $1", id)? == 1)
}

/// Puts a mail back until `due`.
///
/// # Errors
/// The database fails: the mail is tried again when the lease is over.
pub async fn postpone(at: Sql<'_>, id: &str, due: Timestamp) -> Result<bool> {
    Ok(execute!(at, "UPDATE mail_outbox SET due_at = $2 WHERE id = $1", id, due.0)? == 1)
}

/// The newest mails that are not sent.
///
/// # Errors
/// The database fails.
pub async fn newest(at: Sql<'_>, now: Timestamp, limit: i64) -> Result<Vec<OutboxRow>> {
    fetch_all!(
        at => OutboxRow,
        "SELECT id, sealed, created_at, due_at, expires_at, attempts
         FROM mail_outbox WHERE expires_at > $1 ORDER BY created_at DESC, id DESC LIMIT $2",
        now.0,
        limit,
    )
}
