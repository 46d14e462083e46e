//! The client registry. Metadata is one JSON document in RFC 7591 names, so a new grant type needs no migration.

use super::{Result, Sql};
use crate::time::Timestamp;

row! {
    /// A row of `clients`.
    #[derive(Clone, Debug)]
    pub struct ClientRow {
        /// RFC 6749 §2.2 client identifier.
        pub id: String,
        /// JSON document, RFC 7591 §2 names.
        pub metadata: String,
        /// Since when every request of this client is refused.
        pub disabled_at: Option<i64>,
        /// When the row was made.
        pub created_at: i64,
        /// When the row was last changed.
        pub updated_at: i64,
    }
}

row! {
    /// A row of `client_secrets`; a client has at most two live ones while it rotates.
    #[derive(Clone, Debug)]
    pub struct SecretRow {
        /// Row identifier, part of the secret itself.
        pub id: String,
        /// The client.
        pub client_id: String,
        /// Digest of the secret.
        pub digest: Vec<u8>,
        /// When the row was made.
        pub created_at: i64,
        /// End of the overlap; `None` for the current secret.
        pub expires_at: Option<i64>,
    }
}

/// Adds a client.
///
/// # Errors
/// The identifier is taken (`is_unique_violation`), or the database fails.
pub async fn insert(at: Sql<'_>, client: &ClientRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO clients (id, metadata, disabled_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)",
        &client.id,
        &client.metadata,
        client.disabled_at,
        client.created_at,
        client.updated_at,
    )?;
    Ok(())
}

/// The client with this identifier.
///
/// # Errors
/// The database fails.
pub async fn find(at: Sql<'_>, id: &str) -> Result<Option<ClientRow>> {
    fetch_optional!(
        at => ClientRow,
        "SELECT id, metadata, disabled_at, created_at, updated_at
         FROM clients WHERE id = $1",
        id,
    )
}

/// Clients in order of identifier, after `after`, at most `limit`.
///
/// # Errors
/// The database fails.
pub async fn list(at: Sql<'_>, after: &str, limit: i64) -> Result<Vec<ClientRow>> {
    fetch_all!(
        at => ClientRow,
        "SELECT id, metadata, disabled_at, created_at, updated_at
         FROM clients WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit,
    )
}

/// Replaces the metadata document.
///
/// # Errors
/// The database fails.
pub async fn set_metadata(at: Sql<'_>, id: &str, metadata: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE clients SET metadata = $2, updated_at = $3 WHERE id = $1",
        id,
        metadata,
        now.0
    )?;
    Ok(changed == 1)
}

/// Disables the client since `since`, or enables it with `None`.
///
/// # Errors
/// The database fails.
pub async fn set_disabled(at: Sql<'_>, id: &str, since: Option<Timestamp>, now: Timestamp) -> Result<bool> {
    let since = since.map(|instant| instant.0);
    let changed = execute!(
        at,
        "UPDATE clients SET disabled_at = $2, updated_at = $3 WHERE id = $1",
        id,
        since,
        now.0
    )?;
    Ok(changed == 1)
}

/// Removes the client with its secrets, consents and grants.
///
/// # Errors
/// The database fails.
pub async fn delete(at: Sql<'_>, id: &str) -> Result<bool> {
    Ok(execute!(at, "DELETE FROM clients WHERE id = $1", id)? == 1)
}

/// Adds a secret to a client.
///
/// # Errors
/// The database fails.
pub async fn insert_secret(at: Sql<'_>, secret: &SecretRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO client_secrets (id, client_id, digest, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        &secret.id,
        &secret.client_id,
        &secret.digest,
        secret.created_at,
        secret.expires_at,
    )?;
    Ok(())
}

/// The secrets of a client that are good at `now`, newest first.
///
/// # Errors
/// The database fails.
pub async fn live_secrets(at: Sql<'_>, client_id: &str, now: Timestamp) -> Result<Vec<SecretRow>> {
    fetch_all!(
        at => SecretRow,
        "SELECT id, client_id, digest, created_at, expires_at
         FROM client_secrets WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2)
         ORDER BY created_at DESC, id DESC",
        client_id,
        now.0,
    )
}

/// Ends the current secrets at `ends_at` (the overlap of a rotation) and those already in overlap at once.
///
/// # Errors
/// The database fails.
pub async fn expire_secrets(at: Sql<'_>, client_id: &str, ends_at: Timestamp, now: Timestamp) -> Result<()> {
    execute!(
        at,
        "UPDATE client_secrets SET expires_at = CASE WHEN expires_at IS NULL THEN $2 ELSE $3 END
         WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $3)",
        client_id,
        ends_at.0,
        now.0,
    )?;
    Ok(())
}
