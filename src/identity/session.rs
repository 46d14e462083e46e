//! Browser sessions: a new cookie at every sign-in, the old one void from then on.

use crate::cx::Cx;
use crate::id;
use crate::opaque::{Kind, Opaque};
use crate::storage::sessions::{self, ListedSession, LiveSession, SessionRow};
use crate::storage::users::UserRow;
use crate::storage::{Result, grants};
use crate::time::Seconds;

/// `last_seen_at` is written at most this often.
const TOUCH: Seconds = Seconds(60);

/// How somebody has just proved who they are.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// Authentication context class.
    pub acr: &'static str,
    /// Methods, space-separated (RFC 8176).
    pub amr: &'static str,
}

/// The session that a cookie stands for, if it is live.
///
/// # Errors
/// The database fails.
pub async fn find(cx: &Cx, cookie: &str) -> Result<Option<LiveSession>> {
    let Some(cookie) = Opaque::parse(Kind::Session, cookie, &cx.app.vault) else {
        return Ok(None);
    };
    let idle = cx.app.config.sessions.idle;
    let session = sessions::find_live(cx.app.db.read(), cookie.id(), idle, cx.now).await?;
    let session = session.filter(|session| cookie.matches(&session.digest, &cx.app.vault));
    if let Some(session) = &session
        && cx.now.0 - session.last_seen_at > TOUCH.0
    {
        sessions::touch(cx.app.db.write(), &session.id, cx.now).await?;
    }
    Ok(session)
}

/// Signs a user in: a new session, or a new cookie for the one that the browser has if it is the same user's, so that its
/// `sid` still names it. A session of somebody else ends. Gives the cookie; any earlier one is void.
///
/// # Errors
/// The database fails.
pub async fn start(
    cx: &Cx,
    user: &UserRow,
    proof: Proof,
    previous: Option<&LiveSession>,
) -> Result<(Opaque, LiveSession)> {
    let same = previous.filter(|previous| previous.user_id == user.id);
    let id = same.map_or_else(
        || id::row(&*cx.app.entropy, cx.now),
        |previous| previous.id.clone(),
    );
    let cookie = Opaque::mint(Kind::Session, &id, &*cx.app.entropy, &cx.app.vault);
    let row = SessionRow {
        digest: cookie.digest(&cx.app.vault),
        user_id: user.id.clone(),
        user_epoch: user.credential_epoch,
        auth_time: cx.now.0,
        acr: proof.acr.to_owned(),
        amr: proof.amr.to_owned(),
        ip: cx.ip.to_string(),
        user_agent: cx.user_agent.clone(),
        created_at: cx.now.0,
        last_seen_at: cx.now.0,
        expires_at: (cx.now + cx.app.config.sessions.absolute).0,
        ended_at: None,
        id,
    };
    match (same, previous) {
        // Signed out meanwhile in another tab: start over, never bring it back.
        (Some(_), _) if !sessions::renew(cx.app.db.write(), &row).await? => {
            return Box::pin(start(cx, user, proof, None)).await;
        }
        (Some(_), _) => {}
        (None, None) => sessions::insert(cx.app.db.write(), &row).await?,
        (None, Some(other)) => {
            let mut tx = cx.app.db.begin().await?;
            sessions::end(tx.sql(), &other.id, cx.now).await?;
            grants::revoke_of_session(tx.sql(), &other.id, cx.now).await?;
            sessions::insert(tx.sql(), &row).await?;
            tx.commit().await?;
        }
    }
    let session = LiveSession {
        id: row.id,
        digest: row.digest,
        user_id: row.user_id,
        user_epoch: row.user_epoch,
        auth_time: row.auth_time,
        acr: row.acr,
        amr: row.amr,
        last_seen_at: row.last_seen_at,
        email: user.email.clone(),
        roles: user.roles.clone(),
    };
    Ok((cookie, session))
}

/// Ends a session and the grants that do not outlive it, together.
///
/// # Errors
/// The database fails; then the session is still alive.
pub async fn end(cx: &Cx, session_id: &str) -> Result<()> {
    let mut tx = cx.app.db.begin().await?;
    sessions::end(tx.sql(), session_id, cx.now).await?;
    grants::revoke_of_session(tx.sql(), session_id, cx.now).await?;
    tx.commit().await
}

/// Ends all sessions of a user, but the one named `except`, and the grants that do not outlive them, together.
///
/// # Errors
/// The database fails; then all are still alive.
pub async fn end_all(cx: &Cx, user_id: &str, except: Option<&str>) -> Result<()> {
    let except = except.unwrap_or_default();
    let mut tx = cx.app.db.begin().await?;
    sessions::end_others(tx.sql(), user_id, except, cx.now).await?;
    grants::revoke_of_other_sessions(tx.sql(), user_id, except, cx.now).await?;
    tx.commit().await
}

/// The live sessions of a user, the latest used first.
///
/// # Errors
/// The database fails.
pub async fn of_user(cx: &Cx, user_id: &str) -> Result<Vec<ListedSession>> {
    sessions::of_user(cx.app.db.read(), user_id, cx.app.config.sessions.idle, cx.now).await
}

/// Ends a session and the grants that do not outlive it, if it is this user's.
///
/// # Errors
/// The database fails; then the session is still alive.
pub async fn end_of_user(cx: &Cx, user_id: &str, session_id: &str) -> Result<bool> {
    let mut tx = cx.app.db.begin().await?;
    if !sessions::end_of_user(tx.sql(), user_id, session_id, cx.now).await? {
        return Ok(false);
    }
    grants::revoke_of_session(tx.sql(), session_id, cx.now).await?;
    tx.commit().await?;
    Ok(true)
}
