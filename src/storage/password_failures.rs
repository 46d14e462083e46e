//! Wrong passwords in a row, and the lock that follows. The subject is a user, a known device of a user, or empty for
//! everybody who does not exist: the same statements run for all, so that their time tells nothing (AC-194).

use super::{Result, Sql};
use crate::time::Timestamp;

row! {
    /// A row of `password_failures`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Failures {
        /// Whose.
        pub subject: String,
        /// Wrong passwords since the last right one.
        pub failures: i64,
        /// Since when the subject is locked.
        pub locked_at: Option<i64>,
    }
}

/// Counts a wrong password in one statement, whatever else counts at the same time, and locks at `limit`.
///
/// # Errors
/// The database fails.
pub async fn add(at: Sql<'_>, subject: &str, limit: i64, now: Timestamp) -> Result<Failures> {
    fetch_one!(
        at => Failures,
        "INSERT INTO password_failures (subject, failures, failed_at) VALUES ($1, 1, $3)
         ON CONFLICT (subject) DO UPDATE SET failures = password_failures.failures + 1, failed_at = $3,
           locked_at = CASE WHEN password_failures.locked_at IS NULL AND password_failures.failures + 1 >= $2
             THEN $3 ELSE password_failures.locked_at END
         RETURNING subject, failures, locked_at",
        subject,
        limit,
        now.0,
    )
}

/// What is counted for one of two subjects, in any order.
///
/// # Errors
/// The database fails.
pub async fn find(at: Sql<'_>, subject: &str, other: &str) -> Result<Vec<Failures>> {
    fetch_all!(
        at => Failures,
        "SELECT subject, failures, locked_at FROM password_failures WHERE subject IN ($1, $2)",
        subject,
        other,
    )
}

/// A right password: the row has ended, unless it has come to a lock.
///
/// # Errors
/// The database fails.
pub async fn clear(at: Sql<'_>, subject: &str) -> Result<bool> {
    let changed = execute!(
        at,
        "DELETE FROM password_failures WHERE subject = $1 AND locked_at IS NULL",
        subject
    )?;
    Ok(changed == 1)
}

/// Forgets the failures and the lock.
///
/// # Errors
/// The database fails.
pub async fn unlock(at: Sql<'_>, subject: &str) -> Result<bool> {
    Ok(execute!(at, "DELETE FROM password_failures WHERE subject = $1", subject)? == 1)
}

/// Forgets what was counted for a user and for all devices of the user.
///
/// # Errors
/// The database fails.
pub async fn delete_of_user(at: Sql<'_>, user_id: &str) -> Result<u64> {
    execute!(
        at,
        "DELETE FROM password_failures WHERE subject = $1 OR subject LIKE $2",
        user_id,
        format!("{user_id}/%"),
    )
}
