//! What somebody has begun in a browser and must finish there soon: a sign-in that waits for its second step, an
//! authenticator app being set up, a passkey ceremony.

use super::{Result, Sql};
use crate::time::Timestamp;

row! {
    /// A row of `challenges`.
    #[derive(Clone)]
    pub struct ChallengeRow {
        /// Random handle.
        pub id: String,
        /// What was begun.
        pub kind: String,
        /// MAC of the cookie of the browser that began it; no other browser may finish it.
        pub browser: Vec<u8>,
        /// For whom, where that is known.
        pub user_id: Option<String>,
        /// The user's credential epoch then.
        pub user_epoch: Option<i64>,
        /// What is needed to finish it, sealed.
        pub payload: Vec<u8>,
        /// When it began.
        pub created_at: i64,
        /// When it is too late to finish it.
        pub expires_at: i64,
        /// When it was finished.
        pub spent_at: Option<i64>,
    }
}

/// Adds a challenge.
///
/// # Errors
/// The database fails.
pub async fn insert(at: Sql<'_>, challenge: &ChallengeRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO challenges (id, kind, browser, user_id, user_epoch, payload, created_at, expires_at, spent_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &challenge.id,
        &challenge.kind,
        &challenge.browser,
        &challenge.user_id,
        challenge.user_epoch,
        &challenge.payload,
        challenge.created_at,
        challenge.expires_at,
        challenge.spent_at,
    )?;
    Ok(())
}

/// The challenge with this handle, if it is of this kind, not finished and not too old.
///
/// # Errors
/// The database fails.
pub async fn find_live(at: Sql<'_>, id: &str, kind: &str, now: Timestamp) -> Result<Option<ChallengeRow>> {
    fetch_optional!(
        at => ChallengeRow,
        "SELECT id, kind, browser, user_id, user_epoch, payload, created_at, expires_at, spent_at
         FROM challenges WHERE id = $1 AND kind = $2 AND spent_at IS NULL AND expires_at > $3",
        id,
        kind,
        now.0,
    )
}

/// Uses the challenge up, once.
///
/// # Errors
/// The database fails.
pub async fn spend(at: Sql<'_>, id: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE challenges SET spent_at = $2 WHERE id = $1 AND spent_at IS NULL AND expires_at > $2",
        id,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Voids the challenges of this kind that the user has begun before.
///
/// # Errors
/// The database fails.
pub async fn void(at: Sql<'_>, user_id: &str, kind: &str, now: Timestamp) -> Result<u64> {
    execute!(
        at,
        "UPDATE challenges SET spent_at = $3 WHERE user_id = $1 AND kind = $2 AND spent_at IS NULL",
        user_id,
        kind,
        now.0,
    )
}
