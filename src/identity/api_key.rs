//! Making and removing API keys; the account's page and the command line both come through here. A key is shown once.
//! Tests: tests/it/account/api_keys.rs, tests/it/cli/api_keys.rs.

use crate::app::App;
use crate::id;
use crate::oauth::Scope;
use crate::oauth::api_key::Grantable;
use crate::opaque::{Kind, Opaque};
use crate::storage::StorageError;
use crate::storage::api_keys::{self, NewApiKey};
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

/// Makes a key; what is returned is shown once. `grantable` is what keys of this owner may carry.
///
/// # Errors
/// It asks for more than the owner can give; the database fails. Then nothing is stored.
pub async fn create(
    app: &App,
    new: &NewKey<'_>,
    grantable: &Grantable,
    now: Timestamp,
) -> Result<Opaque, KeyError> {
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
    let db = app.db.write();
    let inserted = match new.owner {
        Owner::User(user) => api_keys::insert_of_user(db, user, &row, MOST).await?,
        Owner::Client(client) => api_keys::insert_of_client(db, client, &row, MOST).await?,
    };
    if inserted { Ok(key) } else { Err(KeyError::Owner) }
}
