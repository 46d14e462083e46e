//! Signing in with a password. An unknown address, a wrong password, a locked and a disabled account get the same
//! answer after the same work. Every path that takes a password comes through here. Tests: tests/it/pages/login.rs.

use super::email::CanonicalEmail;
use super::known_device;
use super::lockout;
use super::login_limit::{Key, Refused};
use super::session::Proof;
use crate::cx::Cx;
use crate::oauth::error::Fault;
use crate::secret::Secret;
use crate::storage::StorageError;
use crate::storage::users::{self, UserRow};
use crate::time::Seconds;

/// What a password proves.
pub const PASSWORD: Proof = Proof {
    acr: crate::oauth::discovery::ACR_PASSWORD,
    amr: "pwd",
};

/// Nobody was signed in.
#[derive(Debug)]
pub enum Denied {
    /// Unknown address, wrong password, locked or disabled account.
    Incorrect,
    /// Too many attempts; the next one is possible after this.
    TooManyAttempts(Seconds),
    /// The hashing pool is full.
    Busy,
    /// The database fails, or the store that counts attempts.
    Fault(Fault),
}

impl From<StorageError> for Denied {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// Finds out who this is.
///
/// # Errors
/// See [`Denied`].
pub async fn with_password(cx: &Cx, username: &str, password: Secret) -> Result<UserRow, Denied> {
    let email = CanonicalEmail::parse(username).ok();
    let user = match &email {
        Some(email) => users::find_by_email(cx.app.db.read(), email.as_str()).await?,
        None => None,
    };
    let device = user.as_ref().and_then(|user| known_device::find(cx, user));
    let standing = lockout::Standing::load(cx, user.as_ref(), device.as_deref()).await?;
    let known = match (&user, &device) {
        // Counted apart: strangers do not use up the tries of a known device (AC-206).
        (Some(user), Some(device)) if standing.device_is_trusted() => Some(Key::device(&user.id, device)),
        _ => None,
    };
    let address = email.as_ref().map(Key::email);
    let keys = match known {
        Some(key) => vec![key],
        None => address.into_iter().chain([Key::ip(cx.ip)]).collect(),
    };
    // Counted before the password is looked at, so that parallel attempts get no more tries (AC-197).
    let attempt = cx
        .app
        .login_limit
        .reserve(&keys, cx.now)
        .await
        .map_err(|refused| match refused {
            Refused::TooMany(wait) => {
                count_failure(cx);
                Denied::TooManyAttempts(wait)
            }
            Refused::Fault(fault) => Denied::Fault(fault),
        })?;
    // Whoever is known is not kept waiting by an attack on everybody (AC-210).
    if known.is_none() && cx.app.failure_rate.is_high(cx.now) {
        tokio::time::sleep(cx.app.config.login.alert_delay.into()).await;
    }
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let verdict = cx.app.passwords.verify(password.clone(), stored).await;
    let Ok(verdict) = verdict else {
        attempt.refund().await; // nothing was looked at
        return Err(Denied::Busy);
    };
    let may = |user: &&UserRow| verdict.matches && user.disabled_at.is_none() && standing.is_open();
    let Some(found) = user.as_ref().filter(may) else {
        standing.failed(cx, user.as_ref()).await?;
        count_failure(cx);
        return Err(Denied::Incorrect);
    };
    // The counts of the device and of the address end, never that of the peer (AC-211).
    match known.or(address) {
        Some(key) => attempt.refund_and_reset(key).await,
        None => attempt.refund().await,
    }
    if let (Some(_), Some(address)) = (known, address) {
        cx.app.login_limit.reset(address).await;
    }
    standing.succeeded(cx, found).await?;
    if verdict.rehash {
        rehash(cx, found, password).await?;
    }
    tracing::info!(target: "audit", event = "password_accepted", user = found.id, request_id = %cx.request_id, "password right");
    Ok(found.clone())
}

/// Tells the operator, once a minute, when many fail.
fn count_failure(cx: &Cx) {
    if cx.app.failure_rate.is_reached(cx.now) {
        let failures = cx.app.config.login.alert_after;
        tracing::warn!(target: "audit", event = "many_failed_sign_ins", failures, request_id = %cx.request_id, "many sign-ins fail in this minute");
    }
}

/// The stored hash is weaker than today's parameters: replace it while the password is at hand.
async fn rehash(cx: &Cx, user: &UserRow, password: Secret) -> Result<(), Denied> {
    let old = user.password_hash.as_deref().unwrap_or_default();
    if let Ok(new) = cx.app.passwords.hash(password, &*cx.app.entropy).await {
        users::rehash(cx.app.db.write(), &user.id, old, &new).await?;
    }
    Ok(())
}
