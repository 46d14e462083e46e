//! RFC 6749 §4.4 through the engine: which scope may this service have?

use super::scope::Scope;
use crate::oauth::error::{ErrorCode, Refusal, Result};
use oxide_auth::code_grant::client_credentials::{ClientCredentials, Error, Input, Output, Request};
use oxide_auth::primitives::grant::Extensions;
use oxide_auth::primitives::registrar::{BoundClient, ExactUrl, PreGrant, RegisteredUrl};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A request of an authenticated, confidential client.
pub struct Question<'a> {
    /// The authenticated client.
    pub client_id: &'a str,
    /// The `scope` parameter.
    pub scope: Option<&'a str>,
}

impl Request for Question<'_> {
    fn valid(&self) -> bool {
        true
    }
    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((self.client_id.into(), Cow::Borrowed(b"")))
    }
    fn scope(&self) -> Option<Cow<'_, str>> {
        self.scope.map(Into::into)
    }
    fn grant_type(&self) -> Option<Cow<'_, str>> {
        Some("client_credentials".into())
    }
    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Runs the request through the engine and gives the requested scope, or `default` if none was asked for.
///
/// # Errors
/// `invalid_scope`: malformed.
pub fn decide(question: &Question<'_>, default: impl FnOnce() -> Scope) -> Result<Scope> {
    let mut machine = ClientCredentials::new(question);
    let mut input = Input::None;
    let mut default = Some(default);
    loop {
        input = match machine.advance(input) {
            Output::Authenticate { .. } => Input::Authenticated,
            Output::Binding { client_id } => Input::Bound {
                bound_client: bound(client_id)?,
            },
            Output::Extend => Input::Extended {
                extensions: Extensions::new(),
            },
            Output::Negotiate { bound_client, scope } => Input::Negotiated {
                pre_grant: PreGrant {
                    client_id: bound_client.client_id.clone().into_owned(),
                    redirect_uri: bound_client.redirect_uri.clone().into_owned(),
                    scope: match scope {
                        Some(scope) => scope,
                        None => default.take().ok_or_else(super::out_of_order)?().engine(),
                    },
                },
            },
            Output::Ok { pre_grant, .. } => return Ok(Scope::from_engine(pre_grant.scope.clone())),
            Output::Err(error) => return Err(refusal(*error)),
        }
    }
}

/// The engine wants a redirect URI, which this grant does not have and nobody follows.
static NOWHERE: LazyLock<Option<RegisteredUrl>> = LazyLock::new(|| {
    let nowhere: Result<ExactUrl, _> = "urn:keywright:none".parse();
    nowhere.ok().map(RegisteredUrl::Exact)
});

fn bound(client_id: &str) -> Result<BoundClient<'static>> {
    Ok(BoundClient {
        client_id: Cow::Owned(client_id.to_owned()),
        redirect_uri: Cow::Borrowed(NOWHERE.as_ref().ok_or_else(super::out_of_order)?),
    })
}

fn refusal(error: Error) -> crate::oauth::error::Failure {
    match error {
        // The only thing that the engine can still object to is the grammar of the scope, as `invalid_request`.
        Error::Invalid(_) | Error::Unauthorized(..) => {
            Refusal::new(ErrorCode::InvalidScope, "The scope is malformed.")
                .at("scope")
                .into()
        }
        _ => super::out_of_order().into(),
    }
}
