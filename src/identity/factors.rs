//! Second factors: what a code that somebody presents proves, and how factors come and go.
//! Tests: tests/it/pages/mfa.rs, tests/it/account/.

use super::challenge::Challenge;
use super::email::CanonicalEmail;
use super::event::{About, Actor, Event, Journal};
use super::login_limit::{Key, Refused};
use super::session::Proof;
use super::{notice, recovery_code, totp};
use crate::cx::Cx;
use crate::mail::Notice;
use crate::oauth::discovery::ACR_MFA;
use crate::oauth::error::Fault;
use crate::storage::sessions::LiveSession;
use crate::storage::users::UserRow;
use crate::storage::{StorageError, challenges, factors, passkeys};
use crate::time::Seconds;

/// A password and a code of an authenticator app or a recovery code (RFC 8176 §2).
pub const PASSWORD_AND_CODE: Proof = Proof {
    acr: ACR_MFA,
    amr: "pwd otp mfa",
};

/// Which factor a code was of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// The authenticator app.
    App,
    /// A recovery code, now used up.
    RecoveryCode,
}

/// The code proves nothing.
#[derive(Debug)]
pub enum Wrong {
    /// Not a code of this user, or used before.
    Incorrect,
    /// Too many attempts; the next one is possible after this.
    TooManyAttempts(Seconds),
    /// The database fails.
    Fault(Fault),
}

impl From<StorageError> for Wrong {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// Finds out which factor of the user `presented` is a code of, and uses the code up. Whoever calls this must know the
/// user by another proof already. Attempts are counted per account over all kinds of codes, before anything is
/// looked at (AC-218).
///
/// # Errors
/// See [`Wrong`].
pub async fn verify(cx: &Cx, user: &UserRow, presented: &str) -> Result<Factor, Wrong> {
    let account = CanonicalEmail::parse(&user.email).map_err(|error| Wrong::Fault(Fault::internal(error)))?;
    let key = Key::email(&account);
    let attempt = cx.app.mfa_limit.reserve(&[key], cx.now).await;
    let attempt = attempt.map_err(|refused| match refused {
        Refused::TooMany(wait) => Wrong::TooManyAttempts(wait),
        Refused::Fault(fault) => Wrong::Fault(fault),
    })?;
    match check(cx, user, presented).await {
        Ok(Some(factor)) => {
            attempt.refund_and_reset(key).await;
            Ok(factor)
        }
        Ok(None) => {
            let mut journal = Journal::begin(Actor::of(cx)).await?;
            factors::lock(journal.tx(), &user.id).await?; // racers count each other
            journal
                .note(Event::SecondStepFailed, About::user(&user.id))
                .await?;
            notice::second_step_failed(&mut journal, user).await?;
            journal.commit().await?;
            Err(Wrong::Incorrect)
        }
        Err(fault) => {
            attempt.refund().await; // nothing was learned
            Err(Wrong::Fault(fault))
        }
    }
}

async fn check(cx: &Cx, user: &UserRow, presented: &str) -> Result<Option<Factor>, Fault> {
    // Apps show `123 456`; nothing else is left out of a code.
    let digits: String = presented.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if digits.len() == 6 {
        let Some(app) = factors::app(cx.app.db.read(), &user.id).await? else {
            return Ok(None);
        };
        let secret = cx.app.vault.open(&context(&user.id), &app.secret);
        let secret = secret.ok_or_else(|| Fault::internal("an authenticator secret cannot be opened"))?;
        let Some(step) = totp::step_of(&secret, &digits, cx.now) else {
            return Ok(None);
        };
        // RFC 6238 §5.2: each code once, and never an older one after a newer one.
        let first = factors::advance_app(cx.app.db.write(), &user.id, step).await?;
        return Ok(first.then_some(Factor::App));
    }
    let Some(code) = recovery_code::normalized(presented) else {
        return Ok(None);
    };
    let digest = recovery_code::digest(&cx.app.vault, &user.id, &code);
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    let spent = factors::spend_recovery_code(journal.sql(), &user.id, &digest, cx.now).await?;
    if spent {
        journal
            .note(Event::RecoveryCodeUsed, About::user(&user.id))
            .await?;
        notice::send(&mut journal, Notice::RecoveryCodeUsed, user).await?;
    }
    journal.commit().await?;
    Ok(spent.then_some(Factor::RecoveryCode))
}

/// The factors that the user has.
///
/// # Errors
/// The database fails.
pub async fn of(cx: &Cx, user: &UserRow) -> Result<factors::Held, Fault> {
    Ok(factors::held(cx.app.db.read(), &user.id).await?)
}

/// What the session proves, to be said again under a new cookie.
pub fn proof_of(session: &LiveSession) -> Proof {
    let known = [
        PASSWORD_AND_CODE,
        super::passkey::SECOND_HARDWARE,
        super::passkey::SECOND_SOFTWARE,
        super::passkey::ALONE_HARDWARE,
        super::passkey::ALONE_SOFTWARE,
    ];
    known
        .into_iter()
        .find(|proof| proof.amr == session.amr && proof.acr == session.acr)
        .unwrap_or(super::sign_in::PASSWORD)
}

/// Stores the authenticator app whose set-up `code` confirms. `None` if the code is wrong; else the recovery codes to
/// show, if the user had none.
///
/// # Errors
/// The database fails.
pub async fn confirm_app(
    cx: &Cx,
    user: &UserRow,
    setup: &Challenge,
    code: &str,
) -> Result<Option<Vec<String>>, Fault> {
    let digits: String = code.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let Some(step) = totp::step_of(&setup.payload, &digits, cx.now) else {
        return Ok(None);
    };
    let sealed = cx
        .app
        .vault
        .seal(&*cx.app.entropy, &context(&user.id), &setup.payload);
    let sealed = sealed.ok_or_else(|| Fault::internal("an authenticator secret cannot be sealed"))?;
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    factors::lock(journal.tx(), &user.id).await?;
    if !challenges::spend(journal.sql(), &setup.id, cx.now).await? {
        return Ok(None);
    }
    factors::set_app(journal.sql(), &user.id, &sealed, step, cx.now).await?;
    let codes = first_codes(cx, journal.tx(), user).await?;
    journal.note(Event::AppAdded, About::user(&user.id)).await?;
    notice::send(&mut journal, Notice::AppAdded, user).await?;
    journal.commit().await?;
    Ok(Some(codes))
}

/// A set of recovery codes for somebody who has none.
pub(super) async fn first_codes(
    cx: &Cx,
    tx: &mut crate::storage::Tx,
    user: &UserRow,
) -> Result<Vec<String>, Fault> {
    if factors::held(tx.sql(), &user.id).await?.recovery_codes > 0 {
        return Ok(Vec::new());
    }
    replace_codes(cx, tx, user).await
}

async fn replace_codes(cx: &Cx, tx: &mut crate::storage::Tx, user: &UserRow) -> Result<Vec<String>, Fault> {
    let codes = recovery_code::generate(&*cx.app.entropy);
    let digests: Vec<Vec<u8>> = codes
        .iter()
        .filter_map(|code| recovery_code::normalized(code))
        .map(|code| recovery_code::digest(&cx.app.vault, &user.id, &code))
        .collect();
    factors::replace_recovery_codes(tx, &user.id, &digests, cx.now).await?;
    Ok(codes)
}

/// A new set of recovery codes; the old ones are void. `None` if the user has no factor that they could stand in for.
///
/// # Errors
/// The database fails.
pub async fn new_codes(cx: &Cx, user: &UserRow) -> Result<Option<Vec<String>>, Fault> {
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    factors::lock(journal.tx(), &user.id).await?;
    if !factors::held(journal.sql(), &user.id).await?.any() {
        return Ok(None);
    }
    let codes = replace_codes(cx, journal.tx(), user).await?;
    journal
        .note(Event::RecoveryCodesReplaced, About::user(&user.id))
        .await?;
    notice::send(&mut journal, Notice::RecoveryCodesReplaced, user).await?;
    journal.commit().await?;
    Ok(Some(codes))
}

/// What is removed.
#[derive(Clone, Copy, Debug)]
pub enum Removal<'a> {
    /// The authenticator app.
    App,
    /// The passkey with this row identifier.
    Passkey(&'a str),
}

/// How a removal went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Yes,
    /// The user has no such factor.
    Unknown,
    /// It is the last one of an account that must have one.
    LastOne,
    /// It is the last one, and the password is too short to do without.
    ShortPassword,
}

/// Removes a factor; with the last one the recovery codes go too.
///
/// # Errors
/// The database fails; then nothing is removed.
pub async fn remove(cx: &Cx, user: &UserRow, removal: Removal<'_>) -> Result<Removed, Fault> {
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    factors::lock(journal.tx(), &user.id).await?;
    let removed = match removal {
        Removal::App => factors::remove_app(journal.sql(), &user.id).await?,
        Removal::Passkey(id) => passkeys::remove(journal.sql(), &user.id, id).await?,
    };
    if !removed {
        return Ok(Removed::Unknown);
    }
    let left = factors::held(journal.sql(), &user.id).await?;
    if !left.any() {
        // The transaction is dropped: nothing happened.
        if left.required || user.password_hash.is_none() {
            return Ok(Removed::LastOne);
        }
        if left.short_password {
            return Ok(Removed::ShortPassword);
        }
        factors::replace_recovery_codes(journal.tx(), &user.id, &[], cx.now).await?;
    }
    let (event, notice) = match removal {
        Removal::App => (Event::AppRemoved, Notice::AppRemoved),
        Removal::Passkey(_) => (Event::PasskeyRemoved, Notice::PasskeyRemoved),
    };
    journal.note(event, About::user(&user.id)).await?;
    notice::send(&mut journal, notice, user).await?;
    journal.commit().await?;
    Ok(Removed::Yes)
}

fn context(user_id: &str) -> Vec<u8> {
    format!("authenticator app {user_id}").into_bytes()
}
