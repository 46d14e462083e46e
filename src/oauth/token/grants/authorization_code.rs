//! `authorization_code`: RFC 6749 §4.1.3, PKCE RFC 7636 §4.6. Tests: tests/it/token/authorization_code.rs.

use super::super::authorization::{Authorization, Source};
use super::{Deciding, GrantType};
use crate::cx::Cx;
use crate::oauth::client::Client;
use crate::oauth::engine::authorization_code::{self, Question};
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::{Fault, Result, invalid_grant};
use crate::oauth::params::Params;
use crate::oauth::{may_issue, resource};
use crate::opaque::{Kind, Opaque};
use crate::storage::grants;

/// The code of RFC 6749 §4.1.
pub(super) struct AuthorizationCode;

impl GrantType for AuthorizationCode {
    fn name(&self) -> &'static str {
        "authorization_code"
    }

    fn authorize<'a>(&'a self, cx: &'a Cx, client: &'a Client, form: &'a Params) -> Deciding<'a> {
        Box::pin(authorize(cx, client, form))
    }
}

async fn authorize(cx: &Cx, client: &Client, form: &Params) -> Result<Authorization> {
    let presented = form.required("code")?;
    let code = Opaque::parse(Kind::Code, presented, &cx.app.vault);
    let code = code.ok_or_else(|| invalid_grant("not a code of this server"))?;
    let of_code = grants::code_standing(cx.app.db.read(), code.id()).await?;
    let of_code = of_code.ok_or_else(|| invalid_grant("code is not known any more"))?;
    let standing = &of_code.standing;
    if !of_code
        .code_digest
        .as_ref()
        .is_some_and(|digest| code.matches(digest, &cx.app.vault))
    {
        return Err(invalid_grant("code does not match its grant").into());
    }
    let scope = Scope::parse(&standing.scope).map_err(|_| Fault::internal("stored scope"))?;
    let issued_for = of_code.code_redirect_uri.as_deref().unwrap_or_default();
    authorization_code::decide(&Question {
        client_id: &client.id,
        code: presented,
        // OAuth 2.1 §10.2: a client that sends it is held to it; a challenge binds the others.
        redirect_uri: redirect_uri(form, issued_for, of_code.code_challenge.is_some())?,
        issued_to: &standing.client_id,
        issued_for,
        user_id: &standing.user_id,
        scope: &scope,
        challenge: of_code.code_challenge.as_deref(),
        verifier: form.optional("code_verifier")?,
    })?;
    // A used code goes on to `issue`, whatever has ended since: there what it bought is revoked.
    if standing.code_spent_at.is_none() {
        may_issue::may_redeem(&of_code, cx.now).map_err(invalid_grant)?;
        // A scope taken from the client since then is not given any more.
        client
            .require_scope(&scope)
            .map_err(|_| invalid_grant("scope was taken from the client"))?;
        if of_code.code_expires_at.is_none_or(|end| end <= cx.now.0) {
            return Err(invalid_grant("code has expired").into());
        }
    }
    let granted = serde_json::from_str(&standing.resources).map_err(Fault::internal)?;
    let resources = resource::narrowed(client, granted, form)?;
    Ok(Authorization {
        standing: Some(Box::new(of_code.standing)),
        scope,
        resources,
        source: Source::Code,
    })
}

/// RFC 6749 §4.1.3 requires it; OAuth 2.1 drops it where PKCE binds the code.
fn redirect_uri<'a>(form: &'a Params, issued_for: &'a str, has_challenge: bool) -> Result<&'a str> {
    match form.optional("redirect_uri")? {
        Some(presented) => Ok(presented),
        None if has_challenge => Ok(issued_for),
        None => Err(invalid_grant("redirect_uri is missing").into()),
    }
}
