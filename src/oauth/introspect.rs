//! Token introspection (RFC 7662). To whoever may not know, a token is simply not active.
//! Tests: tests/it/introspect.rs.

use super::api_key::{self, Presenter};
use super::client::Client;
use super::client::auth::{self, ClientRequest};
use super::error::{Failure, Result};
use super::may_issue;
use super::tokens::{access_token, claims};
use crate::cx::Cx;
use crate::opaque::{Kind, Opaque};
use crate::storage::grants;
use serde_json::{Value, json};

/// Answers an introspection request.
///
/// # Errors
/// The refusals of client authentication; public clients are refused. Or a fault.
pub async fn introspect(cx: &Cx, request: &ClientRequest) -> Result<Value> {
    request.form.refuse_repeats(&[])?;
    let client = auth::authenticate_confidential(cx, request).await?;
    let token = request.form.required("token")?;
    // The hint is only a hint (RFC 7662 §2.1): the token itself tells what it is.
    let active = match Opaque::parse(Kind::RefreshToken, token, &cx.app.vault) {
        Some(refresh_token) => of_refresh_token(cx, &client, &refresh_token).await?,
        None if token.starts_with(api_key::PREFIX) => of_api_key(cx, &client, token).await?,
        None => of_access_token(cx, &client, token).await?,
    };
    Ok(active.unwrap_or_else(|| json!({ "active": false }))) // RFC 7662 §2.2: and nothing else
}

async fn of_refresh_token(cx: &Cx, client: &Client, token: &Opaque) -> Result<Option<Value>> {
    let Some(standing) = grants::refresh_standing(cx.app.db.read(), token.id()).await? else {
        return Ok(None);
    };
    let live = standing
        .refresh_digest
        .as_ref()
        .is_some_and(|digest| token.matches(digest, &cx.app.vault))
        && standing.refresh_expires_at.is_some_and(|end| end > cx.now.0)
        && may_issue::may_issue(&standing.ground, cx.now).is_ok();
    // A refresh token is the business of its own client only.
    if !live || standing.client_id != client.id {
        return Ok(None);
    }
    let end = standing
        .refresh_expires_at
        .map_or(standing.ground.expires_at, |idle| {
            idle.min(standing.ground.expires_at)
        });
    Ok(Some(json!({
        "active": true,
        "client_id": standing.client_id,
        "sub": standing.user_id,
        "iss": cx.app.config.public_url.as_str(),
        "scope": standing.scope,
        "iat": standing.refresh_rotated_at.unwrap_or(standing.created_at),
        "exp": end,
    })))
}

async fn of_api_key(cx: &Cx, client: &Client, token: &str) -> Result<Option<Value>> {
    let key = match api_key::accept(cx, token).await {
        Ok(key) => key,
        Err(Failure::Refused(_)) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let row = &key.row;
    let is_own = row.client_id.as_ref() == Some(&client.id);
    if !is_own && !client.metadata.introspects.contains(&row.resource) {
        return Ok(None); // RFC 7662 §4: a key for another resource server
    }
    if !is_own {
        api_key::used(cx, row, Presenter::ResourceServer).await?;
    }
    let mut answer = json!({
        "active": true,
        "token_type": "Bearer",
        "iss": cx.app.config.public_url.as_str(),
        "sub": row.owner(),
        "aud": row.resource,
        "jti": row.id,
        "iat": row.created_at,
        "exp": row.expires_at.min((cx.now + cx.app.config.api_keys.idle).0),
    });
    let mut set = |name: &str, value: Option<Value>| {
        if let (Some(value), Some(members)) = (value, answer.as_object_mut()) {
            members.insert(name.to_owned(), value);
        }
    };
    set(
        "scope",
        (!key.scope.is_empty()).then(|| key.scope.to_string().into()),
    );
    set("client_id", row.client_id.clone().map(Value::String)); // a user's key is no client's
    // The address names the user to people, but only where the scope has it; the same holds for what is about them.
    let email = row
        .email
        .clone()
        .filter(|_| key.scope.has("email"))
        .map(Value::String);
    set("username", email.clone());
    set("email", email);
    let of_scope =
        |word, list: &Option<String>| list.as_deref().filter(|_| key.scope.has(word)).map(claims::list);
    set("roles", of_scope("roles", &row.roles));
    set("groups", of_scope("groups", &row.groups));
    Ok(Some(answer))
}

async fn of_access_token(cx: &Cx, client: &Client, token: &str) -> Result<Option<Value>> {
    let accepted = match access_token::inspect(cx, token).await {
        Ok(accepted) => accepted,
        Err(Failure::Refused(_)) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let concerned = accepted.client.id == client.id
        || client
            .metadata
            .introspects
            .iter()
            .any(|audience| accepted.claims.is_for(audience));
    if !concerned {
        return Ok(None); // RFC 7662 §4: another resource server's token
    }
    let mut answer = accepted.claims.into_members();
    // The address names the user to people, but only where the scope of the token has it.
    if let Some(email) = answer.get("email").cloned() {
        answer.insert("username".to_owned(), email);
    }
    answer.insert("active".to_owned(), Value::Bool(true));
    answer.insert("token_type".to_owned(), "Bearer".into());
    Ok(Some(Value::Object(answer)))
}
