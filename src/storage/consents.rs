//! What a user has allowed a client, remembered so that it is asked once.

use super::{Result, Sql};
use crate::time::Timestamp;

/// The scope (space-separated) that the user has allowed the client.
///
/// # Errors
/// The database fails.
pub async fn find(at: Sql<'_>, user_id: &str, client_id: &str) -> Result<Option<String>> {
    let row = fetch_optional!(
        at => (String,),
        "SELECT scope FROM consents WHERE user_id = $1 AND client_id = $2",
        user_id,
        client_id,
    )?;
    Ok(row.map(|(scope,)| scope))
}

/// Remembers `scope` (the whole of what is now allowed).
///
/// # Errors
/// The database fails.
pub async fn upsert(at: Sql<'_>, user_id: &str, client_id: &str, scope: &str, now: Timestamp) -> Result<()> {
    execute!(
        at,
        "INSERT INTO consents (user_id, client_id, scope, granted_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, client_id) DO UPDATE SET scope = excluded.scope, granted_at = excluded.granted_at",
        user_id,
        client_id,
        scope,
        now.0,
    )?;
    Ok(())
}

/// Forgets what the user allowed the client.
///
/// # Errors
/// The database fails.
pub async fn delete(at: Sql<'_>, user_id: &str, client_id: &str) -> Result<bool> {
    Ok(execute!(
        at,
        "DELETE FROM consents WHERE user_id = $1 AND client_id = $2",
        user_id,
        client_id
    )? == 1)
}

row! {
    /// What a user has allowed a client.
    #[derive(Clone, Debug)]
    pub struct ConsentRow {
        /// The client.
        pub client_id: String,
        /// Allowed scope, space-separated.
        pub scope: String,
        /// When it was last allowed.
        pub granted_at: i64,
    }
}

/// All that a user has allowed, the newest first.
///
/// # Errors
/// The database fails.
pub async fn of_user(at: Sql<'_>, user_id: &str) -> Result<Vec<ConsentRow>> {
    fetch_all!(
        at => ConsentRow,
        "SELECT client_id, scope, granted_at FROM consents WHERE user_id = $1
         ORDER BY granted_at DESC, client_id LIMIT 500",
        user_id,
    )
}
