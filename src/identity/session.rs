//! Browser sessions: a new cookie at every sign-in, the old one void from then on.

use super::event::{About, Actor, Event, Journal};
use super::live_sessions::Changer;
use super::notice;
use crate::app::App;
use crate::cx::Cx;
use crate::id;
use crate::oauth::error::Fault;
use crate::oauth::first_party::CLIENT_ID;
use crate::opaque::{Kind, Opaque};
use crate::storage::grants;
use crate::storage::sessions::{self, ListedSession, LiveSession, SessionRow};
use crate::storage::users::UserRow;
use crate::time::Timestamp;

type Result<T> = std::result::Result<T, Fault>;

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
/// The store or the database fails.
pub async fn find(cx: &Cx, cookie: &str) -> Result<Option<LiveSession>> {
    let Some(cookie) = Opaque::parse(Kind::Session, cookie, &cx.app.vault) else {
        return Ok(None);
    };
    let found = cx.app.live_sessions.find(cx, &cookie).await?;
    // A lifetime that the operator has shortened counts for sessions from before, too (AC-180).
    let lifetime = cx.app.config.sessions.absolute;
    Ok(found.filter(|session| Timestamp(session.auth_time) + lifetime > cx.now))
}

/// Signs a user in: a new session, or a new cookie for the one that the browser has if it is the same user's, so that its
/// `sid` still names it. A session of somebody else ends. Gives the cookie; any earlier one is void.
///
/// # Errors
/// The store or the database fails.
pub async fn start(
    cx: &Cx,
    user: &UserRow,
    proof: Proof,
    previous: Option<&LiveSession>,
) -> Result<(Opaque, LiveSession)> {
    let begun = match begin(cx, user, previous, Occasion::SignIn(proof)).await? {
        // Signed out meanwhile in another tab: start over, never bring it back.
        None => begin(cx, user, None, Occasion::SignIn(proof)).await?,
        begun => begun,
    };
    begun.ok_or_else(|| Fault::internal("a session that is new was not renewed"))
}

/// A session goes on under a new cookie, after a change that its owner has made. Without a `proof` it stays as old, and as
/// good, as it was. Nothing if it has ended meanwhile: it does not come back, and no other one begins.
///
/// # Errors
/// As [`start`].
pub async fn renew(
    cx: &Cx,
    user: &UserRow,
    proof: Option<Proof>,
    session: &LiveSession,
) -> Result<Option<(Opaque, LiveSession)>> {
    if session.user_id != user.id {
        return Ok(None);
    }
    begin(cx, user, Some(session), Occasion::Change(proof)).await
}

/// Why there is a new cookie.
#[derive(Clone, Copy)]
enum Occasion {
    SignIn(Proof),
    Change(Option<Proof>),
}

async fn begin(
    cx: &Cx,
    user: &UserRow,
    previous: Option<&LiveSession>,
    occasion: Occasion,
) -> Result<Option<(Opaque, LiveSession)>> {
    ready(&cx.app, cx.now, &user.id).await?;
    let same = previous.filter(|previous| previous.user_id == user.id);
    let id = same.map_or_else(
        || id::row(&*cx.app.entropy, cx.now),
        |previous| previous.id.clone(),
    );
    let cookie = Opaque::mint(Kind::Session, &id, &*cx.app.entropy, &cx.app.vault);
    let mut row = SessionRow {
        digest: cookie.digest(&cx.app.vault),
        user_id: user.id.clone(),
        user_epoch: user.credential_epoch,
        auth_time: cx.now.0,
        acr: String::new(),
        amr: String::new(),
        ip: cx.ip.to_string(),
        user_agent: cx.user_agent.clone(),
        created_at: cx.now.0,
        last_seen_at: cx.now.0,
        expires_at: (cx.now + cx.app.config.sessions.absolute).0,
        ended_at: None,
        id,
    };
    match (occasion, same) {
        (Occasion::SignIn(proof) | Occasion::Change(Some(proof)), _) => {
            (row.acr, row.amr) = (proof.acr.to_owned(), proof.amr.to_owned());
        }
        (Occasion::Change(None), Some(same)) => {
            (row.acr, row.amr) = (same.acr.clone(), same.amr.clone());
            (row.auth_time, row.expires_at) = (same.auth_time, same.expires_at);
        }
        (Occasion::Change(None), None) => return Ok(None),
    }
    let other = previous.filter(|_| same.is_none());
    if let Some(other) = other {
        ready(&cx.app, cx.now, &other.user_id).await?;
    }
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    if same.is_some() && !sessions::renew(journal.sql(), &row).await? {
        return Ok(None);
    }
    if let Some(other) = other
        && sessions::end(journal.sql(), &other.id, cx.now).await?
    {
        grants::revoke_of_session(journal.sql(), &other.id, cx.now).await?;
        journal
            .note(Event::SessionEnded, ended(&other.user_id, "here"))
            .await?;
    }
    if same.is_none() {
        sessions::insert(journal.sql(), &row).await?;
    }
    if let Occasion::SignIn(proof) = occasion {
        let about = About {
            amr: Some(proof.amr),
            ..About::user(&user.id)
        };
        journal.note(Event::SignedIn, about).await?;
        notice::signed_in(&mut journal, cx, user).await?;
    }
    journal.commit().await?;
    if let Some(other) = other {
        changed(&cx.app, cx.now, &other.user_id).await?;
    }
    changed(&cx.app, cx.now, &user.id).await?;
    let session = LiveSession {
        id: row.id,
        digest: row.digest,
        user_id: row.user_id,
        user_epoch: row.user_epoch,
        auth_time: row.auth_time,
        acr: row.acr,
        amr: row.amr,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        email: user.email.clone(),
        roles: user.roles.clone(),
    };
    Ok(Some((cookie, session)))
}

/// Ends a session and the grants that do not outlive it, together.
///
/// # Errors
/// The store or the database fails; unless the row was written by then, the session is still alive. Call it again.
pub async fn end(cx: &Cx, session_id: &str) -> Result<()> {
    let Some(user_id) = sessions::owner(cx.app.db.read(), session_id).await? else {
        return Ok(());
    };
    ready(&cx.app, cx.now, &user_id).await?;
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    let was_live = sessions::end(journal.sql(), session_id, cx.now).await?;
    grants::revoke_of_session(journal.sql(), session_id, cx.now).await?;
    if was_live {
        journal.note(Event::SessionEnded, ended(&user_id, "here")).await?;
    }
    journal.commit().await?;
    changed(&cx.app, cx.now, &user_id).await
}

/// Ends all sessions of a user but one, the grants that do not outlive them, and the sign-ins by JSON, together.
///
/// # Errors
/// As [`end`].
pub async fn end_all(cx: &Cx, user_id: &str, except: Option<&str>) -> Result<()> {
    ready(&cx.app, cx.now, user_id).await?;
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    let but = except.unwrap_or_default();
    let mut over = grants::revoke_of_sessions(journal.sql(), user_id, but, cx.now).await?;
    // Whoever signed in by JSON has no session here, and is signed in all the same.
    over += grants::revoke_of_client(journal.sql(), user_id, CLIENT_ID, cx.now).await?;
    let what = match except {
        Some(except) => {
            over += sessions::end_others(journal.sql(), user_id, except, cx.now).await?;
            "others"
        }
        None => {
            over += sessions::end_all(journal.sql(), user_id, cx.now).await?;
            "all"
        }
    };
    if over > 0 {
        journal.note(Event::SessionEnded, ended(user_id, what)).await?;
    }
    journal.commit().await?;
    changed(&cx.app, cx.now, user_id).await
}

/// Changes a user in SQL, so that its live sessions show it at once: every path that disables, removes or changes a
/// user, its roles, address or password goes through here.
///
/// # Errors
/// The store or the database fails. With a store that cannot be told of it nothing is changed.
pub async fn change_user<T, E: From<Fault>>(
    app: &App,
    user_id: &str,
    change: impl AsyncFnOnce() -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let now = app.clock.now();
    ready(app, now, user_id).await?;
    let result = change().await?;
    changed(app, now, user_id).await?;
    Ok(result)
}

async fn ready(app: &App, now: Timestamp, user_id: &str) -> Result<()> {
    app.live_sessions.ready(&changer(app, now), user_id).await
}

async fn changed(app: &App, now: Timestamp, user_id: &str) -> Result<()> {
    app.live_sessions.changed(&changer(app, now), user_id).await
}

fn changer(app: &App, now: Timestamp) -> Changer<'_> {
    Changer {
        db: &app.db,
        entropy: &*app.entropy,
        now,
    }
}

/// The live sessions of a user, the latest used first.
///
/// # Errors
/// The database fails.
pub async fn of_user(cx: &Cx, user_id: &str) -> Result<Vec<ListedSession>> {
    Ok(sessions::of_user(cx.app.db.read(), user_id, cx.app.config.sessions.idle, cx.now).await?)
}

/// Ends a session and the grants that do not outlive it, if it is this user's.
///
/// # Errors
/// The database fails; then the session is still alive.
pub async fn end_of_user(cx: &Cx, user_id: &str, session_id: &str) -> Result<bool> {
    ready(&cx.app, cx.now, user_id).await?;
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    if !sessions::end_of_user(journal.sql(), user_id, session_id, cx.now).await? {
        return Ok(false);
    }
    grants::revoke_of_session(journal.sql(), session_id, cx.now).await?;
    journal.note(Event::SessionEnded, ended(user_id, "one")).await?;
    journal.commit().await?;
    changed(&cx.app, cx.now, user_id).await?;
    Ok(true)
}

/// What the event of an ended session says: `here`, `one`, `others` or `all`.
fn ended<'a>(user_id: &'a str, what: &'a str) -> About<'a> {
    About {
        what: Some(what),
        ..About::user(user_id)
    }
}
