//! People who sign in.

use super::{Result, Sql, Tx};
use crate::time::Timestamp;
use std::fmt;

row! {
    /// A row of `users`.
    #[derive(Clone, PartialEq, Eq)]
    pub struct UserRow {
        /// The `sub` of the user's tokens.
        pub id: String,
        /// Canonical e-mail address; unique.
        pub email: String,
        /// Whether the address was shown to belong to the user.
        pub email_verified: bool,
        /// OIDC Core §5.1 `preferred_username`.
        pub preferred_username: Option<String>,
        /// OIDC Core §5.1 `name`.
        pub name: Option<String>,
        /// JSON object of further standard claims (OIDC Core §5.1).
        pub profile: String,
        /// JSON array of role names.
        pub roles: String,
        /// JSON array of group names.
        pub groups: String,
        /// PHC string; `None` for a user without a password.
        pub password_hash: Option<String>,
        /// Counts credential changes; grants and sessions of an earlier epoch are void.
        pub credential_epoch: i64,
        /// Since when the user may not do anything.
        pub disabled_at: Option<i64>,
        /// When the row was made.
        pub created_at: i64,
        /// When the row was last changed.
        pub updated_at: i64,
    }
}

/// Without the password hash and what is personal.
impl fmt::Debug for UserRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRow")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Adds a user.
///
/// # Errors
/// The e-mail address is taken (`is_unique_violation`), or the database fails.
pub async fn insert(at: Sql<'_>, user: &UserRow) -> Result<()> {
    execute!(
        at,
        "INSERT INTO users (id, email, email_verified, preferred_username, name, profile, roles, groups,
           password_hash, credential_epoch, disabled_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &user.id,
        &user.email,
        user.email_verified,
        &user.preferred_username,
        &user.name,
        &user.profile,
        &user.roles,
        &user.groups,
        &user.password_hash,
        user.credential_epoch,
        user.disabled_at,
        user.created_at,
        user.updated_at,
    )?;
    Ok(())
}

/// The user with this identifier.
///
/// # Errors
/// The database fails.
pub async fn find(at: Sql<'_>, id: &str) -> Result<Option<UserRow>> {
    fetch_optional!(
        at => UserRow,
        "SELECT id, email, email_verified, preferred_username, name, profile, roles, groups, password_hash,
           credential_epoch, disabled_at, created_at, updated_at
         FROM users WHERE id = $1",
        id,
    )
}

/// The user with this canonical e-mail address.
///
/// # Errors
/// The database fails.
pub async fn find_by_email(at: Sql<'_>, email: &str) -> Result<Option<UserRow>> {
    fetch_optional!(
        at => UserRow,
        "SELECT id, email, email_verified, preferred_username, name, profile, roles, groups, password_hash,
           credential_epoch, disabled_at, created_at, updated_at
         FROM users WHERE email = $1",
        email,
    )
}

/// Users in order of e-mail address, after `after`, at most `limit`.
///
/// # Errors
/// The database fails.
pub async fn list(at: Sql<'_>, after: &str, limit: i64) -> Result<Vec<UserRow>> {
    fetch_all!(
        at => UserRow,
        "SELECT id, email, email_verified, preferred_username, name, profile, roles, groups, password_hash,
           credential_epoch, disabled_at, created_at, updated_at
         FROM users WHERE email > $1 ORDER BY email LIMIT $2",
        after,
        limit,
    )
}

/// Whether a user with `role` exists, for roles without JSON meta characters.
///
/// # Errors
/// The database fails.
pub async fn any_with_role(at: Sql<'_>, role: &str) -> Result<bool> {
    let pattern = format!("%\"{role}\"%");
    let found =
        fetch_optional!(at => (String,), "SELECT id FROM users WHERE roles LIKE $1 LIMIT 1", pattern)?;
    Ok(found.is_some())
}

/// Sets the password hash of a user whose credentials have not changed since `epoch`, and voids everything issued before
/// (the credential epoch moves on by one).
///
/// # Errors
/// The database fails.
pub async fn set_password(at: Sql<'_>, id: &str, epoch: i64, hash: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE users SET password_hash = $3, credential_epoch = credential_epoch + 1, updated_at = $4
         WHERE id = $1 AND credential_epoch = $2",
        id,
        epoch,
        hash,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Sets the password hash of an enabled user whose credentials have not changed since `epoch`, moves the epoch on, and
/// notes that the address is the user's.
///
/// # Errors
/// The database fails.
pub async fn reset_password(at: Sql<'_>, id: &str, epoch: i64, hash: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE users SET password_hash = $3, credential_epoch = credential_epoch + 1, email_verified = TRUE,
           updated_at = $4
         WHERE id = $1 AND credential_epoch = $2 AND disabled_at IS NULL",
        id,
        epoch,
        hash,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Notes that the address is that of an enabled user whose credentials have not changed since `epoch`.
///
/// # Errors
/// The database fails.
pub async fn set_email_verified(
    at: Sql<'_>,
    id: &str,
    epoch: i64,
    email: &str,
    now: Timestamp,
) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE users SET email_verified = TRUE, updated_at = $4
         WHERE id = $1 AND credential_epoch = $2 AND email = $3 AND disabled_at IS NULL",
        id,
        epoch,
        email,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Notes whether the password is shorter than one that has to do without a second factor.
///
/// # Errors
/// The database fails.
pub async fn set_short_password(at: Sql<'_>, id: &str, short: bool) -> Result<()> {
    execute!(
        at,
        "UPDATE users SET short_password = $2 WHERE id = $1",
        id,
        short
    )?;
    Ok(())
}

/// Changes the address of an enabled user whose address and credentials are those of before, notes that it is the
/// user's, and voids everything issued before (the credential epoch moves on).
///
/// # Errors
/// The new address is taken (`is_unique_violation`), or the database fails.
pub async fn change_email(
    at: Sql<'_>,
    id: &str,
    (epoch, old): (i64, &str),
    new: &str,
    now: Timestamp,
) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE users SET email = $4, email_verified = TRUE, credential_epoch = credential_epoch + 1, updated_at = $5
         WHERE id = $1 AND credential_epoch = $2 AND email = $3 AND disabled_at IS NULL",
        id,
        epoch,
        old,
        new,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Gives an enabled user an address back, whatever it is now, and voids everything issued before.
///
/// # Errors
/// The address is taken (`is_unique_violation`), or the database fails.
pub async fn restore_email(at: Sql<'_>, id: &str, email: &str, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE users SET email = $2, email_verified = TRUE, credential_epoch = credential_epoch + 1, updated_at = $3
         WHERE id = $1 AND disabled_at IS NULL",
        id,
        email,
        now.0,
    )?;
    Ok(changed == 1)
}

/// Replaces the hash of an unchanged password by one with current parameters.
///
/// # Errors
/// The database fails.
pub async fn rehash(at: Sql<'_>, id: &str, old: &str, new: &str) -> Result<()> {
    execute!(
        at,
        "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        id,
        old,
        new
    )?;
    Ok(())
}

/// Disables the user since `since`, or enables with `None`. Disabling voids everything issued before (the credential
/// epoch moves on, and the count that API keys go by): enabling brings no old session, token or key back.
///
/// # Errors
/// The database fails.
pub async fn set_disabled(at: Sql<'_>, id: &str, since: Option<Timestamp>, now: Timestamp) -> Result<bool> {
    let since = since.map(|instant| instant.0);
    let changed = execute!(
        at,
        "UPDATE users SET disabled_at = $2, updated_at = $3,
           credential_epoch = credential_epoch + CASE WHEN CAST($2 AS BIGINT) IS NULL THEN 0 ELSE 1 END,
           disablings = disablings + CASE WHEN CAST($2 AS BIGINT) IS NULL THEN 0 ELSE 1 END
         WHERE id = $1",
        id,
        since,
        now.0
    )?;
    Ok(changed == 1)
}

/// Makes others who count the holders of a role wait until the transaction ends.
///
/// # Errors
/// The database fails.
pub async fn lock_role(tx: &mut Tx, role: &str) -> Result<()> {
    let pattern = format!("%\"{role}\"%");
    // In order, so that of two who wait for each other there are none.
    let holders =
        fetch_all!(tx.sql() => (String,), "SELECT id FROM users WHERE roles LIKE $1 ORDER BY id", pattern)?;
    for (id,) in holders {
        execute!(
            tx.sql(),
            "UPDATE users SET updated_at = updated_at WHERE id = $1",
            id
        )?;
    }
    Ok(())
}

/// Whether an enabled user other than `id` has `role`, for roles without JSON meta characters.
///
/// # Errors
/// The database fails.
pub async fn other_with_role(at: Sql<'_>, role: &str, id: &str) -> Result<bool> {
    let pattern = format!("%\"{role}\"%");
    let found = fetch_optional!(
        at => (String,),
        "SELECT id FROM users WHERE roles LIKE $1 AND id <> $2 AND disabled_at IS NULL LIMIT 1",
        pattern,
        id,
    )?;
    Ok(found.is_some())
}

/// Removes the user with all that is theirs: sessions, consents, grants, factors, links, events.
///
/// # Errors
/// The database fails.
pub async fn delete(at: Sql<'_>, id: &str) -> Result<bool> {
    Ok(execute!(at, "DELETE FROM users WHERE id = $1", id)? == 1)
}

/// Sets what the user may say about themselves; `false` if somebody else has the username, in whatever case.
///
/// # Errors
/// The database fails.
pub async fn set_profile(
    at: Sql<'_>,
    id: &str,
    name: Option<&str>,
    preferred_username: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE users SET name = $2, preferred_username = $3, updated_at = $4
         WHERE id = $1 AND (lower(preferred_username) = lower($3) OR NOT EXISTS
           (SELECT 1 FROM users o WHERE lower(o.preferred_username) = lower($3) AND o.id <> $1))",
        id,
        name,
        preferred_username,
        now.0,
    )?;
    Ok(changed == 1)
}
