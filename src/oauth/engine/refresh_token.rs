//! RFC 6749 §6 through the engine: which scope may this refresh have?

use super::scope::Scope;
use crate::oauth::error::{ErrorCode, Failure, Fault, Refusal, Result, invalid_grant};
use oxide_auth::code_grant::refresh::{Error, Input, Output, Refresh, Request};
use oxide_auth::primitives::grant::{Extensions, Grant};
use std::borrow::Cow;

/// A refresh, and the row that its token stands for. The client is authenticated, the token's digest compared.
pub struct Question<'a> {
    /// The authenticated client.
    pub client_id: &'a str,
    /// The presented token.
    pub token: &'a str,
    /// The `scope` parameter.
    pub scope: Option<&'a str>,
    /// The client that the token was issued to.
    pub issued_to: &'a str,
    /// The user.
    pub user_id: &'a str,
    /// The granted scope.
    pub granted: &'a Scope,
}

impl Request for Question<'_> {
    fn valid(&self) -> bool {
        true
    }
    fn refresh_token(&self) -> Option<Cow<'_, str>> {
        Some(self.token.into())
    }
    fn scope(&self) -> Option<Cow<'_, str>> {
        self.scope.map(Into::into)
    }
    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some("refresh_token".into())
    }
    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        // Always present: without it the engine would not compare the client at all.
        Some((self.client_id.into(), Cow::Borrowed(b"")))
    }
    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Runs the refresh through the engine up to the point where it would issue.
///
/// # Errors
/// `invalid_grant`: the token of another client. `invalid_scope`: malformed, or more than was granted.
pub fn decide(question: &Question<'_>) -> Result<Scope> {
    let mut machine = Refresh::new(question);
    let scope = || question.scope.map(Cow::Borrowed);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Unauthenticated { .. } => Input::Authenticated { scope: scope() },
            Output::RecoverRefresh { .. } => Input::Recovered {
                scope: scope(),
                grant: Some(Box::new(stored(question)?)),
            },
            Output::Refresh { grant, .. } => return Ok(Scope::from_engine(grant.scope)),
            Output::Ok(_) => return Err(super::out_of_order().into()),
            Output::Err(error) => return Err(refusal(error)),
        }
    }
}

fn stored(question: &Question<'_>) -> Result<Grant, Fault> {
    Ok(Grant {
        owner_id: question.user_id.to_owned(),
        client_id: question.issued_to.to_owned(),
        scope: question.granted.engine(),
        // Not looked at in a refresh.
        redirect_uri: "urn:keywright:none"
            .parse()
            .map_err(|_| Fault::internal("constant URL"))?,
        until: super::never(),
        extensions: Extensions::new(),
    })
}

fn refusal(mut error: Error) -> Failure {
    let Some(description) = error.description() else {
        return super::out_of_order().into();
    };
    match super::code_of(description.kind()) {
        ErrorCode::InvalidScope => Refusal::new(
            ErrorCode::InvalidScope,
            "The scope is malformed or wider than what was granted.",
        )
        .at("scope")
        .into(),
        _ => invalid_grant("refresh token belongs to another client").into(),
    }
}
