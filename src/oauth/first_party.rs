//! Sign-in by JSON for first-party apps (`/auth/*`): the same grants, tokens and rotation as at the token endpoint,
//! for a client of our own. Tests: tests/it/auth/.

use super::client::{Client, Metadata};
use super::deny;
use super::error::{ErrorCode, Failure, Fault, Refusal, Result};
use super::may_issue;
use super::params::Params;
use super::token::authorization::{Authorization, Source};
use super::token::fresh::{self, Fresh};
use super::token::sender::Sender;
use super::token::{grants as grant_types, issue};
use super::tokens::access_token;
use super::tokens::claims;
use crate::cx::Cx;
use crate::id;
use crate::identity::session::Proof;
use crate::jose::TYP_ACCESS_TOKEN;
use crate::opaque::{Kind, Opaque};
use crate::storage::clients::{self, ClientRow};
use crate::storage::grants;
use crate::storage::users::UserRow;
use crate::time::Seconds;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The client that these tokens are for. It has no grant type, so the token endpoint knows nothing of it.
pub const CLIENT_ID: &str = "keywright-api";

/// What an app gets: the access token to keep in memory, the refresh token for the cookie.
pub struct Tokens {
    /// For the `Authorization` header.
    pub access_token: String,
    /// Its lifetime in seconds.
    pub expires_in: i64,
    /// For the cookie only.
    pub refresh_token: String,
    /// How long the cookie is good for.
    pub refresh_expires_in: Seconds,
}

/// The client, added at the first sign-in.
///
/// # Errors
/// `access_denied`: the operator has disabled it. Or a fault.
pub async fn client(cx: &Cx) -> Result<Arc<Client>> {
    let client = match cx.client(CLIENT_ID).await? {
        Some(client) => client,
        None => {
            add(cx).await?;
            let added = cx.client(CLIENT_ID).await?;
            added.ok_or_else(|| Fault::internal("the client of the JSON API is gone"))?
        }
    };
    if client.disabled {
        let description = "Sign-in by JSON is switched off.";
        return Err(Refusal::new(ErrorCode::AccessDenied, description).into());
    }
    Ok(client)
}

async fn add(cx: &Cx) -> Result<()> {
    let metadata = Metadata {
        client_name: Some("Sign-in by JSON".to_owned()),
        token_endpoint_auth_method: "none".to_owned(),
        scope: "email profile roles".to_owned(),
        skip_consent: true,
        ..Metadata::default()
    };
    let row = ClientRow {
        id: CLIENT_ID.to_owned(),
        metadata: serde_json::to_string(&metadata).map_err(Fault::internal)?,
        disabled_at: None,
        created_at: cx.now.0,
        updated_at: cx.now.0,
    };
    match clients::insert(cx.app.db.write(), &row).await {
        Err(error) if !error.is_unique_violation() => Err(error.into()),
        // Another request was first: as good.
        _ => {
            cx.app.clients.forget(CLIENT_ID);
            Ok(())
        }
    }
}

/// Begins a grant for a user who has just proved who they are.
///
/// # Errors
/// `invalid_grant`: the user may not have tokens. Or a fault.
pub async fn begin(cx: &Cx, client: &Client, user: UserRow, proof: Proof) -> Result<Tokens> {
    let grant = Fresh {
        id: &id::row(&*cx.app.entropy, cx.now),
        client_id: &client.id,
        user_epoch: user.credential_epoch,
        scope: &client.scope.to_string(),
        resources: &serde_json::to_string(&client.metadata.resources).map_err(Fault::internal)?,
        auth_time: cx.now.0,
        acr: proof.acr,
        amr: proof.amr,
    };
    let standing = fresh::standing(cx, user, &grant).await?;
    may_issue::may_issue(&standing.ground, cx.now).map_err(super::error::invalid_grant)?;
    let authorization = Authorization {
        standing: Some(Box::new(standing)),
        scope: client.scope.clone(),
        resources: client.metadata.resources.clone(),
        source: Source::SignIn,
    };
    tokens(cx, client, authorization).await
}

/// Replaces the refresh token of a cookie, as the `refresh_token` grant does.
///
/// # Errors
/// `invalid_grant`, one text for every reason; `access_denied`; or a fault.
pub async fn refresh(cx: &Cx, cookie: &str) -> Result<Tokens> {
    let client = client(cx).await?;
    let form = Params::from_pairs(vec![("refresh_token".to_owned(), cookie.to_owned())]);
    let grant = grant_types::find("refresh_token")?;
    let authorization = grant.authorize(cx, &client, &form).await?;
    tokens(cx, &client, authorization).await
}

async fn tokens(cx: &Cx, client: &Client, authorization: Authorization) -> Result<Tokens> {
    let ends = authorization
        .standing
        .as_ref()
        .map_or(0, |standing| standing.ground.expires_at);
    // This client's refresh tokens are bound to a cookie, and its access tokens to nobody.
    let issued = issue::issue(cx, client, authorization, &Sender::Anybody).await?;
    let (access_token, expires_in, refresh_token) = issued.into_parts();
    Ok(Tokens {
        access_token,
        expires_in,
        refresh_token: refresh_token.ok_or_else(|| Fault::internal("no refresh token was issued"))?,
        refresh_expires_in: cx
            .app
            .config
            .tokens
            .refresh_token_idle
            .min(Seconds(ends - cx.now.0)),
    })
}

/// Ends the grant of a cookie. Any generation will do: whoever holds an old one and wants it dead is right.
/// What is not a refresh token of this client is no error.
///
/// # Errors
/// The database fails: an end that was not stored is never confirmed.
pub async fn end(cx: &Cx, cookie: &str) -> Result<(), Fault> {
    match Opaque::parse(Kind::RefreshToken, cookie, &cx.app.vault) {
        Some(token) => end_grant(cx, token.id()).await,
        None => Ok(()),
    }
}

async fn end_grant(cx: &Cx, id: &str) -> Result<(), Fault> {
    let standing = grants::standing(cx.app.db.read(), id).await?;
    if standing.is_some_and(|standing| standing.client_id == CLIENT_ID) {
        grants::revoke(cx.app.db.write(), id, cx.now).await?;
    }
    Ok(())
}

/// Ends the grant of an access token and denies the token itself until it expires.
/// What is not a live access token of this client is no error.
///
/// # Errors
/// The database fails.
pub async fn deny(cx: &Cx, access_token: &str) -> Result<(), Fault> {
    let Some(claims) = cx.app.keyring.set().verify(access_token, &[TYP_ACCESS_TOKEN]) else {
        return Ok(());
    };
    let ours = claims.text("client_id") == Some(CLIENT_ID);
    if let (true, Some(jti), Ok(Some(exp))) = (ours, claims.text("jti"), claims.time("exp"))
        && exp > cx.now
        && let Some((grant, _)) = jti.split_once('.')
    {
        deny::deny(cx, &claims).await?;
        end_grant(cx, grant).await?;
    }
    Ok(())
}

/// The claims of the user of an access token, as far as its scope goes.
///
/// # Errors
/// `invalid_token`; or a fault.
pub async fn me(cx: &Cx, access_token: &str) -> Result<Map<String, Value>> {
    let accepted = access_token::accept(cx, access_token).await?;
    let refused = || {
        let description = "The access token was not issued to a first-party app.";
        Failure::from(Refusal::new(ErrorCode::InvalidToken, description))
    };
    let standing = accepted
        .standing
        .filter(|standing| standing.client_id == CLIENT_ID);
    let standing = standing.ok_or_else(refused)?;
    let scope = super::Scope::parse(accepted.claims.text("scope").unwrap_or_default())?;
    let mut answer = claims::of(&standing, |claim| claims::allowed_by(&scope, claim));
    answer.insert("sub".to_owned(), standing.user_id.into());
    Ok(answer)
}
