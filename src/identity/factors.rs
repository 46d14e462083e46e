//! Second factors: what a code that somebody presents proves, and how factors come and go.
//! Tests: tests/it/pages/mfa.rs, tests/it/account/.

use super::challenge::Challenge;
use super::email::CanonicalEmail;
use super::login_limit::{Key, Refused};
use super::session::Proof;
use super::{recovery_code, totp};
use crate::cx::Cx;
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
            let event = match factor {
                Factor::App => "mfa",
                Factor::RecoveryCode => "recovery_code_used",
            };
            tracing::info!(target: "audit", event, user = user.id, request_id = %cx.request_id, "second step done");
            Ok(factor)
        }
        Ok(None) => {
            tracing::info!(target: "audit", event = "mfa_failed", user = user.id, request_id = %cx.request_id, "second step failed");
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
    let spent = factors::spend_recovery_code(cx.app.db.write(), &user.id, &digest, cx.now).await?;
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
    let mut tx = cx.app.db.begin().await?;
    factors::lock(&mut tx, &user.id).await?;
    if !challenges::spend(tx.sql(), &setup.id, cx.now).await? {
        return Ok(None);
    }
    factors::set_app(tx.sql(), &user.id, &sealed, step, cx.now).await?;
    let codes = first_codes(cx, &mut tx, user).await?;
    tx.commit().await?;
    tracing::info!(target: "audit", event = "authenticator_app_added", user = user.id, request_id = %cx.request_id, "authenticator app added");
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
    let mut tx = cx.app.db.begin().await?;
    factors::lock(&mut tx, &user.id).await?;
    if !factors::held(tx.sql(), &user.id).await?.any() {
        return Ok(None);
    }
    let codes = replace_codes(cx, &mut tx, user).await?;
    tx.commit().await?;
    tracing::info!(target: "audit", event = "recovery_codes_replaced", user = user.id, request_id = %cx.request_id, "recovery codes replaced");
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
}

/// Removes a factor; with the last one the recovery codes go too.
///
/// # Errors
/// The database fails; then nothing is removed.
pub async fn remove(cx: &Cx, user: &UserRow, removal: Removal<'_>) -> Result<Removed, Fault> {
    let mut tx = cx.app.db.begin().await?;
    factors::lock(&mut tx, &user.id).await?;
    let removed = match removal {
        Removal::App => factors::remove_app(tx.sql(), &user.id).await?,
        Removal::Passkey(id) => passkeys::remove(tx.sql(), &user.id, id).await?,
    };
    if !removed {
        return Ok(Removed::Unknown);
    }
    let left = factors::held(tx.sql(), &user.id).await?;
    if !left.any() {
        if left.required {
            return Ok(Removed::LastOne); // the transaction is dropped: nothing happened
        }
        factors::replace_recovery_codes(&mut tx, &user.id, &[], cx.now).await?;
    }
    tx.commit().await?;
    let event = match removal {
        Removal::App => "authenticator_app_removed",
        Removal::Passkey(_) => "passkey_removed",
    };
    tracing::info!(target: "audit", event, user = user.id, request_id = %cx.request_id, "second factor removed");
    Ok(Removed::Yes)
}

fn context(user_id: &str) -> Vec<u8> {
    format!("authenticator app {user_id}").into_bytes()
}
