//! What somebody has begun and must finish soon in the same browser. A row in the database, never a session: it signs
//! nobody in, and is good for one thing, once.

use super::browser::Browser;
use crate::cx::Cx;
use crate::id;
use crate::oauth::error::Fault;
use crate::secret::constant_time_eq;
use crate::storage::challenges::{self, ChallengeRow};
use crate::storage::users::{self, UserRow};
use crate::time::Seconds;

/// What was begun. One kind is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The password was right; the second step is missing. Payload: the flow to go on with.
    SignIn,
    /// The same for an app that signs people in by JSON. No payload.
    JsonSignIn,
    /// An authenticator app is being set up. Payload: its secret.
    AppSetup,
    /// A passkey is being added. Payload: the state of the ceremony.
    PasskeySetup,
    /// A passkey is asked for as the second step. Payload: the state of the ceremony.
    PasskeyStep,
    /// A passkey is asked for instead of a password, of whom is not known yet. Payload: the state of the ceremony.
    PasskeySignIn,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::JsonSignIn => "json_sign_in",
            Self::AppSetup => "app_setup",
            Self::PasskeySetup => "passkey_setup",
            Self::PasskeyStep => "passkey_step",
            Self::PasskeySignIn => "passkey_sign_in",
        }
    }

    const fn lifetime(self) -> Seconds {
        match self {
            // To fetch the phone, install an app and scan takes a while.
            Self::AppSetup => Seconds(900),
            _ => Seconds(300),
        }
    }
}

/// A challenge of this browser that can be finished.
pub struct Challenge {
    /// Its handle.
    pub id: String,
    /// For whom it was begun, where that was known: enabled, and with the credentials of then.
    pub user: Option<UserRow>,
    /// What is needed to finish it. No `Debug`: it may be a secret.
    pub payload: Vec<u8>,
}

/// Begins; gives the handle.
///
/// # Errors
/// The database fails.
pub async fn begin(
    cx: &Cx,
    kind: Kind,
    browser: &Browser,
    user: Option<&UserRow>,
    payload: &[u8],
) -> Result<String, Fault> {
    let id = id::random::<24>(&*cx.app.entropy);
    let sealed = cx.app.vault.seal(&*cx.app.entropy, &context(kind, &id), payload);
    let row = ChallengeRow {
        kind: kind.name().to_owned(),
        browser: browser.mac(&cx.app.vault),
        user_id: user.map(|user| user.id.clone()),
        user_epoch: user.map(|user| user.credential_epoch),
        payload: sealed.ok_or_else(|| Fault::internal("a challenge cannot be sealed"))?,
        created_at: cx.now.0,
        expires_at: (cx.now + kind.lifetime()).0,
        spent_at: None,
        id,
    };
    challenges::insert(cx.app.db.write(), &row).await?;
    Ok(row.id)
}

/// The challenge with this handle, if this browser began it and it can still be finished.
///
/// # Errors
/// The database fails.
pub async fn find(cx: &Cx, kind: Kind, id: &str, browser: &Browser) -> Result<Option<Challenge>, Fault> {
    let row = challenges::find_live(cx.app.db.read(), id, kind.name(), cx.now).await?;
    let Some(row) = row.filter(|row| constant_time_eq(&row.browser, &browser.mac(&cx.app.vault))) else {
        return Ok(None);
    };
    let user = match &row.user_id {
        Some(user_id) => {
            let user = users::find(cx.app.db.read(), user_id).await?;
            // A new password or a disabled account voids what was begun before (AC-189).
            let same =
                |user: &UserRow| user.disabled_at.is_none() && Some(user.credential_epoch) == row.user_epoch;
            match user.filter(same) {
                Some(user) => Some(user),
                None => return Ok(None),
            }
        }
        None => None,
    };
    let payload = cx.app.vault.open(&context(kind, &row.id), &row.payload);
    Ok(payload.map(|payload| Challenge {
        id: row.id,
        user,
        payload,
    }))
}

/// Uses it up, once; `false` if another request was first.
///
/// # Errors
/// The database fails.
pub async fn spend(cx: &Cx, challenge: &Challenge) -> Result<bool, Fault> {
    Ok(challenges::spend(cx.app.db.write(), &challenge.id, cx.now).await?)
}

/// Voids what the user has begun of this kind.
///
/// # Errors
/// The database fails.
pub async fn void(cx: &Cx, kind: Kind, user_id: &str) -> Result<(), Fault> {
    challenges::void(cx.app.db.write(), user_id, kind.name(), cx.now).await?;
    Ok(())
}

fn context(kind: Kind, id: &str) -> Vec<u8> {
    format!("challenge {} {id}", kind.name()).into_bytes()
}
