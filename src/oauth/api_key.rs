//! API keys: opaque secrets of one owner for one resource, taken at `/auth/verify`, told about at `/introspect`,
//! exchanged at `/token` (RFC 8693). No other endpoint knows them. Tests: tests/it/api_keys/.

use super::client::Client;
use super::engine::scope::Scope;
use super::error::{ErrorCode, Failure, Fault, Refusal, Result};
use super::may_issue;
use super::scopes;
use crate::config::Config;
use crate::cx::Cx;
use crate::opaque::{Kind, Opaque};
use crate::storage::api_keys::{self, ApiKeyRow};
use crate::time::{Seconds, Timestamp};

/// RFC 8693 §3: our name for this type of token.
pub const TOKEN_TYPE: &str = "urn:keywright:token-type:api-key";

/// What a key begins with.
pub const PREFIX: &str = "kw_pat_";

/// The scopes about a person that their keys may carry: those whose claims resource servers get with a token. `openid`
/// and `offline_access` belong to a sign-in, which a key is not.
const ABOUT_PEOPLE: &[&str] = &["email", "roles", "groups"];

/// A use is written at most this often.
const PAUSE: Seconds = Seconds(60);

/// What the keys of an owner may carry and be for.
pub struct Grantable {
    /// Scope tokens.
    pub scope: Scope,
    /// Resources.
    pub resources: Vec<String>,
}

impl Grantable {
    /// For people, as the operator has configured it. The issuer stands for the apps behind a proxy of this server.
    pub fn to_people(config: &Config) -> Self {
        let words = ABOUT_PEOPLE.iter().copied();
        let words: Vec<&str> = words
            .chain(config.api_keys.scopes.iter().map(String::as_str))
            .filter(|word| ABOUT_PEOPLE.contains(word) || scopes::find(word).is_none())
            .collect();
        let mut resources = vec![config.public_url.as_str().to_owned()];
        resources.extend(config.api_keys.resources.iter().cloned());
        Self {
            scope: Scope::of(&words),
            resources,
        }
    }

    /// For a client, as it is registered. Without a user there is nobody that the scopes of OIDC could be about.
    pub fn to_client(client: &Client) -> Self {
        Self {
            scope: client.scope.filter(|word| scopes::find(word).is_none()),
            resources: client.metadata.resources.clone(),
        }
    }
}

/// A key that is good now.
pub struct Accepted {
    /// The key and its owner.
    pub row: ApiKeyRow,
    /// What is left of its scope today.
    pub scope: Scope,
}

/// Checks a key as it is presented: made here, known, unchanged, and still standing.
///
/// # Errors
/// `invalid_token`, one text for every reason; or a fault.
pub async fn accept(cx: &Cx, text: &str) -> Result<Accepted> {
    // The keyed checksum refuses what was made up, without a query (AC-176).
    let key = Opaque::parse(Kind::ApiKey, text, &cx.app.vault)
        .ok_or_else(|| refused("not a key of this server"))?;
    let row = api_keys::find(cx.app.db.read(), key.id()).await?;
    let row = row.filter(|row| key.matches(&row.digest, &cx.app.vault));
    standing(cx, row.ok_or_else(|| refused("unknown key"))?).await
}

/// The key that a token was made from, if it still stands.
///
/// # Errors
/// As [`accept`].
pub async fn of_token(cx: &Cx, id: &str) -> Result<Accepted> {
    let row = api_keys::find(cx.app.db.read(), id).await?;
    standing(cx, row.ok_or_else(|| refused("the key of the token is gone"))?).await
}

async fn standing(cx: &Cx, row: ApiKeyRow) -> Result<Accepted> {
    let grantable = match &row.client_id {
        None => Grantable::to_people(&cx.app.config),
        Some(id) => match cx.app.clients.find(&cx.app.db, id, cx.now).await? {
            Some(client) => Grantable::to_client(&client),
            None => return Err(refused("the client of the key is gone")),
        },
    };
    stands(&row, &grantable, cx.app.config.api_keys.idle, cx.now).map_err(refused)?;
    let scope = Scope::parse(&row.scope).map_err(|_| Fault::internal("stored scope of a key"))?;
    let scope = scope.filter(|word| grantable.scope.has(word));
    Ok(Accepted { row, scope })
}

/// Whether the key still stands; `grantable` is what its owner can give today, `idle` as it is configured. What was
/// taken from the owner since it was made is not given any more.
///
/// # Errors
/// Why not, for the log.
pub fn stands(
    row: &ApiKeyRow,
    grantable: &Grantable,
    idle: Seconds,
    now: Timestamp,
) -> Result<(), &'static str> {
    may_issue::key_honored(row, idle, now)?;
    if grantable.resources.contains(&row.resource) {
        Ok(())
    } else {
        Err("the resource was taken from the owner")
    }
}

/// Notes a use of the key. A resource server that asks about it does not use it from where its owner is.
///
/// # Errors
/// The database fails.
pub async fn used(cx: &Cx, row: &ApiKeyRow, by: Presenter) -> Result<(), Fault> {
    if row.last_used_at.is_some_and(|at| cx.now.0 - at < PAUSE.0) {
        return Ok(());
    }
    let ip = match by {
        Presenter::Holder => Some(cx.ip.to_string()),
        Presenter::ResourceServer => None,
    };
    api_keys::used(cx.app.db.write(), &row.id, ip.as_deref(), PAUSE, cx.now).await?;
    Ok(())
}

/// Who presents a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presenter {
    /// The program that has it, perhaps through a proxy.
    Holder,
    /// A resource server that was given it.
    ResourceServer,
}

fn refused(detail: &'static str) -> Failure {
    let description = "The API key is unknown, expired or revoked.";
    Refusal::new(ErrorCode::InvalidToken, description)
        .because(detail)
        .into()
}
