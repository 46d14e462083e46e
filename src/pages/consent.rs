//! `/consent`: may this app have this? Asked once per user, app and scope. Tests: tests/it/pages/consent.rs.

use super::authorize::{outcome, pending};
use super::layout;
use super::view::{ConsentPage, ScopeLine};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, check_csrf, clear_session};
use crate::identity::browser::Browser;
use crate::identity::session;
use crate::oauth::authorize::{self as pipeline, Answer, Asked, Outcome};
use crate::oauth::engine::scope::Scope;
use crate::oauth::redirect_uri::{self, Delivery};
use crate::oauth::scopes::{self, OFFLINE_ACCESS};
use axum::http::StatusCode;
use axum::response::Response;

/// Shows what the app asks for.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match (exchange.query(), exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return render::page_error(cx, refusal.into()),
        (_, Err(fault)) => return render::page_error(cx, fault.into()),
    };
    let flow = params.optional("flow").ok().flatten().unwrap_or_default();
    let pending = match pending(cx, flow, &browser).await {
        Ok(pending) => pending,
        Err(response) => return *response,
    };
    match pipeline::resume(cx, &pending, &browser, Answer::None).await {
        Ok(Outcome::Consent(asked)) => match view(cx, asked, &browser, &pending) {
            Some(view) => render::page(StatusCode::OK, &view, FormTarget::Client),
            None => render::not_found(cx),
        },
        other => outcome(cx, other),
    }
}

/// Takes the decision.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match (exchange.form(), exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return render::page_error(cx, refusal.into()),
        (_, Err(fault)) => return render::page_error(cx, fault.into()),
    };
    let flow = params.optional("flow").ok().flatten().unwrap_or_default();
    if !check_csrf(&exchange, &browser, &params, flow) {
        return render::forbidden(cx);
    }
    let pending = match pending(cx, flow, &browser).await {
        Ok(pending) => pending,
        Err(response) => return *response,
    };
    let answer = match params.optional("decision").ok().flatten() {
        Some("allow") => Answer::Allow,
        Some("switch") => return switch(&exchange, flow, &browser).await,
        // Anything that is not a clear yes is a no.
        _ => Answer::Deny,
    };
    outcome(cx, pipeline::resume(cx, &pending, &browser, answer).await)
}

/// Signs out, so that the sign-in page takes another account; the request goes on.
async fn switch(exchange: &Exchange, flow: &str, browser: &Browser) -> Response {
    let cx = &exchange.cx;
    if let Some(session) = &browser.session
        && let Err(error) = session::end(cx, &session.id).await
    {
        return render::page_error(cx, error.into());
    }
    let mut response = render::see_other(&cx.app.config.public_url.url(&format!("/login?flow={flow}")));
    clear_session(exchange, &mut response);
    response
}

fn view(cx: &Cx, asked: Asked, browser: &Browser, pending: &pipeline::Pending) -> Option<ConsentPage> {
    let session = browser.session.as_ref()?;
    let presented = pending.params.optional("redirect_uri").ok().flatten();
    let presented = presented.or(asked.client.metadata.redirect_uris.first().map(String::as_str))?;
    let redirect = redirect_uri::find(&asked.client, presented)?;
    let home = asked
        .client
        .metadata
        .client_uri
        .as_deref()
        .and_then(|uri| url::Url::parse(uri).ok());
    Some(ConsentPage {
        layout: layout(cx, None),
        csrf: browser.csrf(&cx.app.vault, &asked.flow),
        flow: asked.flow,
        client: asked.client.name().to_owned(),
        client_host: home.and_then(|url| url.host_str().map(str::to_owned)),
        loopback: redirect.delivery() == Delivery::Loopback,
        redirect_host: redirect.shown(),
        scopes: lines(&asked.request.consent),
        account: session.email.clone(),
    })
}

/// The scope in words. Scopes of other resource servers are shown by name. No scope at all still tells who it is.
pub(super) fn lines(scope: &Scope) -> Vec<ScopeLine> {
    if scope.is_empty() {
        return lines(&Scope::of(&["openid"]));
    }
    let line = |token: &str| match scopes::find(token) {
        Some(known) => {
            let sensitive = token == OFFLINE_ACCESS;
            ScopeLine {
                text: known.for_people.to_owned(),
                detail: None,
                sensitive,
            }
        }
        None => ScopeLine {
            text: "Act with the permission".to_owned(),
            detail: Some(token.to_owned()),
            sensitive: true,
        },
    };
    scope.tokens().into_iter().map(line).collect()
}
