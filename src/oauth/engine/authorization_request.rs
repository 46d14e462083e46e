//! RFC 6749 §4.1.1 through the engine: response type, scope grammar, and the challenge of PKCE.

use super::scope::Scope;
use crate::oauth::error::{ErrorCode, Failure, Refusal, Result};
use oxide_auth::code_grant::authorization::{Authorization, Error, Input, Output, Request};
use oxide_auth::primitives::grant::Extensions;
use oxide_auth::primitives::registrar::{BoundClient, ExactUrl, PreGrant, RegisteredUrl};
use std::borrow::Cow;

/// What the engine decides on. Client and redirect URI were verified before.
pub struct Question<'a> {
    /// The known client.
    pub client_id: &'a str,
    /// Its verified redirect URI, byte for byte.
    pub redirect_uri: &'a str,
    /// `response_type`.
    pub response_type: Option<&'a str>,
    /// `scope`.
    pub scope: Option<&'a str>,
    /// `code_challenge`, of the right shape.
    pub challenge: Option<&'a str>,
}

impl Request for Question<'_> {
    fn valid(&self) -> bool {
        true
    }
    fn client_id(&self) -> Option<Cow<'_, str>> {
        Some(self.client_id.into())
    }
    fn scope(&self) -> Option<Cow<'_, str>> {
        self.scope.map(Into::into)
    }
    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(self.redirect_uri.into())
    }
    fn state(&self) -> Option<Cow<'_, str>> {
        None // `ReturnTo` carries the state, so the engine cannot lose or change it
    }
    fn response_type(&self) -> Option<Cow<'_, str>> {
        self.response_type.map(Into::into)
    }
    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Runs the request through the engine and gives the requested scope, or `default` if none was asked for.
///
/// # Errors
/// `unsupported_response_type`, `invalid_scope`, or `invalid_request` for the challenge.
pub fn decide(question: &Question<'_>, default: &Scope) -> Result<Scope> {
    let mut machine = Authorization::new(question);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Bind {
                client_id,
                redirect_uri,
            } => Input::Bound {
                request: question,
                // `Exact` keeps the registered bytes; the engine's own loop would normalize the URL.
                bound_client: BoundClient {
                    client_id: Cow::Owned(client_id),
                    redirect_uri: Cow::Owned(RegisteredUrl::Exact(exact(redirect_uri)?)),
                },
            },
            Output::Extend => {
                let mut extensions = Extensions::new();
                if let Some(challenge) = question.challenge {
                    let refused =
                        Refusal::new(ErrorCode::InvalidRequest, "The PKCE challenge is not acceptable.");
                    let value = super::pkce::stored(challenge).map_err(|()| refused.at("code_challenge"))?;
                    extensions.set_raw("pkce".to_owned(), value.ok_or_else(super::out_of_order)?);
                }
                Input::Extended(extensions)
            }
            Output::Negotiate { bound_client, scope } => Input::Negotiated {
                pre_grant: PreGrant {
                    client_id: bound_client.client_id.clone().into_owned(),
                    redirect_uri: bound_client.redirect_uri.clone().into_owned(),
                    scope: scope.unwrap_or_else(|| default.engine()),
                },
                state: None,
            },
            Output::Ok { pre_grant, .. } => return Ok(Scope::from_engine(pre_grant.scope)),
            Output::Err(error) => return Err(refusal(question, error)),
        }
    }
}

fn exact(presented: Option<ExactUrl>) -> Result<ExactUrl> {
    Ok(presented.ok_or_else(super::out_of_order)?)
}

fn refusal(question: &Question<'_>, error: Error) -> Failure {
    match error {
        // The engine keeps the error's kind private; it has two, told apart by what it was asked.
        Error::Redirect(_) if question.response_type != Some("code") => Refusal::new(
            ErrorCode::UnsupportedResponseType,
            "Only response_type=code is supported.",
        )
        .at("response_type")
        .into(),
        Error::Redirect(_) => Refusal::new(ErrorCode::InvalidScope, "The scope is malformed.")
            .at("scope")
            .into(),
        Error::Ignore | Error::PrimitiveError => super::out_of_order().into(),
    }
}
