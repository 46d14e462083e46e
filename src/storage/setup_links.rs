//! The one-time link that creates the first administrator.

use super::{Result, Sql};
use crate::time::Timestamp;

/// Adds a link and voids all earlier ones.
///
/// # Errors
/// The database fails.
pub async fn replace(
    tx: &mut super::Tx,
    id: &str,
    digest: &[u8],
    now: Timestamp,
    ends: Timestamp,
) -> Result<()> {
    execute!(
        tx.sql(),
        "UPDATE setup_links SET spent_at = $1 WHERE spent_at IS NULL",
        now.0
    )?;
    execute!(
        tx.sql(),
        "INSERT INTO setup_links (id, digest, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        id,
        digest,
        now.0,
        ends.0,
    )?;
    Ok(())
}

/// The digest of the link, if it is still good.
///
/// # Errors
/// The database fails.
pub async fn find_live(at: Sql<'_>, id: &str, now: Timestamp) -> Result<Option<Vec<u8>>> {
    let row = fetch_optional!(
        at => (Vec<u8>,),
        "SELECT digest FROM setup_links WHERE id = $1 AND spent_at IS NULL AND expires_at > $2",
        id,
        now.0,
    )?;
    Ok(row.map(|(digest,)| digest))
}

/// Uses the link up, once.
///
/// # Errors
/// The database fails.
pub async fn spend(at: Sql<'_>, id: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE setup_links SET spent_at = $2 WHERE id = $1 AND spent_at IS NULL AND expires_at > $2",
        id,
        now.0,
    )?;
    Ok(changed == 1)
}
