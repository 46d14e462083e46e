//! Removal of rows that nothing can use any more, in small batches so that no lock is held for long.

use super::{Db, Result};
use crate::time::{Seconds, Timestamp};

/// Rows of one table per statement.
const BATCH: i64 = 500;
/// Nodes whose clocks are this far behind still find the denial of a token that is not expired to them.
const CLOCKS: Seconds = Seconds(60);
/// Late polls of a device are still told that its code has expired.
const LATE_POLL: Seconds = Seconds(3_600);

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
        now.0,
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
        "DELETE FROM ephemeral WHERE name IN (SELECT name FROM ephemeral WHERE expires_at < $1 LIMIT $2)",
        now.0,
        BATCH,
    )?;
    Ok(deleted)
}
