//! Token revocation (RFC 7009). Tests: tests/it/revoke.rs.

use super::client::auth::{self, ClientRequest};
use super::deny::deny;
use super::error::Result;
use crate::cx::Cx;
use crate::identity::api_key::{self, Owner};
use crate::identity::event::Actor;
use crate::jose::TYP_ACCESS_TOKEN;
use crate::opaque::{Kind, Opaque};
use crate::storage::grants;

/// Revokes a token of the client. An unknown token, or another client's, is no error (RFC 7009 §2.2).
///
/// # Errors
/// The refusals of client authentication; or a fault: a revocation that was not stored is never confirmed.
pub async fn revoke(cx: &Cx, request: &ClientRequest) -> Result<()> {
    request.form.refuse_repeats(&[])?;
    let client = auth::authenticate(cx, request).await?;
    let token = request.form.required("token")?;
    if let Some(refresh_token) = Opaque::parse(Kind::RefreshToken, token, &cx.app.vault) {
        // A refresh token ends its grant, with the access tokens of it (RFC 7009 §2.1). Any generation will do:
        // whoever holds an old one and wants it dead is right.
        let standing = grants::standing(cx.app.db.read(), refresh_token.id()).await?;
        if standing.is_some_and(|standing| standing.client_id == client.id) {
            grants::revoke(cx.app.db.write(), refresh_token.id(), cx.now).await?;
            tell(cx, &client.id);
        }
        return Ok(());
    }
    if let Some(key) = Opaque::parse(Kind::ApiKey, token, &cx.app.vault) {
        // An old one that is unknown by now, or another owner's, is no error either.
        api_key::revoke(Actor::of(cx), Owner::Client(&client.id), key.id()).await?;
        return Ok(());
    }
    // An access token ends alone; the refresh token goes on (RFC 7009 §2.1 leaves this to the server).
    let Some(claims) = cx.app.keyring.set().verify(token, &[TYP_ACCESS_TOKEN]) else {
        return Ok(());
    };
    let ours = claims.text("client_id") == Some(client.id.as_str());
    let is_live = claims
        .time("exp")
        .is_ok_and(|exp| exp.is_some_and(|exp| exp > cx.now));
    if ours && is_live {
        deny(cx, &claims).await?;
        tell(cx, &client.id);
    }
    Ok(())
}

fn tell(cx: &Cx, client: &str) {
    tracing::info!(target: "audit", event = "token_revoked", client, request_id = %cx.request_id, "token revoked");
}
