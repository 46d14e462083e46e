//! `urn:ietf:params:oauth:grant-type:token-exchange`: RFC 8693, for API keys. The token that comes of it is short, never
//! more than the key, and names the client that asked. Tests: tests/it/token/token_exchange.rs.

use super::super::authorization::{Authorization, Source};
use super::super::issue::ACCESS_TOKEN_TYPE;
use super::{Deciding, GrantType};
use crate::cx::Cx;
use crate::oauth::api_key;
use crate::oauth::client::Client;
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::{ErrorCode, Failure, Refusal, Result, invalid_request};
use crate::oauth::params::Params;

/// RFC 8693 §2.1.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The exchange of RFC 8693.
pub(super) struct TokenExchange;

impl GrantType for TokenExchange {
    fn name(&self) -> &'static str {
        GRANT_TYPE
    }

    fn authorize<'a>(&'a self, cx: &'a Cx, client: &'a Client, form: &'a Params) -> Deciding<'a> {
        Box::pin(authorize(cx, client, form))
    }
}

async fn authorize(cx: &Cx, client: &Client, form: &Params) -> Result<Authorization> {
    if client.is_public() {
        // RFC 8693 §5: without authentication whoever has stolen a key could change it into tokens of any client.
        let description = "Only confidential clients may do this.";
        return Err(Refusal::new(ErrorCode::UnauthorizedClient, description).into());
    }
    check_types(form)?;
    let key = match api_key::accept(cx, form.required("subject_token")?).await {
        Ok(key) => key,
        Err(Failure::Refused(refusal)) => return Err(unacceptable(refusal.detail).into()),
        Err(fault) => return Err(fault),
    };
    let resource = &key.row.resource;
    if !client.metadata.resources.contains(resource) {
        return Err(unacceptable(Some("the client may not use the resource of the key".to_owned())).into());
    }
    // RFC 8693 §2.1: `audience` and `resource` may both be there; a key is for one only.
    let mut named = form.all("resource").chain(form.all("audience"));
    if named.any(|named| named != resource) {
        let description = "The subject token is for another target.";
        return Err(Refusal::new(ErrorCode::InvalidTarget, description)
            .at("resource")
            .into());
    }
    let scope = scope(client, &key.scope, form.optional("scope")?)?;
    Ok(Authorization {
        standing: None,
        scope,
        resources: vec![resource.clone()],
        source: Source::ApiKey(Box::new(key.row)),
    })
}

fn check_types(form: &Params) -> Result<(), Refusal> {
    for name in ["actor_token", "actor_token_type"] {
        if form.optional(name)?.is_some() {
            return Err(invalid_request(
                name,
                "Acting on behalf of somebody is not supported.",
            ));
        }
    }
    if form.required("subject_token_type")? != api_key::TOKEN_TYPE {
        let description = "This type of subject token is not supported.";
        return Err(invalid_request("subject_token_type", description));
    }
    match form.optional("requested_token_type")? {
        None | Some(ACCESS_TOKEN_TYPE) => Ok(()),
        Some(_) => {
            let description = "Only access tokens are issued.";
            Err(invalid_request("requested_token_type", description))
        }
    }
}

/// What is asked for, within the key and the client; everything that both have, if nothing is asked for.
fn scope(client: &Client, of_key: &Scope, asked: Option<&str>) -> Result<Scope, Refusal> {
    let Some(asked) = asked else {
        return Ok(of_key.filter(|word| client.scope.has(word)));
    };
    let asked = Scope::parse(asked)?;
    client.require_scope(&asked)?;
    if of_key.includes(&asked) {
        return Ok(asked);
    }
    let description = "The subject token has less scope than that.";
    Err(Refusal::new(ErrorCode::InvalidScope, description).at("scope"))
}

/// RFC 8693 §2.2.2: "invalid for any reason, or […] unacceptable based on policy" is `invalid_request`. One text for all.
fn unacceptable(detail: Option<String>) -> Refusal {
    let description = "The subject token is unknown, expired, revoked or not for this client.";
    let refusal = invalid_request("subject_token", description);
    refusal.because(detail.unwrap_or_default())
}
