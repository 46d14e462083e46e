//! What happened to accounts. A row is written in the transaction of its cause, and only read afterwards.

use super::{Result, Sql};
use crate::time::Timestamp;

row! {
    /// A row of `events`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EventRow {
        /// Row identifier; later rows have greater ones.
        pub id: String,
        /// To whose account it happened; nothing for a sign-in to none, and for an account that is gone.
        pub user_id: Option<String>,
        /// When.
        pub at: i64,
        /// Name of the event.
        pub event: String,
        /// Address of whoever did it; empty for the operator.
        pub ip: String,
        /// User agent of whoever did it.
        pub user_agent: String,
        /// The client that was used.
        pub client_id: Option<String>,
        /// Names the request in the log.
        pub request_id: String,
        /// JSON object.
        pub detail: String,
    }
}

/// Adds an event.
///
/// # Errors
/// The database fails.
pub async fn insert(at: Sql<'_>, row: &EventRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO events (id, user_id, at, event, ip, user_agent, client_id, request_id, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &row.id,
        &row.user_id,
        row.at,
        &row.event,
        &row.ip,
        &row.user_agent,
        &row.client_id,
        &row.request_id,
        &row.detail,
    )?;
    Ok(())
}

/// What happened to a user, the newest first, before the row `before` (all: a text above every identifier).
///
/// # Errors
/// The database fails.
pub async fn of_user(at: Sql<'_>, user_id: &str, before: &str, limit: i64) -> Result<Vec<EventRow>> {
    fetch_all!(
        at => EventRow,
        "SELECT id, user_id, at, event, ip, user_agent, client_id, request_id, detail
         FROM events WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        user_id,
        before,
        limit,
    )
}

/// What happened to anybody since `since`, the oldest first, after the row `after` (all: empty).
///
/// # Errors
/// The database fails.
pub async fn list(at: Sql<'_>, since: Timestamp, after: &str, limit: i64) -> Result<Vec<EventRow>> {
    fetch_all!(
        at => EventRow,
        "SELECT id, user_id, at, event, ip, user_agent, client_id, request_id, detail
         FROM events WHERE at >= $1 AND id > $2 ORDER BY id LIMIT $3",
        since.0,
        after,
        limit,
    )
}

/// What happened to a user since `since`, the oldest first, after the row `after` (all: empty).
///
/// # Errors
/// The database fails.
pub async fn list_of_user(
    at: Sql<'_>,
    user_id: &str,
    since: Timestamp,
    after: &str,
    limit: i64,
) -> Result<Vec<EventRow>> {
    fetch_all!(
        at => EventRow,
        "SELECT id, user_id, at, event, ip, user_agent, client_id, request_id, detail
         FROM events WHERE user_id = $1 AND at >= $2 AND id > $3 ORDER BY id LIMIT $4",
        user_id,
        since.0,
        after,
        limit,
    )
}

/// How often an event happened to a user after `since`.
///
/// # Errors
/// The database fails.
pub async fn count_since(at: Sql<'_>, user_id: &str, event: &str, since: Timestamp) -> Result<i64> {
    let (count,) = fetch_one!(
        at => (i64,),
        "SELECT COUNT(id) FROM events WHERE user_id = $1 AND event = $2 AND at > $3",
        user_id,
        event,
        since.0,
    )?;
    Ok(count)
}

/// Removes at most `limit` events of before `before`, and gives how many there were.
///
/// # Errors
/// The database fails.
pub async fn purge(at: Sql<'_>, before: Timestamp, limit: i64) -> Result<u64> {
    execute!(
        at,
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < $1 LIMIT $2)",
        before.0,
        limit,
    )
}

/// As [`purge`], for one kind of event that happened to nobody's account.
///
/// # Errors
/// The database fails.
pub async fn purge_of_nobody(at: Sql<'_>, event: &str, before: Timestamp, limit: i64) -> Result<u64> {
    execute!(
        at,
        "DELETE FROM events WHERE id IN
           (SELECT id FROM events WHERE user_id IS NULL AND event = $1 AND at < $2 LIMIT $3)",
        event,
        before.0,
        limit,
    )
}

/// Counts a mail of a class to a user on a day (days since 1970) in one statement, and gives its number on this day.
///
/// # Errors
/// The database fails.
pub async fn count_notice(at: Sql<'_>, user_id: &str, class: &str, day: i64) -> Result<i64> {
    let (sent,) = fetch_one!(
        at => (i64,),
        "INSERT INTO notice_counts (user_id, class, day, sent) VALUES ($1, $2, $3, 1)
         ON CONFLICT (user_id, class) DO UPDATE SET day = $3,
           sent = CASE WHEN notice_counts.day = $3 THEN notice_counts.sent + 1 ELSE 1 END
         RETURNING sent",
        user_id,
        class,
        day,
    )?;
    Ok(sent)
}
