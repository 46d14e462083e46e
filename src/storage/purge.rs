//! Removal of rows that nothing can use any more, in small batches so that no lock is held for long.

use super::{Db, Result};
use crate::time::{Seconds, Timestamp};

/// Rows of one table per statement.
pub const BATCH: i64 = 500;
/// Nodes whose clocks are this far behind still find the denial of a token that is not expired to them.
const CLOCKS: Seconds = Seconds(60);
/// Late polls of a device are still told that its code has expired.
const LATE_POLL: Seconds = Seconds(3_600);

/// A session that has run out is told to resource servers for this long: the longest life of an access token, and some.
const ENDED_SESSIONS: Seconds = Seconds(3_600);
/// Links of mails are counted for this long after they were sent.
const COUNTED_LINKS: Seconds = Seconds(86_400);
/// Wrong passwords are not in a row any more after this long; a lock stays.
const OLD_FAILURES: Seconds = Seconds(30 * 86_400);
/// A key that has expired is shown as such for this long, so that its owner learns why a program stopped.
const ENDED_KEYS: Seconds = Seconds(30 * 86_400);

/// Deletes one batch from each table and gives the number of rows; call again while it is above zero.
///
/// # Errors
/// The database fails.
pub async fn batch(db: &Db, now: Timestamp) -> Result<u64> {
    let mut deleted = execute!(
        db.write(),
        "DELETE FROM interactions WHERE id IN (SELECT id FROM interactions WHERE expires_at < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM challenges WHERE id IN (SELECT id FROM challenges WHERE expires_at < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM device_codes WHERE id IN (SELECT id FROM device_codes WHERE expires_at < $1 LIMIT $2)",
        (now - LATE_POLL).0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM denied_tokens WHERE jti IN (SELECT jti FROM denied_tokens WHERE expires_at < $1 LIMIT $2)",
        (now - CLOCKS).0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 LIMIT $2)",
        (now - ENDED_SESSIONS).0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM setup_links WHERE id IN (SELECT id FROM setup_links WHERE expires_at < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM client_secrets WHERE id IN
           (SELECT id FROM client_secrets WHERE expires_at IS NOT NULL AND expires_at < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE purge_at < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM status_marks WHERE first_index IN
           (SELECT first_index FROM status_marks WHERE needed_until < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM status_blocks WHERE first_index IN
           (SELECT first_index FROM status_blocks WHERE needed_until < $1
              AND first_index < (SELECT MAX(n.first_index) FROM status_blocks n) LIMIT $2)",
        now.0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM mail_outbox WHERE id IN (SELECT id FROM mail_outbox WHERE expires_at < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM mail_links WHERE id IN
           (SELECT id FROM mail_links WHERE expires_at < $1 AND created_at < $2 LIMIT $3)",
        now.0,
        (now - COUNTED_LINKS).0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM password_failures WHERE subject IN
           (SELECT f.subject FROM password_failures f WHERE f.failed_at < $1
              AND (f.locked_at IS NULL OR NOT EXISTS (SELECT 1 FROM users u WHERE u.id = f.subject)) LIMIT $2)",
        (now - OLD_FAILURES).0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM email_changes WHERE id IN (SELECT id FROM email_changes WHERE revert_expires_at < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM attempts WHERE name IN (SELECT name FROM attempts WHERE expires_at < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE expires_at < $1 LIMIT $2)",
        (now - ENDED_KEYS).0,
        BATCH,
    )?;
    deleted += execute!(
        db.write(),
        "DELETE FROM ephemeral WHERE name IN (SELECT name FROM ephemeral WHERE expires_at < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    Ok(deleted)
}
