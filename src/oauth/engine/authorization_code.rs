//! RFC 6749 §4.1.3 and RFC 7636 §4.6 through the engine: is this code good for this request?

use crate::oauth::error::{Fault, Refusal, Result, invalid_grant, invalid_request};
use oxide_auth::code_grant::accesstoken::{AccessToken, Authorization, Error, Input, Output, Request};
use oxide_auth::primitives::grant::{Extensions, Grant};
use std::borrow::Cow;

/// A redemption, and the row that its code stands for. The client is authenticated, the code's digest compared.
pub struct Question<'a> {
    /// The authenticated client.
    pub client_id: &'a str,
    /// The presented code.
    pub code: &'a str,
    /// `redirect_uri` of the token request; the stored one where the request may leave it out (OAuth 2.1 §4.1.3).
    pub redirect_uri: &'a str,
    /// The client that the code was issued to.
    pub issued_to: &'a str,
    /// `redirect_uri` of the authorization request.
    pub issued_for: &'a str,
    /// The user.
    pub user_id: &'a str,
    /// The granted scope.
    pub scope: &'a super::scope::Scope,
    /// The stored challenge.
    pub challenge: Option<&'a str>,
    /// The presented verifier.
    pub verifier: Option<&'a str>,
}

impl Request for Question<'_> {
    fn valid(&self) -> bool {
        true
    }
    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.into())
    }
    fn authorization(&self) -> Authorization<'_> {
        Authorization::Username(self.client_id.into())
    }
    fn client_id(&self) -> Option<Cow<'_, str>> {
        None // one credential only: two are `invalid_request` to the engine
    }
    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(self.redirect_uri.into())
    }
    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some("authorization_code".into())
    }
    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Runs the redemption through the engine up to the point where it would issue.
///
/// # Errors
/// `invalid_grant`: another client, another redirect URI, or the wrong verifier. `invalid_request`: a verifier for a
/// code without challenge.
pub fn decide(question: &Question<'_>) -> Result<()> {
    // RFC 6749 §4.1.3 "identical": the engine compares parsed URLs, which is too lenient.
    if question.redirect_uri != question.issued_for {
        return Err(invalid_grant("redirect_uri differs from the authorization request").into());
    }
    let mut machine = AccessToken::new(question);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Authenticate { .. } => Input::Authenticated,
            Output::Recover { .. } => Input::Recovered(Some(Box::new(stored(question)?))),
            Output::Extend { .. } => {
                verify_pkce(question)?;
                Input::Extended {
                    access_extensions: Extensions::new(),
                }
            }
            Output::Issue { .. } => return Ok(()),
            Output::Ok(_) => return Err(super::out_of_order().into()),
            Output::Err(error) => return Err(refusal(*error)),
        }
    }
}

/// RFC 7636 §4.6; a verifier without a challenge is a downgrade (RFC 9700 §4.8.2).
fn verify_pkce(question: &Question<'_>) -> Result<(), Refusal> {
    match (question.challenge, question.verifier) {
        (Some(challenge), Some(verifier)) if super::pkce::verify(challenge, verifier) => Ok(()),
        (Some(_), Some(_)) => Err(invalid_grant("code_verifier does not belong to the code")),
        (Some(_), None) => Err(invalid_grant("code_verifier is missing")),
        (None, Some(_)) => Err(invalid_request(
            "code_verifier",
            "The authorization request had no code_challenge.",
        )),
        (None, None) => Ok(()),
    }
}

fn stored(question: &Question<'_>) -> Result<Grant, Fault> {
    let redirect_uri = question
        .issued_for
        .parse()
        .map_err(|_| Fault::internal("stored redirect_uri"))?;
    Ok(Grant {
        owner_id: question.user_id.to_owned(),
        client_id: question.issued_to.to_owned(),
        scope: question.scope.engine(),
        redirect_uri,
        until: super::never(),
        extensions: Extensions::new(),
    })
}

fn refusal(error: Error) -> crate::oauth::error::Failure {
    match error {
        // Both mean "not good for this request"; the engine says `invalid_request` where RFC 6749 §5.2 says not.
        Error::Invalid(_) | Error::Unauthorized(..) => invalid_grant("code belongs to another client").into(),
        Error::Primitive(_) => super::out_of_order().into(),
    }
}
