//! `refresh_token`: RFC 6749 §6, rotation RFC 9700 §4.14.2. Tests: tests/it/token/refresh_token.rs.

use super::super::authorization::{Authorization, Generation, Source};
use super::{Deciding, GrantType};
use crate::cx::Cx;
use crate::oauth::client::Client;
use crate::oauth::engine::refresh_token::{self, Question};
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::{Fault, Result, invalid_grant};
use crate::oauth::params::Params;
use crate::oauth::tokens::refresh_token::{grace, unseal};
use crate::oauth::{may_issue, resource};
use crate::opaque::{Kind, Opaque};
use crate::secret::constant_time_eq;
use crate::storage::grants::{self, Standing};

/// The refresh of RFC 6749 §6.
pub(super) struct RefreshToken;

impl GrantType for RefreshToken {
    fn name(&self) -> &'static str {
        "refresh_token"
    }

    fn authorize<'a>(&'a self, cx: &'a Cx, client: &'a Client, form: &'a Params) -> Deciding<'a> {
        Box::pin(authorize(cx, client, form))
    }
}

async fn authorize(cx: &Cx, client: &Client, form: &Params) -> Result<Authorization> {
    let text = form.required("refresh_token")?;
    let presented = Opaque::parse(Kind::RefreshToken, text, &cx.app.vault);
    let presented = presented.ok_or_else(|| invalid_grant("not a refresh token of this server"))?;
    let standing = grants::standing(cx.app.db.read(), presented.id()).await?;
    let mut standing = standing.ok_or_else(|| invalid_grant("refresh token is not known any more"))?;
    let granted = Scope::parse(&standing.scope).map_err(|_| Fault::internal("stored scope"))?;
    let scope = refresh_token::decide(&Question {
        client_id: &client.id,
        token: text,
        scope: form.optional("scope")?,
        issued_to: &standing.client_id,
        user_id: &standing.user_id,
        granted: &granted,
    })?;
    may_issue::may_issue(&standing.ground, cx.now).map_err(invalid_grant)?;
    // A scope taken from the client since then is not given any more.
    client
        .require_scope(&scope)
        .map_err(|_| invalid_grant("scope was taken from the client"))?;
    let resources = serde_json::from_str(&standing.resources).map_err(Fault::internal)?;
    let resources = resource::narrowed(client, resources, form)?;
    let generation = generation(cx, &presented, &standing);
    if matches!(generation, Generation::Live(_))
        && standing.refresh_expires_at.is_none_or(|end| end <= cx.now.0)
    {
        return Err(invalid_grant("refresh token was not used for too long").into());
    }
    standing.nonce = None; // OIDC Core §12.2
    let source = Source::RefreshToken(presented, generation);
    Ok(Authorization {
        standing: Some(Box::new(standing)),
        scope,
        resources,
        source,
    })
}

/// What a token that this server has made is to its family. Its checksum was verified, so it is genuine.
pub(in crate::oauth::token) fn generation(cx: &Cx, presented: &Opaque, standing: &Standing) -> Generation {
    let digest = presented.digest(&cx.app.vault);
    let is = |stored: &Option<Vec<u8>>| stored.as_ref().is_some_and(|d| constant_time_eq(&digest, d));
    if is(&standing.refresh_digest) {
        return Generation::Live(digest);
    }
    let grace = grace(cx, &standing.client_id);
    // A request may have begun, or a node's clock may stand, before the rotation: that adds nothing to the window.
    let within_grace = standing
        .refresh_rotated_at
        .is_some_and(|rotated| (cx.now.0 - rotated).max(0) < grace.0);
    if within_grace
        && is(&standing.refresh_previous)
        && let Some(successor) = standing
            .refresh_successor
            .as_ref()
            .and_then(|sealed| unseal(presented, sealed))
    {
        return Generation::JustReplaced(successor);
    }
    Generation::Superseded
}
