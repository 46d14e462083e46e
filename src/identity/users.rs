//! Making users and setting their passwords; the command line and the set-up page both come through here.

use super::email::CanonicalEmail;
use super::event::{About, Actor, Event, Journal};
use super::notice;
use super::password::{Context, PasswordProblem, check_new, length};
use super::session::change_user;
use crate::app::App;
use crate::id;
use crate::mail::Notice;
use crate::oauth::error::Fault;
use crate::oauth::status::LONGEST_TOKEN;
use crate::secret::Secret;
use crate::storage::StorageError;
pub use crate::storage::users::UserRow;
use crate::storage::{device_codes, events, factors, password_failures, status, users};
use crate::time::Seconds;

/// Changes of a password by its user in a day. Each voids the links of mails, so whoever knows a stolen password could
/// otherwise keep its owner from resetting it.
const CHANGES: (i64, Seconds) = (5, Seconds(86_400));

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
    /// The password was changed too often today.
    #[error("your password was changed {} times within a day; wait before you change it again", CHANGES.0)]
    TooOften,
    /// The hashing pool is full, or the session store is away.
    #[error("the server is busy; try again in a few seconds")]
    Busy,
    /// There is no such user any more, or its credentials are not those that the caller has seen.
    #[error("the account was changed meanwhile; look at it again")]
    Changed,
    /// Nobody could administer the server any more.
    #[error("this is the last administrator; make somebody else one first")]
    LastAdministrator,
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
    let context = Context {
        email: Some(&email),
        name: new.name.as_deref(),
    };
    let password_hash = hash(app, context, app.config.passwords.min_length, password)
        .await?
        .hash;
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
    let mut journal = Journal::begin(Actor::operator(app)).await?;
    match users::insert(journal.sql(), &user).await {
        Ok(()) => {}
        Err(error) if error.is_unique_violation() => return Err(UserError::Taken),
        Err(error) => return Err(error.into()),
    }
    journal.note(Event::Created, About::user(&user.id)).await?;
    journal.commit().await?;
    Ok(user)
}

/// Sets a password, unlocks, voids every session and token of the user, and tells the user. Gives the new credential epoch.
///
/// # Errors
/// The password is not acceptable; the credentials have changed since `user` was loaded; the database fails.
pub async fn set_password(actor: Actor<'_>, user: &UserRow, password: Secret) -> Result<i64, UserError> {
    let (app, now) = (actor.app, actor.now);
    let new = hash_for(app, user, password).await?;
    let changed = change_user(app, &user.id, async || {
        let mut journal = Journal::begin(actor).await?;
        // Hashing takes its time: a reset by mail that came first stays.
        if !users::set_password(journal.sql(), &user.id, user.credential_epoch, &new.hash, now).await? {
            return Ok(false);
        }
        // The row of the user is held by now, so that changes at one time are counted one after the other.
        let name = Event::PasswordChanged.wire();
        let today = events::count_since(journal.sql(), &user.id, name, now - CHANGES.1).await?;
        if actor.cx.is_some() && today >= CHANGES.0 {
            return Err(UserError::TooOften);
        }
        note_length(&mut journal, &user.id, &new).await?;
        password_failures::unlock(journal.sql(), &user.id).await?;
        journal
            .note(Event::PasswordChanged, About::user(&user.id))
            .await?;
        notice::send(&mut journal, Notice::PasswordChanged, user).await?;
        journal.commit().await?;
        Ok::<_, UserError>(true)
    })
    .await?;
    if changed {
        Ok(user.credential_epoch + 1)
    } else {
        Err(UserError::Changed)
    }
}

/// Removes a user with all that is theirs, and tells them. Only the operator removes the last administrator.
///
/// # Errors
/// It is the last administrator; the database fails, or the live sessions cannot be told.
pub async fn remove(actor: Actor<'_>, user: &UserRow) -> Result<(), UserError> {
    change_user(actor.app, &user.id, async || {
        let mut journal = Journal::begin(actor).await?;
        if actor.cx.is_some() && is_administrator(user) {
            users::lock_role(journal.tx(), ADMIN).await?;
            if !users::other_with_role(journal.sql(), ADMIN, &user.id).await? {
                return Err(UserError::LastAdministrator);
            }
        }
        // Resource servers hear of it as of any other end, though the grants are gone.
        status::keep_user(journal.sql(), &user.id, actor.now + LONGEST_TOKEN).await?;
        if users::delete(journal.sql(), &user.id).await? {
            // What names the user without a foreign key.
            device_codes::delete_of_user(journal.sql(), &user.id).await?;
            password_failures::delete_of_user(journal.sql(), &user.id).await?;
            let about = About {
                sub: Some(&user.id),
                ..About::default()
            };
            journal.note(Event::Deleted, about).await?;
            notice::send(&mut journal, Notice::AccountDeleted, user).await?;
        }
        journal.commit().await?;
        Ok(())
    })
    .await
}

/// Whether the user administers this server.
pub fn is_administrator(user: &UserRow) -> bool {
    let roles: Vec<String> = serde_json::from_str(&user.roles).unwrap_or_default();
    roles.iter().any(|role| role == ADMIN)
}

/// What is stored of a new password.
pub(super) struct NewPassword {
    pub(super) hash: String,
    characters: usize,
}

/// Checks and hashes a new password of an account. With a second factor it may be shorter (SP 800-63B-4 §3.1.1.2).
pub(super) async fn hash_for(app: &App, user: &UserRow, password: Secret) -> Result<NewPassword, UserError> {
    let email = CanonicalEmail::parse(&user.email).map_err(|_| UserError::Email)?;
    let context = Context {
        email: Some(&email),
        name: user.name.as_deref(),
    };
    let held = factors::held(app.db.read(), &user.id).await?;
    hash(app, context, min_length(app, &held), password).await
}

/// The least length of a password, in characters, for an account that has these factors.
pub fn min_length(app: &App, held: &factors::Held) -> u32 {
    let rules = &app.config.passwords;
    if held.any() {
        rules.min_length_with_mfa
    } else {
        rules.min_length
    }
}

/// Notes whether the password does only together with a second factor; whoever removes the last one meanwhile waits.
pub(super) async fn note_length(
    journal: &mut Journal<'_>,
    user_id: &str,
    new: &NewPassword,
) -> Result<(), UserError> {
    let app = journal.actor.app;
    factors::lock(journal.tx(), user_id).await?;
    let held = factors::held(journal.sql(), user_id).await?;
    let least = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    if new.characters < least(min_length(app, &held)) {
        let problem = PasswordProblem::TooShort(least(min_length(app, &held)));
        return Err(UserError::Password(problem));
    }
    let short = new.characters < least(app.config.passwords.min_length);
    users::set_short_password(journal.sql(), user_id, short).await?;
    Ok(())
}

async fn hash(
    app: &App,
    context: Context<'_>,
    least: u32,
    password: Secret,
) -> Result<NewPassword, UserError> {
    let least = usize::try_from(least).unwrap_or(usize::MAX);
    check_new(password.expose(), least, context).map_err(UserError::Password)?;
    if app
        .blocklist
        .as_ref()
        .is_some_and(|list| list.contains(password.expose()))
    {
        return Err(UserError::Password(PasswordProblem::Common));
    }
    let characters = length(password.expose());
    let hash = app
        .passwords
        .hash(password, &*app.entropy)
        .await
        .map_err(|_| UserError::Busy)?;
    Ok(NewPassword { hash, characters })
}
