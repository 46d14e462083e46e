//! Making and revoking API keys; the account's pages, the command line and `/revoke` all come through here. A key is shown
//! once. Tests: tests/it/account/api_keys.rs, tests/it/cli/api_keys.rs.

use super::event::{About, Actor, Event, Journal};
use super::notice::{self, Notice};
use crate::id;
use crate::oauth::Scope;
use crate::oauth::api_key::Grantable;
use crate::opaque::{Kind, Opaque};
use crate::storage::StorageError;
use crate::storage::api_keys::{self, ApiKeyRow, NewApiKey};
use crate::storage::{factors, users};
use crate::time::{Seconds, Timestamp};

/// Keys of one owner.
const MOST: i64 = 50;
/// Longest name, characters.
pub const MAX_NAME: usize = 50;

/// Whose key it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// A user identifier.
    User(&'a str),
    /// A client identifier.
    Client(&'a str),
}

impl<'a> Owner<'a> {
    /// The owner of this key.
    pub fn of(row: &'a ApiKeyRow) -> Self {
        match &row.user_id {
            Some(user) => Self::User(user),
            None => Self::Client(row.owner()),
        }
    }

    fn id(self) -> &'a str {
        let (Self::User(id) | Self::Client(id)) = self;
        id
    }

    fn about(self, key: &'a str) -> About<'a> {
        let (user, client) = match self {
            Self::User(id) => (Some(id), None),
            Self::Client(id) => (None, Some(id)),
        };
        About {
            user,
            client,
            key: Some(key),
            ..About::default()
        }
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    /// Whose it is.
    pub owner: Owner<'a>,
    /// So that the owner recognizes it.
    pub name: &'a str,
    /// What it may do, separated by spaces.
    pub scope: &'a str,
    /// What it is for.
    pub resource: &'a str,
    /// How long it is good.
    pub lifetime: Seconds,
}

/// Why a key was not made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The name is empty or too long.
    #[error("give it a name of 1 to {MAX_NAME} characters")]
    Name,
    /// A scope that the owner cannot give.
    #[error("{0:?} is not a scope that a key of this owner can have")]
    Scope(String),
    /// A resource that the owner cannot name.
    #[error("{0:?} is not a resource that a key of this owner can be for")]
    Resource(String),
    /// Too short, or longer than the operator allows.
    #[error("it can be good for 1 minute to {0}")]
    Lifetime(Seconds),
    /// There are too many, or the owner is gone or disabled.
    #[error("the owner is disabled or has {MOST} keys already")]
    Owner,
    /// The database fails.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Makes a key, and tells the user whose it is; what is returned is shown once. `grantable` is what keys of this owner
/// may carry.
///
/// # Errors
/// It asks for more than the owner can give; the database fails. Then nothing is stored.
pub async fn create(actor: Actor<'_>, new: &NewKey<'_>, grantable: &Grantable) -> Result<Opaque, KeyError> {
    let Actor { app, now, .. } = actor;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(KeyError::Name);
    }
    let scope = Scope::parse(new.scope).map_err(|_| KeyError::Scope(new.scope.to_owned()))?;
    if let Some(word) = scope.tokens().iter().find(|word| !grantable.scope.has(word)) {
        return Err(KeyError::Scope((*word).to_owned()));
    }
    if !grantable
        .resources
        .iter()
        .any(|resource| resource == new.resource)
    {
        return Err(KeyError::Resource(new.resource.to_owned()));
    }
    let most = app.config.api_keys.max_lifetime;
    if new.lifetime < Seconds(60) || new.lifetime > most {
        return Err(KeyError::Lifetime(most));
    }
    let id = id::row(&*app.entropy, now);
    let key = Opaque::mint(Kind::ApiKey, &id, &*app.entropy, &app.vault);
    let row = NewApiKey {
        id: &id,
        digest: &key.digest(&app.vault),
        name,
        scope: &scope.to_string(),
        resource: new.resource,
        created_at: now,
        expires_at: now + new.lifetime,
    };
    let mut journal = Journal::begin(actor).await?;
    if let Owner::User(user) = new.owner {
        factors::lock(journal.tx(), user).await?; // or several at once could be one too many
    }
    let inserted = match new.owner {
        Owner::User(user) => api_keys::insert_of_user(journal.sql(), user, &row, MOST).await?,
        Owner::Client(client) => api_keys::insert_of_client(journal.sql(), client, &row, MOST).await?,
    };
    if !inserted {
        return Err(KeyError::Owner);
    }
    journal.note(Event::ApiKeyCreated, new.owner.about(&id)).await?;
    if let Owner::User(user) = new.owner
        && let Some(user) = users::find(journal.sql(), user).await?
    {
        notice::send(&mut journal, Notice::ApiKeyCreated, &user).await?;
    }
    journal.commit().await?;
    Ok(key)
}

/// Revokes the keys of a user that were made at this time or later.
///
/// # Errors
/// The database fails.
pub(super) async fn revoke_since(
    journal: &mut Journal<'_>,
    user: &str,
    since: Timestamp,
) -> Result<(), StorageError> {
    for key in api_keys::of_owner(journal.sql(), user).await? {
        if key.created_at >= since.0 && api_keys::remove_of_owner(journal.sql(), user, &key.id).await? {
            journal
                .note(Event::ApiKeyRevoked, Owner::User(user).about(&key.id))
                .await?;
        }
    }
    Ok(())
}

/// Revokes a key, with its next use; `false` if this owner has none with this identifier.
///
/// # Errors
/// The database fails; then the key is as good as before.
pub async fn revoke(actor: Actor<'_>, owner: Owner<'_>, id: &str) -> Result<bool, StorageError> {
    let mut journal = Journal::begin(actor).await?;
    if !api_keys::remove_of_owner(journal.sql(), owner.id(), id).await? {
        return Ok(false);
    }
    journal.note(Event::ApiKeyRevoked, owner.about(id)).await?;
    journal.commit().await?;
    Ok(true)
}
