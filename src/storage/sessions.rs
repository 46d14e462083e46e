//! Browser sessions. The row is the truth; the cookie is an opaque secret whose digest is stored here.

use super::{Result, Sql};
use crate::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};

row! {
    /// A row of `sessions`.
    #[derive(Clone, Debug)]
    pub struct SessionRow {
        /// Row identifier, also the `sid` of ID tokens.
        pub id: String,
        /// Digest of the cookie.
        pub digest: Vec<u8>,
        /// The signed-in user.
        pub user_id: String,
        /// The user's credential epoch at sign-in.
        pub user_epoch: i64,
        /// When the user last proved who they are (OIDC Core §2 `auth_time`).
        pub auth_time: i64,
        /// Authentication context class.
        pub acr: String,
        /// Methods, space-separated (RFC 8176).
        pub amr: String,
        /// Address at sign-in.
        pub ip: String,
        /// User agent at sign-in.
        pub user_agent: String,
        /// When the row was made.
        pub created_at: i64,
        /// Last use, written at most once a minute.
        pub last_seen_at: i64,
        /// Absolute end.
        pub expires_at: i64,
        /// When it was signed out.
        pub ended_at: Option<i64>,
    }
}

/// Adds a session.
///
/// # Errors
/// The database fails.
pub async fn insert(at: Sql<'_>, session: &SessionRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO sessions (id, digest, user_id, user_epoch, auth_time, acr, amr, ip, user_agent, created_at,
           last_seen_at, expires_at, ended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &session.id,
        &session.digest,
        &session.user_id,
        session.user_epoch,
        session.auth_time,
        &session.acr,
        &session.amr,
        &session.ip,
        &session.user_agent,
        session.created_at,
        session.last_seen_at,
        session.expires_at,
        session.ended_at,
    )?;
    Ok(())
}

row! {
    /// A live session with what is needed of its user.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct LiveSession {
        /// Row identifier, the `sid`.
        pub id: String,
        /// Digest of the cookie.
        pub digest: Vec<u8>,
        /// The signed-in user.
        pub user_id: String,
        /// The user's credential epoch at sign-in; equal to the current one.
        pub user_epoch: i64,
        /// When the user last proved who they are.
        pub auth_time: i64,
        /// Authentication context class.
        pub acr: String,
        /// Methods, space-separated.
        pub amr: String,
        /// Last use.
        pub last_seen_at: i64,
        /// Absolute end.
        pub expires_at: i64,
        /// The user's e-mail address.
        pub email: String,
        /// The user's roles, JSON.
        pub roles: String,
    }
}

impl LiveSession {
    /// Names the sign-in: another one on the same session has another name.
    pub fn sign_in(&self) -> String {
        self.digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// The session, if it is live: not ended, within both lifetimes, its user enabled and of the same epoch.
///
/// # Errors
/// The database fails.
pub async fn find_live(at: Sql<'_>, id: &str, idle: Seconds, now: Timestamp) -> Result<Option<LiveSession>> {
    fetch_optional!(
        at => LiveSession,
        "SELECT s.id, s.digest, s.user_id, s.user_epoch, s.auth_time, s.acr, s.amr, s.last_seen_at, s.expires_at,
           u.email, u.roles
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3
           AND u.disabled_at IS NULL AND u.credential_epoch = s.user_epoch",
        id,
        now.0,
        (now - idle).0,
    )
}

/// Notes that the session was used.
///
/// # Errors
/// The database fails.
pub async fn touch(at: Sql<'_>, id: &str, now: Timestamp) -> Result<()> {
    execute!(
        at,
        "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2",
        id,
        now.0
    )?;
    Ok(())
}

/// The session goes on under a new cookie, the old one is void; `false` if it has ended, or if its user is disabled or not
/// of this epoch any more.
///
/// # Errors
/// The database fails.
pub async fn renew(at: Sql<'_>, session: &SessionRow) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE sessions SET digest = $2, user_epoch = $3, auth_time = $4, acr = $5, amr = $6, ip = $7, user_agent = $8,
           last_seen_at = $9, expires_at = $10
         WHERE id = $1 AND ended_at IS NULL AND EXISTS
           (SELECT 1 FROM users u WHERE u.id = sessions.user_id AND u.credential_epoch = $3 AND u.disabled_at IS NULL)",
        &session.id,
        &session.digest,
        session.user_epoch,
        session.auth_time,
        &session.acr,
        &session.amr,
        &session.ip,
        &session.user_agent,
        session.last_seen_at,
        session.expires_at,
    )?;
    Ok(changed == 1)
}

/// Ends a session; it never comes back.
///
/// # Errors
/// The database fails.
pub async fn end(at: Sql<'_>, id: &str, now: Timestamp) -> Result<bool> {
    Ok(execute!(
        at,
        "UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
        id,
        now.0
    )? == 1)
}

/// Ends all sessions of a user.
///
/// # Errors
/// The database fails.
pub async fn end_all(at: Sql<'_>, user_id: &str, now: Timestamp) -> Result<u64> {
    execute!(
        at,
        "UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL",
        user_id,
        now.0
    )
}

row! {
    /// A live session as its owner sees it in a list.
    #[derive(Clone, Debug)]
    pub struct ListedSession {
        /// Row identifier.
        pub id: String,
        /// Address at sign-in.
        pub ip: String,
        /// User agent at sign-in.
        pub user_agent: String,
        /// Methods, space-separated.
        pub amr: String,
        /// When the user last proved who they are.
        pub auth_time: i64,
        /// Last use.
        pub last_seen_at: i64,
    }
}

/// The live sessions of a user, the latest used first.
///
/// # Errors
/// The database fails.
pub async fn of_user(
    at: Sql<'_>,
    user_id: &str,
    idle: Seconds,
    now: Timestamp,
) -> Result<Vec<ListedSession>> {
    fetch_all!(
        at => ListedSession,
        "SELECT s.id, s.ip, s.user_agent, s.amr, s.auth_time, s.last_seen_at
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3
           AND u.credential_epoch = s.user_epoch
         ORDER BY s.last_seen_at DESC, s.id LIMIT 100",
        user_id,
        now.0,
        (now - idle).0,
    )
}

/// Ends a session, if it is this user's.
///
/// # Errors
/// The database fails.
pub async fn end_of_user(at: Sql<'_>, user_id: &str, id: &str, now: Timestamp) -> Result<bool> {
    Ok(execute!(
        at,
        "UPDATE sessions SET ended_at = $3 WHERE id = $2 AND user_id = $1 AND ended_at IS NULL",
        user_id,
        id,
        now.0
    )? == 1)
}

/// Ends all sessions of a user but the one named `except`.
///
/// # Errors
/// The database fails.
pub async fn end_others(at: Sql<'_>, user_id: &str, except: &str, now: Timestamp) -> Result<u64> {
    execute!(
        at,
        "UPDATE sessions SET ended_at = $3 WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL",
        user_id,
        except,
        now.0
    )
}

/// Whose session it is, live or not.
///
/// # Errors
/// The database fails.
pub async fn owner(at: Sql<'_>, id: &str) -> Result<Option<String>> {
    let found = fetch_optional!(at => (String,), "SELECT user_id FROM sessions WHERE id = $1", id)?;
    Ok(found.map(|(user_id,)| user_id))
}
