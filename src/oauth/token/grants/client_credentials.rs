//! `client_credentials`: RFC 6749 §4.4. No row and no database round trip. Tests: tests/it/token/client_credentials.rs.

use super::super::authorization::{Authorization, Source};
use super::{Deciding, GrantType};
use crate::cx::Cx;
use crate::oauth::client::Client;
use crate::oauth::engine::client_credentials::{self, Question};
use crate::oauth::error::{ErrorCode, Refusal, Result};
use crate::oauth::params::Params;
use crate::oauth::{resource, scopes};

/// A client on its own behalf.
pub(super) struct ClientCredentials;

impl GrantType for ClientCredentials {
    fn name(&self) -> &'static str {
        "client_credentials"
    }

    fn authorize<'a>(&'a self, _: &'a Cx, client: &'a Client, form: &'a Params) -> Deciding<'a> {
        Box::pin(std::future::ready(authorize(client, form)))
    }
}

fn authorize(client: &Client, form: &Params) -> Result<Authorization> {
    if client.is_public() {
        // RFC 6749 §4.4.2: "must only be used by confidential clients".
        return Err(Refusal::new(
            ErrorCode::UnauthorizedClient,
            "Only confidential clients may do this.",
        )
        .into());
    }
    // Without a user there is nobody that the scopes of OIDC could be about.
    let is_about_a_user = |token: &str| scopes::find(token).is_some();
    let question = Question {
        client_id: &client.id,
        scope: form.optional("scope")?,
    };
    let default = || client.scope.filter(|token| !is_about_a_user(token));
    let scope = client_credentials::decide(&question, default)?;
    client.require_scope(&scope)?;
    if scope.tokens().into_iter().any(is_about_a_user) {
        let description = "This scope is about a user, and there is none in this grant.";
        return Err(Refusal::new(ErrorCode::InvalidScope, description)
            .at("scope")
            .into());
    }
    let resources = resource::requested(client, form)?;
    Ok(Authorization {
        standing: None,
        scope,
        resources,
        source: Source::Nothing,
    })
}
