//! `/end_session` for clients and `/logout` for people. Tests: tests/it/logout.rs.

use super::authorize::without_cookies;
use super::error::home_of;
use super::layout;
use super::view::{LogoutPage, SignedOutPage};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, check_csrf, clear_session, set_browser};
use crate::identity::browser::Browser;
use crate::identity::session;
use crate::oauth::client::Client;
use crate::oauth::logout::{self, EndSession};
use axum::http::{Method, StatusCode};
use axum::response::Response;

/// The CSRF name of the form.
const FORM: &str = "logout";

/// RP-initiated logout.
pub async fn end_session(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = if exchange.method == Method::POST {
        exchange.form()
    } else {
        exchange.query()
    };
    let (params, browser) = match (params, exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return render::page_error(cx, refusal.into()),
        (_, Err(fault)) => return render::page_error(cx, fault.into()),
    };
    // Without its cookies the browser would be told that it is signed out when it is not.
    if let Some(again) = without_cookies(&exchange) {
        return again;
    }
    let mut response = match logout::end_session(cx, &params, &browser).await {
        Ok(EndSession::Confirm(client)) => confirm(cx, &browser, client),
        Ok(EndSession::SignedOut(client)) => signed_out(&exchange, client.as_deref()),
        Ok(EndSession::Return(address)) => {
            let mut response = render::see_other(&address);
            clear_session(&exchange, &mut response);
            response
        }
        Err(failure) => render::page_error(cx, failure),
    };
    set_browser(cx, &mut response, &browser);
    response
}

/// Asks whether to sign out.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let browser = match exchange.browser().await {
        Ok(browser) => browser,
        Err(fault) => return render::page_error(cx, fault.into()),
    };
    let mut response = match browser.session {
        Some(_) => confirm(cx, &browser, None),
        None => signed_out(&exchange, None),
    };
    set_browser(cx, &mut response, &browser);
    response
}

/// Signs out.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match (exchange.form(), exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return render::page_error(cx, refusal.into()),
        (_, Err(fault)) => return render::page_error(cx, fault.into()),
    };
    let Some(session) = &browser.session else {
        return signed_out(&exchange, None);
    };
    if !check_csrf(&exchange, &browser, &params, FORM) {
        return render::forbidden(cx);
    }
    if params.optional("decision").ok().flatten() != Some("signout") {
        return render::see_other(&cx.app.config.public_url.url("/"));
    }
    match session::end(cx, &session.id).await {
        Ok(()) => signed_out(&exchange, None),
        Err(error) => render::page_error(cx, error.into()),
    }
}

/// The CSRF token for the sign-out form, which stands on other pages too.
pub(super) fn csrf(cx: &Cx, browser: &Browser) -> String {
    browser.csrf(&cx.app.vault, FORM)
}

fn confirm(cx: &Cx, browser: &Browser, client: Option<String>) -> Response {
    let view = LogoutPage {
        layout: layout(cx, None),
        csrf: csrf(cx, browser),
        account: browser.session.as_ref().map(|session| session.email.clone()),
        client,
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}

fn signed_out(exchange: &Exchange, client: Option<&Client>) -> Response {
    let view = SignedOutPage {
        layout: layout(&exchange.cx, None),
        return_to: client.and_then(home_of),
    };
    let mut response = render::page(StatusCode::OK, &view, FormTarget::Here);
    clear_session(exchange, &mut response);
    response
}
