//! RP-initiated logout (OIDC RP-Initiated Logout 1.0). Nobody can sign somebody else out: without a genuine hint
//! about this very user, the user is asked. Tests: tests/it/logout.rs.

use super::client::Client;
use super::error::{Refusal, Result, invalid_request};
use super::params::Params;
use super::redirect_uri;
use crate::cx::Cx;
use crate::identity::browser::Browser;
use crate::identity::session;
use crate::jose::{Claims, TYP_ID_TOKEN};
use std::sync::Arc;

/// What the browser gets.
pub enum EndSession {
    /// The confirmation page; the name of the client, if it is known.
    Confirm(Option<String>),
    /// The signed-out page; the client, if a genuine hint names it.
    SignedOut(Option<Arc<Client>>),
    /// Back to the client, at a registered address.
    Return(String),
}

/// Answers a request to end the session.
///
/// # Errors
/// `invalid_request`, for an error page: a forged hint, a repeated parameter. Or a fault.
pub async fn end_session(cx: &Cx, params: &Params, browser: &Browser) -> Result<EndSession> {
    params.refuse_repeats(&[])?;
    let Some(hint) = params.optional("id_token_hint")? else {
        // Without a hint there is nobody to trust: ask, and return nowhere (§2, AC-074).
        let client = named_client(cx, params).await?;
        return Ok(match browser.session {
            Some(_) => EndSession::Confirm(client.map(|client| client.name().to_owned())),
            None => EndSession::SignedOut(None),
        });
    };
    let claims = genuine(cx, hint)?;
    let client = client_of(cx, params, &claims).await?;
    match &browser.session {
        Some(session) if claims.text("sub") == Some(session.user_id.as_str()) => {
            session::end(cx, &session.id).await?;
        }
        Some(_) => return Ok(EndSession::Confirm(Some(client.name().to_owned()))),
        None => {}
    }
    // Cookies may be missing in a third-party context: the hint names the session (AC-077).
    if let Some(sid) = claims.text("sid") {
        session::end(cx, sid).await?;
    }
    return_address(client, params)
}

/// A hint of this server, which may have expired (§2).
fn genuine(cx: &Cx, hint: &str) -> Result<Claims, Refusal> {
    let claims = cx.app.keyring.set().verify(hint, &[TYP_ID_TOKEN]);
    claims
        .filter(|claims| claims.text("iss") == Some(cx.app.config.public_url.as_str()))
        .ok_or_else(|| {
            invalid_request(
                "id_token_hint",
                "The id_token_hint is not an ID token of this server.",
            )
        })
}

async fn client_of(cx: &Cx, params: &Params, claims: &Claims) -> Result<Arc<Client>> {
    let refused = || invalid_request("client_id", "The client_id is not that of the id_token_hint.");
    let audience = claims.text("aud").ok_or_else(refused)?;
    if params
        .optional("client_id")?
        .is_some_and(|client_id| client_id != audience)
    {
        return Err(refused().into()); // §2
    }
    let client = cx.client(audience).await?;
    Ok(client.ok_or_else(refused)?)
}

async fn named_client(cx: &Cx, params: &Params) -> Result<Option<Arc<Client>>> {
    match params.optional("client_id")? {
        Some(id) => Ok(cx.client(id).await?),
        None => Ok(None),
    }
}

/// An address that is not registered is not followed; the user sees our own page instead.
fn return_address(client: Arc<Client>, params: &Params) -> Result<EndSession> {
    let Some(uri) = params.optional("post_logout_redirect_uri")? else {
        return Ok(EndSession::SignedOut(Some(client)));
    };
    if client.disabled || !redirect_uri::is_post_logout(&client, uri) {
        return Ok(EndSession::SignedOut(Some(client)));
    }
    let Some(state) = params.optional("state")? else {
        return Ok(EndSession::Return(uri.to_owned()));
    };
    let separator = if uri.contains('?') { '&' } else { '?' };
    let state = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("state", state)
        .finish();
    Ok(EndSession::Return(format!("{uri}{separator}{state}")))
}
