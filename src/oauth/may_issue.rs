//! The one place that says whether a grant still stands. Every grant type, userinfo and introspection ask here,
//! so that no sibling path can forget a disabled user or an ended session.

use crate::storage::api_keys::ApiKeyRow;
use crate::storage::grants::Standing;
use crate::time::{Seconds, Timestamp};

/// Whether tokens of this grant are honored: not revoked, the user enabled, no credential changed since, and the
/// session alive unless the grant outlives it.
///
/// # Errors
/// Why not, for the log.
pub fn honored(standing: &Standing, now: Timestamp) -> Result<(), &'static str> {
    if standing.revoked_at.is_some() {
        return Err("the grant is revoked");
    }
    if standing.user_disabled_at.is_some() {
        return Err("the user is disabled");
    }
    if standing.credential_epoch != standing.user_epoch {
        return Err("the user's credentials have changed");
    }
    if !standing.offline && !session_is_alive(standing, now) {
        return Err("the session has ended");
    }
    Ok(())
}

/// Whether new tokens may be issued for this grant. A code or refresh token is asked about here before it is spent.
///
/// # Errors
/// Why not, for the log.
pub fn may_issue(standing: &Standing, now: Timestamp) -> Result<(), &'static str> {
    honored(standing, now)?;
    if standing.expires_at <= now.0 {
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
    if standing.session_id.is_some() && !session_is_alive(standing, now) {
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

fn session_is_alive(standing: &Standing, now: Timestamp) -> bool {
    standing.session_ended_at.is_none() && standing.session_expires_at.is_some_and(|end| end > now.0)
}
