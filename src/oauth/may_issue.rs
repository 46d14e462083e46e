//! The one place that says whether a grant still stands. Every grant type, userinfo and introspection ask here,
//! so that no sibling path can forget a disabled user or an ended session.

use crate::storage::api_keys::ApiKeyRow;
use crate::storage::grants::{RefreshStanding, Standing};
use crate::time::{Seconds, Timestamp};

/// What a grant stands on.
#[derive(Clone, Copy)]
pub struct Ground {
    revoked_at: Option<i64>,
    expires_at: i64,
    offline: bool,
    user_disabled_at: Option<i64>,
    /// When the grant was given, and now.
    epochs: (i64, i64),
    session_ended_at: Option<i64>,
    session_expires_at: Option<i64>,
}

macro_rules! ground_of {
    ($($row:ty),*) => {$(
        impl From<&$row> for Ground {
            fn from(row: &$row) -> Self {
                Self {
                    revoked_at: row.revoked_at,
                    expires_at: row.expires_at,
                    offline: row.offline,
                    user_disabled_at: row.user_disabled_at,
                    epochs: (row.user_epoch, row.credential_epoch),
                    session_ended_at: row.session_ended_at,
                    session_expires_at: row.session_expires_at,
                }
            }
        }
    )*};
}
ground_of!(Standing, RefreshStanding);

impl Ground {
    fn has_live_session(&self, now: Timestamp) -> bool {
        self.session_ended_at.is_none() && self.session_expires_at.is_some_and(|end| end > now.0)
    }
}

/// Whether tokens of this grant are honored: not revoked, the user enabled, no credential changed since, and the
/// session alive unless the grant outlives it.
///
/// # Errors
/// Why not, for the log.
pub fn honored(grant: impl Into<Ground>, now: Timestamp) -> Result<(), &'static str> {
    let ground = grant.into();
    if ground.revoked_at.is_some() {
        return Err("the grant is revoked");
    }
    if ground.user_disabled_at.is_some() {
        return Err("the user is disabled");
    }
    if ground.epochs.0 != ground.epochs.1 {
        return Err("the user's credentials have changed");
    }
    if !ground.offline && !ground.has_live_session(now) {
        return Err("the session has ended");
    }
    Ok(())
}

/// Whether new tokens may be issued for this grant. A code or refresh token is asked about here before it is spent.
///
/// # Errors
/// Why not, for the log.
pub fn may_issue(grant: impl Into<Ground>, now: Timestamp) -> Result<(), &'static str> {
    let ground = grant.into();
    honored(ground, now)?;
    if ground.expires_at <= now.0 {
        return Err("the grant has reached its absolute end");
    }
    Ok(())
}

/// Whether the code may be redeemed: signing out between consent and redemption stops even an offline grant, and a lock
/// stops what was not redeemed before it. What a session gives after the lock goes on (design.md D3).
///
/// # Errors
/// Why not, for the log.
pub fn may_redeem(standing: &Standing, now: Timestamp) -> Result<(), &'static str> {
    may_issue(standing, now)?;
    not_locked_since(standing, standing.created_at)?;
    if standing.session_id.is_some() && !Ground::from(standing).has_live_session(now) {
        return Err("the session has ended");
    }
    Ok(())
}

/// Whether the account was not locked after `asked`, when what is to be redeemed began.
///
/// # Errors
/// Why not, for the log.
pub fn not_locked_since(standing: &Standing, asked: i64) -> Result<(), &'static str> {
    match standing.user_locked_at {
        Some(locked) if locked >= asked => Err("the account was locked meanwhile"),
        _ => Ok(()),
    }
}

/// Whether an API key is honored, by itself and for a token in exchange: not expired, used within `idle`, its owner
/// enabled, and never disabled since it was made. A new password leaves keys as they are: no program uses it.
///
/// # Errors
/// Why not, for the log.
pub fn key_honored(key: &ApiKeyRow, idle: Seconds, now: Timestamp) -> Result<(), &'static str> {
    if key.expires_at <= now.0 {
        return Err("the key has expired");
    }
    if key.owner_disabled_at.is_some() {
        return Err("the owner of the key is disabled");
    }
    if key.user_disablings != key.disablings {
        return Err("the user was disabled since the key was made");
    }
    let last_used = Timestamp(key.last_used_at.unwrap_or(key.created_at));
    if last_used + idle <= now {
        return Err("the key was not used for too long");
    }
    Ok(())
}
