//! API keys of users and clients. A removed key has no row.

use super::{Result, Sql};
use crate::time::{Seconds, Timestamp};

/// A key to be inserted.
#[derive(Clone, Debug)]
pub struct NewApiKey<'a> {
    /// Row identifier, part of the key itself.
    pub id: &'a str,
    /// Digest of the key.
    pub digest: &'a [u8],
    /// Name that its owner gave it.
    pub name: &'a str,
    /// Scope, space-separated.
    pub scope: &'a str,
    /// The resource that it is for; its audience.
    pub resource: &'a str,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

row! {
    /// A key with all that decides whether it is honored, read in one statement.
    #[derive(Clone, Debug)]
    pub struct ApiKeyRow {
        /// Row identifier.
        pub id: String,
        /// Digest of the key.
        pub digest: Vec<u8>,
        /// The user whose key it is.
        pub user_id: Option<String>,
        /// How often the user had been disabled when it was made.
        pub user_disablings: Option<i64>,
        /// The client whose key it is, if not a user's.
        pub client_id: Option<String>,
        /// Name that its owner gave it.
        pub name: String,
        /// Scope, space-separated.
        pub scope: String,
        /// The resource that it is for.
        pub resource: String,
        /// When it was made.
        pub created_at: i64,
        /// When it ends.
        pub expires_at: i64,
        /// Last use, written at most once a minute.
        pub last_used_at: Option<i64>,
        /// From where; `None` where a resource server asked about it.
        pub last_used_ip: Option<String>,
        /// How often the user has been disabled by now.
        pub disablings: Option<i64>,
        /// Since when the owner is disabled.
        pub owner_disabled_at: Option<i64>,
        /// The user's address.
        pub email: Option<String>,
        /// The user's roles, JSON array.
        pub roles: Option<String>,
        /// The user's groups, JSON array.
        pub groups: Option<String>,
    }
}

impl ApiKeyRow {
    /// The user or client whose key it is.
    pub fn owner(&self) -> &str {
        let owner = self.user_id.as_ref().or(self.client_id.as_ref());
        owner.map_or("", String::as_str)
    }
}

/// Adds a key of an enabled user who has fewer than `most`; `false` otherwise.
///
/// # Errors
/// The database fails.
pub async fn insert_of_user(at: Sql<'_>, user_id: &str, key: &NewApiKey<'_>, most: i64) -> Result<bool> {
    let inserted = execute!(
        at,
        "INSERT INTO api_keys (id, digest, user_id, user_disablings, name, scope, resource, created_at, expires_at)
         SELECT $1, $2, u.id, u.disablings, $4, $5, $6, $7, $8 FROM users u
         WHERE u.id = $3 AND u.disabled_at IS NULL
           AND (SELECT COUNT(*) FROM api_keys k WHERE k.user_id = u.id) < $9",
        key.id,
        key.digest,
        user_id,
        key.name,
        key.scope,
        key.resource,
        key.created_at.0,
        key.expires_at.0,
        most,
    )?;
    Ok(inserted == 1)
}

/// Adds a key of an enabled client that has fewer than `most`; `false` otherwise.
///
/// # Errors
/// The database fails.
pub async fn insert_of_client(at: Sql<'_>, client_id: &str, key: &NewApiKey<'_>, most: i64) -> Result<bool> {
    let inserted = execute!(
        at,
        "INSERT INTO api_keys (id, digest, client_id, name, scope, resource, created_at, expires_at)
         SELECT $1, $2, c.id, $4, $5, $6, $7, $8 FROM clients c
         WHERE c.id = $3 AND c.disabled_at IS NULL
           AND (SELECT COUNT(*) FROM api_keys k WHERE k.client_id = c.id) < $9",
        key.id,
        key.digest,
        client_id,
        key.name,
        key.scope,
        key.resource,
        key.created_at.0,
        key.expires_at.0,
        most,
    )?;
    Ok(inserted == 1)
}

/// The key with this identifier.
///
/// # Errors
/// The database fails.
pub async fn find(at: Sql<'_>, id: &str) -> Result<Option<ApiKeyRow>> {
    fetch_optional!(
        at => ApiKeyRow,
        "SELECT k.id, k.digest, k.user_id, k.user_disablings, k.client_id, k.name, k.scope, k.resource, k.created_at,
           k.expires_at, k.last_used_at, k.last_used_ip, u.disablings,
           COALESCE(u.disabled_at, c.disabled_at) AS owner_disabled_at, u.email, u.roles, u.groups
         FROM api_keys k LEFT JOIN users u ON u.id = k.user_id LEFT JOIN clients c ON c.id = k.client_id
         WHERE k.id = $1",
        id,
    )
}

/// The keys of a user or client, the newest first.
///
/// # Errors
/// The database fails.
pub async fn of_owner(at: Sql<'_>, owner: &str) -> Result<Vec<ApiKeyRow>> {
    fetch_all!(
        at => ApiKeyRow,
        "SELECT k.id, k.digest, k.user_id, k.user_disablings, k.client_id, k.name, k.scope, k.resource, k.created_at,
           k.expires_at, k.last_used_at, k.last_used_ip, u.disablings,
           COALESCE(u.disabled_at, c.disabled_at) AS owner_disabled_at, u.email, u.roles, u.groups
         FROM api_keys k LEFT JOIN users u ON u.id = k.user_id LEFT JOIN clients c ON c.id = k.client_id
         WHERE k.user_id = $1 OR k.client_id = $1 ORDER BY k.created_at DESC, k.id DESC LIMIT 500",
        owner,
    )
}

/// Keys in order of identifier, after `after`, at most `limit`.
///
/// # Errors
/// The database fails.
pub async fn list(at: Sql<'_>, after: &str, limit: i64) -> Result<Vec<ApiKeyRow>> {
    fetch_all!(
        at => ApiKeyRow,
        "SELECT k.id, k.digest, k.user_id, k.user_disablings, k.client_id, k.name, k.scope, k.resource, k.created_at,
           k.expires_at, k.last_used_at, k.last_used_ip, u.disablings,
           COALESCE(u.disabled_at, c.disabled_at) AS owner_disabled_at, u.email, u.roles, u.groups
         FROM api_keys k LEFT JOIN users u ON u.id = k.user_id LEFT JOIN clients c ON c.id = k.client_id
         WHERE k.id > $1 ORDER BY k.id LIMIT $2",
        after,
        limit,
    )
}

/// Notes a use, if the last one noted is longer ago than `pause`.
///
/// # Errors
/// The database fails.
pub async fn used(at: Sql<'_>, id: &str, ip: Option<&str>, pause: Seconds, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE api_keys SET last_used_at = $2, last_used_ip = $3
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $4)",
        id,
        now.0,
        ip,
        (now - pause).0,
    )?;
    Ok(changed == 1)
}

/// Removes a key, if it is of this user or client.
///
/// # Errors
/// The database fails.
pub async fn remove_of_owner(at: Sql<'_>, owner: &str, id: &str) -> Result<bool> {
    let changed = execute!(
        at,
        "DELETE FROM api_keys WHERE id = $2 AND (user_id = $1 OR client_id = $1)",
        owner,
        id
    )?;
    Ok(changed == 1)
}
