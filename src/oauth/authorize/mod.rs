//! The authorization endpoint (RFC 6749 §4.1.1, OIDC Core §3.1.2). One pipeline, run from the top at every step:
//! the saved request is raw parameters, so a client or redirect URI changed meanwhile is seen.
//! Tests: tests/it/authorize/.

mod checks;
pub mod interaction;
pub mod pending;
mod respond;
mod return_to;

pub use checks::AuthorizationRequest;
pub use interaction::Answer;
pub use pending::Pending;
pub use return_to::{Response, ReturnTo};

use super::client::Client;
use super::error::{ErrorCode, Failure, Fault, Refusal, invalid_request};
use super::params::Params;
use crate::cx::Cx;
use crate::identity::browser::Browser;
use crate::storage::StorageError;
use interaction::Step;
use std::sync::Arc;

/// What the browser gets.
pub enum Outcome {
    /// Back to the client.
    Respond(Response),
    /// The sign-in page, with the handle of the saved request.
    Login(Asked),
    /// The page for the second factor, with the handle of the saved request.
    StepUp(Asked),
    /// The consent page, with the handle of the saved request.
    Consent(Asked),
    /// Nothing: the saved request was answered already, by a second click or in another tab.
    Answered(Arc<Client>),
}

/// What the pages need to know of a request that waits.
pub struct Asked {
    /// Handle of the saved request.
    pub flow: String,
    /// Who asks.
    pub client: Arc<Client>,
    /// What was asked for.
    pub request: AuthorizationRequest,
}

/// Why there is no outcome. Only a verified `ReturnTo` makes the second variant.
pub enum AuthorizeError {
    /// Nobody to return to: an error page.
    Page(Refusal),
    /// Back to the client, with an error.
    Back(Response, Refusal),
    /// Something broke.
    Fault(Fault),
}

impl From<StorageError> for AuthorizeError {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<Fault> for AuthorizeError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The result of a step of the pipeline.
pub type Result<T> = std::result::Result<T, AuthorizeError>;

/// Answers an authorization request.
///
/// # Errors
/// See [`AuthorizeError`].
pub async fn authorize(cx: &Cx, params: &Params, browser: &Browser) -> Result<Outcome> {
    run(cx, params, browser, None, Answer::None).await
}

/// Goes on with a saved request, after a sign-in or a decision on the consent page.
///
/// # Errors
/// See [`AuthorizeError`].
pub async fn resume(cx: &Cx, pending: &Pending, browser: &Browser, answer: Answer) -> Result<Outcome> {
    run(cx, &pending.params, browser, Some(pending), answer).await
}

async fn run(
    cx: &Cx,
    params: &Params,
    browser: &Browser,
    pending: Option<&Pending>,
    answer: Answer,
) -> Result<Outcome> {
    let client = find_client(cx, params).await?;
    let return_to = ReturnTo::verify(cx, &client, params).map_err(AuthorizeError::Page)?;
    // Before this line every error is a page; after it every refusal goes back to the client.
    let back = |failure: Failure| match failure {
        Failure::Refused(refusal) => AuthorizeError::Back(return_to.refuse(&refusal), refusal),
        Failure::Fault(fault) => AuthorizeError::Fault(fault),
    };
    let request = checks::run(cx, &client, params).map_err(back)?;
    let step = interaction::next_step(cx, &client, &request, &return_to, browser, pending, answer).await;
    match step.map_err(back)? {
        Step::Login => Ok(Outcome::Login(
            ask(cx, client, request, params, browser, pending).await?,
        )),
        Step::SecondFactor => Ok(Outcome::StepUp(
            ask(cx, client, request, params, browser, pending).await?,
        )),
        Step::Consent => Ok(Outcome::Consent(
            ask(cx, client, request, params, browser, pending).await?,
        )),
        Step::Done(session, remember) => {
            let code = respond::code(cx, &client, &request, &return_to, &session, pending, remember);
            let code = code.await.map_err(back)?;
            Ok(code.map_or_else(|| Outcome::Answered(client), Outcome::Respond))
        }
        Step::Denied if respond::denied(cx, pending).await.map_err(back)? => {
            let refusal = Refusal::new(ErrorCode::AccessDenied, "The user has denied the request.");
            Err(AuthorizeError::Back(return_to.refuse(&refusal), refusal))
        }
        Step::Denied => Ok(Outcome::Answered(client)),
    }
}

/// One text for an unknown client and an unregistered redirect URI: the page tells nobody which clients exist.
const BROKEN_LINK: &str = "The client_id is unknown, or the redirect_uri is not registered for it.";

fn broken_link(detail: &'static str) -> Refusal {
    invalid_request("client_id, redirect_uri", BROKEN_LINK).because(detail)
}

async fn find_client(cx: &Cx, params: &Params) -> Result<Arc<Client>> {
    let id = params.required("client_id").map_err(AuthorizeError::Page)?;
    let client = cx.client(id).await?;
    let client = client.filter(|client| !client.disabled);
    client.ok_or_else(|| AuthorizeError::Page(broken_link("unknown or disabled client")))
}

/// Saves the request if it is not saved yet.
async fn ask(
    cx: &Cx,
    client: Arc<Client>,
    request: AuthorizationRequest,
    params: &Params,
    browser: &Browser,
    pending: Option<&Pending>,
) -> Result<Asked> {
    let flow = match pending {
        Some(pending) => pending.id.clone(),
        None => pending::save(cx, params, browser).await?,
    };
    Ok(Asked {
        flow,
        client,
        request,
    })
}
