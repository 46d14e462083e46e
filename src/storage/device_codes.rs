//! Pending device authorizations (RFC 8628).

use super::{Result, Sql};
use crate::time::Timestamp;

row! {
    /// A row of `device_codes`.
    #[derive(Clone, Debug)]
    pub struct DeviceCodeRow {
        /// Row identifier, part of the device code.
        pub id: String,
        /// Digest of the device code.
        pub digest: Vec<u8>,
        /// What the user types: eight letters.
        pub user_code: String,
        /// The client that asked.
        pub client_id: String,
        /// Requested scope.
        pub scope: String,
        /// Requested resources, JSON array (RFC 8707).
        pub resources: String,
        /// Where the request came from.
        pub ip: String,
        /// What the device said it is.
        pub user_agent: String,
        /// When it was asked for.
        pub created_at: i64,
        /// When it is too late.
        pub expires_at: i64,
        /// Seconds the device must wait between polls.
        pub poll_interval: i64,
        /// Last poll.
        pub polled_at: Option<i64>,
        /// `approved` or `denied`, once decided.
        pub decision: Option<String>,
        /// Who decided.
        pub user_id: Option<String>,
        /// The user's credential epoch at the decision.
        pub user_epoch: Option<i64>,
        /// The session in which it was decided.
        pub session_id: Option<String>,
        /// The `auth_time` of that session.
        pub auth_time: Option<i64>,
        /// The `acr` of that session.
        pub acr: Option<String>,
        /// The `amr` of that session.
        pub amr: Option<String>,
        /// Identifier that the grant gets, so that a replay can find what the code bought.
        pub grant_id: Option<String>,
        /// When the tokens were fetched.
        pub spent_at: Option<i64>,
    }
}

/// Adds a pending authorization.
///
/// # Errors
/// The user code is in use (`is_unique_violation`), or the database fails.
pub async fn insert(at: Sql<'_>, code: &DeviceCodeRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO device_codes (id, digest, user_code, client_id, scope, resources, ip, user_agent, created_at,
           expires_at, poll_interval)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &code.id,
        &code.digest,
        &code.user_code,
        &code.client_id,
        &code.scope,
        &code.resources,
        &code.ip,
        &code.user_agent,
        code.created_at,
        code.expires_at,
        code.poll_interval,
    )?;
    Ok(())
}

/// The authorization with this row identifier.
///
/// # Errors
/// The database fails.
pub async fn find(at: Sql<'_>, id: &str) -> Result<Option<DeviceCodeRow>> {
    fetch_optional!(
        at => DeviceCodeRow,
        "SELECT id, digest, user_code, client_id, scope, resources, ip, user_agent, created_at, expires_at,
           poll_interval, polled_at, decision, user_id, user_epoch, session_id, auth_time, acr, amr,
           grant_id, spent_at
         FROM device_codes WHERE id = $1",
        id,
    )
}

/// The undecided authorization that this user code stands for.
///
/// # Errors
/// The database fails.
pub async fn find_undecided(at: Sql<'_>, user_code: &str, now: Timestamp) -> Result<Option<DeviceCodeRow>> {
    fetch_optional!(
        at => DeviceCodeRow,
        "SELECT id, digest, user_code, client_id, scope, resources, ip, user_agent, created_at, expires_at,
           poll_interval, polled_at, decision, user_id, user_epoch, session_id, auth_time, acr, amr,
           grant_id, spent_at
         FROM device_codes WHERE user_code = $1 AND decision IS NULL AND expires_at > $2",
        user_code,
        now.0,
    )
}

/// Notes a poll; `false` if it came before the interval was over, which then grows by 5 s (RFC 8628 §3.5).
///
/// # Errors
/// The database fails.
pub async fn poll(at: Sql<'_>, slower_at: Sql<'_>, id: &str, now: Timestamp) -> Result<bool> {
    let in_time = execute!(
        at,
        "UPDATE device_codes SET polled_at = $2
         WHERE id = $1 AND (polled_at IS NULL OR polled_at + poll_interval <= $2)",
        id,
        now.0,
    )?;
    if in_time == 0 {
        execute!(
            slower_at,
            "UPDATE device_codes SET polled_at = $2, poll_interval = poll_interval + 5 WHERE id = $1",
            id,
            now.0,
        )?;
    }
    Ok(in_time == 1)
}

/// The user's decision.
#[derive(Clone, Debug)]
pub struct Approval<'a> {
    /// Who decided.
    pub user_id: &'a str,
    /// The user's credential epoch.
    pub user_epoch: i64,
    /// The session in which it was decided.
    pub session_id: &'a str,
    /// The `auth_time` of that session.
    pub auth_time: i64,
    /// The `acr` of that session.
    pub acr: &'a str,
    /// The `amr` of that session.
    pub amr: &'a str,
    /// Identifier for the grant.
    pub grant_id: &'a str,
}

/// Approves, once; `false` if it was decided before or is too old.
///
/// # Errors
/// The database fails.
pub async fn approve(at: Sql<'_>, id: &str, by: &Approval<'_>, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE device_codes SET decision = 'approved', user_id = $3, user_epoch = $4, session_id = $5,
           auth_time = $6, acr = $7, amr = $8, grant_id = $9
         WHERE id = $1 AND decision IS NULL AND expires_at > $2",
        id,
        now.0,
        by.user_id,
        by.user_epoch,
        by.session_id,
        by.auth_time,
        by.acr,
        by.amr,
        by.grant_id,
    )?;
    Ok(changed == 1)
}

/// Denies, once; `false` if it was decided before or is too old.
///
/// # Errors
/// The database fails.
pub async fn deny(at: Sql<'_>, id: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE device_codes SET decision = 'denied' WHERE id = $1 AND decision IS NULL AND expires_at > $2",
        id,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Uses an approved code up, once.
///
/// # Errors
/// The database fails.
pub async fn spend(at: Sql<'_>, id: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE device_codes SET spent_at = $2
         WHERE id = $1 AND decision = 'approved' AND spent_at IS NULL AND expires_at > $2",
        id,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Forgets what a user has approved and no device has fetched yet.
///
/// # Errors
/// The database fails.
pub async fn delete_of_user(at: Sql<'_>, user_id: &str) -> Result<u64> {
    execute!(at, "DELETE FROM device_codes WHERE user_id = $1", user_id)
}
