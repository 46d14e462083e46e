//! The one place that says whether a grant still stands. Every grant type, userinfo and introspection ask here,
//! so that no sibling path can forget a disabled user or an ended session.

use crate::storage::api_keys::ApiKeyRow;
use crate::storage::grants::{CodeStanding, Ground};
use crate::time::{Seconds, Timestamp};

fn has_live_session(ground: &Ground, now: Timestamp) -> bool {
    ground.session_ended_at.is_none() && ground.session_expires_at.is_some_and(|end| end > now.0)
}

/// Whether tokens of this grant are honored: not revoked, the user enabled, no credential changed since, and the
/// session alive unless the grant outlives it.
///
/// # Errors
/// Why not, for the log.
pub fn honored(ground: &Ground, now: Timestamp) -> Result<(), &'static str> {
    if ground.revoked_at.is_some() {
        return Err("the grant is revoked");
    }
    if ground.user_disabled_at.is_some() {
        return Err("the user is disabled");
    }
    if ground.user_epoch != ground.credential_epoch {
        return Err("the user's credentials have changed");
    }
    if !ground.offline && !has_live_session(ground, now) {
        return Err("the session has ended");
    }
    Ok(())
}

/// Whether new tokens may be issued for this grant. A code or refresh token is asked about here before it is spent.
///
/// # Errors
/// Why not, for the log.
pub fn may_issue(ground: &Ground, now: Timestamp) -> Result<(), &'static str> {
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
pub fn may_redeem(code: &CodeStanding, now: Timestamp) -> Result<(), &'static str> {
    let standing = &code.standing;
    may_issue(&standing.ground, now)?;
    not_locked_since(code.user_locked_at, standing.created_at)?;
    if standing.session_id.is_some() && !has_live_session(&standing.ground, now) {
        return Err("the session has ended");
    }
    Ok(())
}

/// Whether the account was not locked after `asked`, when what is to be redeemed began; `locked_at` is when it was locked.
///
/// # Errors
/// Why not, for the log.
pub fn not_locked_since(locked_at: Option<i64>, asked: i64) -> Result<(), &'static str> {
    match locked_at {
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
