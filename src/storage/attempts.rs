//! Attempts that are counted for all servers of a database: a row per name with a log of entries, the newest first.
//! An entry is ten digits of seconds and twelve characters that name it. Each function is one statement; those that write
//! take the rows in the order of their names, so that none waits for another in a circle.

use super::{Result, Sql};
use crate::time::Timestamp;

/// Characters of an entry.
const ENTRY: i32 = 22;
/// Characters of the time in front of it.
const TIME: usize = 10;

/// How many attempts are admitted.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Entries that fill a log, one or more.
    pub attempts: i32,
    /// An entry counts if it is of this time or later.
    pub from: Timestamp,
}

/// An entry of this time; `name` has twelve characters that make it unique in its log.
pub fn entry(now: Timestamp, name: &str) -> String {
    format!("{}{name}", digits(now))
}

/// Adds an entry under one or two names (the same twice) if no log of them is full, and gives the names where it was
/// added. Of racers some may succeed under one name only: they give it back.
///
/// # Errors
/// The database fails.
pub async fn add(
    at: Sql<'_>,
    names: (&str, &str),
    entry: &str,
    limit: Limit,
    expires_at: Timestamp,
) -> Result<Vec<String>> {
    let last = limit.attempts.saturating_sub(1).saturating_mul(ENTRY);
    let added = fetch_all!(
        at => (String,),
        "INSERT INTO attempts (name, log, expires_at)
         SELECT w.name, $3, $4 FROM (SELECT CAST($1 AS TEXT) AS name UNION SELECT CAST($2 AS TEXT)) w
         WHERE NOT EXISTS (SELECT 1 FROM attempts a WHERE a.name IN ($1, $2) AND substr(a.log, $5, 10) >= $6)
         ORDER BY w.name
         ON CONFLICT (name) DO UPDATE SET log = substr(excluded.log || attempts.log, 1, $7), expires_at = excluded.expires_at
           WHERE substr(attempts.log, $5, 10) < $6
         RETURNING name",
        names.0,
        names.1,
        entry,
        expires_at.0,
        last.saturating_add(1),
        digits(limit.from),
        last.saturating_add(ENTRY),
    )?;
    Ok(added.into_iter().map(|(name,)| name).collect())
}

/// The oldest entry of each full log among two names: when it has passed, there is room.
///
/// # Errors
/// The database fails.
pub async fn full(at: Sql<'_>, names: (&str, &str), limit: Limit) -> Result<Vec<Timestamp>> {
    let last = limit.attempts.saturating_sub(1).saturating_mul(ENTRY);
    let found = fetch_all!(
        at => (String,),
        "SELECT substr(log, $3, 10) FROM attempts WHERE name IN ($1, $2) AND substr(log, $3, 10) >= $4",
        names.0,
        names.1,
        last.saturating_add(1),
        digits(limit.from),
    )?;
    let times = found.into_iter().filter_map(|(time,)| time.parse().ok());
    Ok(times.map(Timestamp).collect())
}

/// Takes an entry out under one or two names, and empties the log of a third; an empty name is none.
///
/// # Errors
/// The database fails.
pub async fn give_back(
    at: Sql<'_>,
    names: (&str, &str),
    entry: &str,
    emptied: &str,
    now: Timestamp,
) -> Result<()> {
    execute!(
        at,
        "INSERT INTO attempts (name, log, expires_at)
         SELECT w.name, '', $5 FROM
           (SELECT CAST($1 AS TEXT) AS name UNION SELECT CAST($2 AS TEXT) UNION SELECT CAST($4 AS TEXT)) w
         WHERE w.name <> '' ORDER BY w.name
         ON CONFLICT (name) DO UPDATE SET
           log = CASE WHEN attempts.name = $4 THEN '' ELSE replace(attempts.log, $3, '') END",
        names.0,
        names.1,
        entry,
        emptied,
        now.0,
    )?;
    Ok(())
}

/// Texts of one length are ordered as the numbers are.
fn digits(time: Timestamp) -> String {
    format!("{:0TIME$}", time.0.max(0))
}
