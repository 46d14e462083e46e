//! Saved requests: what a browser asked for while login and consent are on screen.

use super::{Result, Sql};
use crate::time::Timestamp;

row! {
    /// A row of `interactions`.
    #[derive(Clone, Debug)]
    pub struct InteractionRow {
        /// Random handle, in the address of the page.
        pub id: String,
        /// MAC of the cookie of the browser that began it; no other browser may go on.
        pub browser: Vec<u8>,
        /// JSON of the saved request.
        pub request: String,
        /// When it began.
        pub created_at: i64,
        /// When it is too late to go on.
        pub expires_at: i64,
        /// When it was answered.
        pub spent_at: Option<i64>,
    }
}

/// Saves a request.
///
/// # Errors
/// The database fails.
pub async fn insert(at: Sql<'_>, interaction: &InteractionRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO interactions (id, browser, request, created_at, expires_at, spent_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &interaction.id,
        &interaction.browser,
        &interaction.request,
        interaction.created_at,
        interaction.expires_at,
        interaction.spent_at,
    )?;
    Ok(())
}

/// The saved request with this handle.
///
/// # Errors
/// The database fails.
pub async fn find(at: Sql<'_>, id: &str) -> Result<Option<InteractionRow>> {
    fetch_optional!(
        at => InteractionRow,
        "SELECT id, browser, request, created_at, expires_at, spent_at
         FROM interactions WHERE id = $1",
        id,
    )
}

/// Answers the request, once; `false` if it was answered before or is too old.
///
/// # Errors
/// The database fails.
pub async fn spend(at: Sql<'_>, id: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE interactions SET spent_at = $2 WHERE id = $1 AND spent_at IS NULL AND expires_at > $2",
        id,
        now.0,
    )?;
    Ok(changed == 1)
}
