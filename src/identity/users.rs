//! Making users and setting their passwords; the command line and the set-up page both come through here.

use super::email::CanonicalEmail;
use super::password::{PasswordProblem, check_new};
use super::session::change_user;
use crate::app::App;
use crate::id;
use crate::oauth::error::Fault;
use crate::oauth::status::LONGEST_TOKEN;
use crate::secret::Secret;
use crate::storage::StorageError;
pub use crate::storage::users::UserRow;
use crate::storage::{password_failures, status, users};

/// The role of people who administer this server.
pub const ADMIN: &str = "admin";

/// A user to be made.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// E-mail address as typed.
    pub email: String,
    /// Whether the operator vouches for the address.
    pub email_verified: bool,
    /// OIDC Core §5.1 `name`.
    pub name: Option<String>,
    /// OIDC Core §5.1 `preferred_username`.
    pub preferred_username: Option<String>,
    /// Further standard claims.
    pub profile: serde_json::Map<String, serde_json::Value>,
    /// Role names.
    pub roles: Vec<String>,
    /// Group names.
    pub groups: Vec<String>,
}

/// Why a user was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Not an e-mail address.
    #[error("that is not an email address")]
    Email,
    /// The address belongs to a user already.
    #[error("there is a user with that email address already")]
    Taken,
    /// The password is not acceptable.
    #[error("{0}")]
    Password(PasswordProblem),
    /// The hashing pool is full, or the session store is away.
    #[error("the server is busy; try again in a few seconds")]
    Busy,
    /// There is no such user.
    #[error("there is no such user")]
    Unknown,
    /// The database fails.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<Fault> for UserError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Storage(error) => Self::Storage(error),
            fault => {
                tracing::error!(error = %fault, "the user was not changed: live sessions could not be told");
                Self::Busy
            }
        }
    }
}

/// The row of a new user, its password hashed; to be inserted where the caller's transaction is.
///
/// # Errors
/// The address or the password is not acceptable; the hashing pool is full.
pub async fn prepare(app: &App, new: NewUser, password: Secret) -> Result<UserRow, UserError> {
    let email = CanonicalEmail::parse(&new.email).map_err(|_| UserError::Email)?;
    let password_hash = hash(app, &email, password).await?;
    let now = app.clock.now();
    let json = |list: &[String]| serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned());
    Ok(UserRow {
        id: id::user(&*app.entropy),
        email: email.as_str().to_owned(),
        email_verified: new.email_verified,
        preferred_username: new.preferred_username,
        name: new.name,
        profile: serde_json::Value::Object(new.profile).to_string(),
        roles: json(&new.roles),
        groups: json(&new.groups),
        password_hash: Some(password_hash),
        credential_epoch: 0,
        disabled_at: None,
        created_at: now.0,
        updated_at: now.0,
    })
}

/// Adds a user.
///
/// # Errors
/// As [`prepare`]; the address is taken; the database fails.
pub async fn create(app: &App, new: NewUser, password: Secret) -> Result<UserRow, UserError> {
    let user = prepare(app, new, password).await?;
    match users::insert(app.db.write(), &user).await {
        Ok(()) => Ok(user),
        Err(error) if error.is_unique_violation() => Err(UserError::Taken),
        Err(error) => Err(error.into()),
    }
}

/// Sets a password, unlocks, and voids every session and token of the user.
///
/// # Errors
/// The password is not acceptable; there is no such user; the database fails.
pub async fn set_password(app: &App, user: &UserRow, password: Secret) -> Result<(), UserError> {
    let email = CanonicalEmail::parse(&user.email).map_err(|_| UserError::Email)?;
    let hash = hash(app, &email, password).await?;
    let changed = change_user(app, &user.id, async || {
        let mut tx = app.db.begin().await?;
        if !users::set_password(tx.sql(), &user.id, &hash, app.clock.now()).await? {
            return Ok(false);
        }
        password_failures::unlock(tx.sql(), &user.id).await?;
        tx.commit().await?;
        Ok::<_, UserError>(true)
    })
    .await?;
    if changed { Ok(()) } else { Err(UserError::Unknown) }
}

/// Removes a user with all sessions, consents and grants.
///
/// # Errors
/// The database fails, or the live sessions cannot be told.
pub async fn remove(app: &App, user_id: &str) -> Result<(), UserError> {
    change_user(app, user_id, async || {
        let mut tx = app.db.begin().await?;
        // Resource servers hear of it as of any other end, though the grants are gone.
        status::keep_user(tx.sql(), user_id, app.clock.now() + LONGEST_TOKEN).await?;
        users::delete(tx.sql(), user_id).await?;
        tx.commit().await?;
        Ok::<_, UserError>(())
    })
    .await
}

pub(super) async fn hash(app: &App, email: &CanonicalEmail, password: Secret) -> Result<String, UserError> {
    let min_length = usize::try_from(app.config.passwords.min_length).unwrap_or(usize::MAX);
    check_new(password.expose(), min_length, Some(email)).map_err(UserError::Password)?;
    if app
        .blocklist
        .as_ref()
        .is_some_and(|list| list.contains(password.expose()))
    {
        return Err(UserError::Password(PasswordProblem::Common));
    }
    app.passwords
        .hash(password, &*app.entropy)
        .await
        .map_err(|_| UserError::Busy)
}
