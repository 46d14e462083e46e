//! What people prove beside a password: authenticator app and recovery codes; and for whom that is a must.
//! Single use is one conditional `UPDATE`.

use super::{Result, Sql, Tx};
use crate::time::Timestamp;

row! {
    /// A row of `authenticator_apps`.
    #[derive(Clone)]
    pub struct AppRow {
        /// The shared secret, sealed.
        pub secret: Vec<u8>,
        /// The last time step of which a code was accepted (RFC 6238 §5.2).
        pub last_step: i64,
        /// When it was set up.
        pub created_at: i64,
    }
}

row! {
    /// What a user has, counted in one statement.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Held {
        /// Whether there is an authenticator app.
        pub app: bool,
        /// The number of passkeys.
        pub passkeys: i64,
        /// The number of recovery codes that are not used yet.
        pub recovery_codes: i64,
        /// Whether a password alone is not enough for this user.
        pub required: bool,
        /// Whether the password is too short to do without a second factor.
        pub short_password: bool,
    }
}

impl Held {
    /// Whether a password alone does not sign this user in.
    pub fn any(&self) -> bool {
        self.app || self.passkeys > 0
    }
}

/// What the user has.
///
/// # Errors
/// The database fails.
pub async fn held(at: Sql<'_>, user_id: &str) -> Result<Held> {
    fetch_one!(
        at => Held,
        "SELECT EXISTS (SELECT 1 FROM authenticator_apps a WHERE a.user_id = $1) AS app,
           (SELECT count(*) FROM passkeys p WHERE p.user_id = $1) AS passkeys,
           (SELECT count(*) FROM recovery_codes r WHERE r.user_id = $1 AND r.spent_at IS NULL) AS recovery_codes,
           EXISTS (SELECT 1 FROM mfa_required m WHERE m.user_id = $1) AS required,
           EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.short_password) AS short_password",
        user_id,
    )
}

/// The authenticator app of the user.
///
/// # Errors
/// The database fails.
pub async fn app(at: Sql<'_>, user_id: &str) -> Result<Option<AppRow>> {
    fetch_optional!(
        at => AppRow,
        "SELECT secret, last_step, created_at FROM authenticator_apps WHERE user_id = $1",
        user_id,
    )
}

/// Sets up the authenticator app in place of any earlier one. `step` is that of the code which confirmed it.
///
/// # Errors
/// The database fails.
pub async fn set_app(at: Sql<'_>, user_id: &str, secret: &[u8], step: i64, now: Timestamp) -> Result<()> {
    execute!(
        at,
        "INSERT INTO authenticator_apps (user_id, secret, last_step, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE
           SET secret = excluded.secret, last_step = excluded.last_step, created_at = excluded.created_at",
        user_id,
        secret,
        step,
        now.0,
    )?;
    Ok(())
}

/// Accepts a code of `step`, once; `false` if one of this step or a later one was accepted before.
///
/// # Errors
/// The database fails.
pub async fn advance_app(at: Sql<'_>, user_id: &str, step: i64) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE authenticator_apps SET last_step = $2 WHERE user_id = $1 AND last_step < $2",
        user_id,
        step,
    )?;
    Ok(changed == 1)
}

/// Removes the authenticator app.
///
/// # Errors
/// The database fails.
pub async fn remove_app(at: Sql<'_>, user_id: &str) -> Result<bool> {
    let changed = execute!(at, "DELETE FROM authenticator_apps WHERE user_id = $1", user_id)?;
    Ok(changed == 1)
}

/// Replaces all recovery codes of the user.
///
/// # Errors
/// The database fails.
pub async fn replace_recovery_codes(
    tx: &mut Tx,
    user_id: &str,
    digests: &[Vec<u8>],
    now: Timestamp,
) -> Result<()> {
    execute!(tx.sql(), "DELETE FROM recovery_codes WHERE user_id = $1", user_id)?;
    for digest in digests {
        execute!(
            tx.sql(),
            "INSERT INTO recovery_codes (user_id, digest, created_at) VALUES ($1, $2, $3)",
            user_id,
            digest,
            now.0,
        )?;
    }
    Ok(())
}

/// Uses a recovery code up, once.
///
/// # Errors
/// The database fails.
pub async fn spend_recovery_code(at: Sql<'_>, user_id: &str, digest: &[u8], now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE recovery_codes SET spent_at = $3 WHERE user_id = $1 AND digest = $2 AND spent_at IS NULL",
        user_id,
        digest,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Says whether a password alone is enough for the user.
///
/// # Errors
/// The database fails.
pub async fn require(at: Sql<'_>, user_id: &str, since: Option<Timestamp>) -> Result<()> {
    match since {
        Some(since) => execute!(
            at,
            "INSERT INTO mfa_required (user_id, since) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING",
            user_id,
            since.0,
        )?,
        None => execute!(at, "DELETE FROM mfa_required WHERE user_id = $1", user_id)?,
    };
    Ok(())
}

/// Makes others who change the factors of this user wait until the transaction ends, so that two removals at once do
/// not each see the other's factor.
///
/// # Errors
/// The database fails.
pub async fn lock(tx: &mut Tx, user_id: &str) -> Result<()> {
    execute!(
        tx.sql(),
        "UPDATE users SET updated_at = updated_at WHERE id = $1",
        user_id
    )?;
    Ok(())
}
