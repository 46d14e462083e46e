//! `POST /login/passkey`: sign in with a passkey instead of a password. `POST /login/passkey/options` gives the script
//! of the page what to ask the authenticator. Tests: tests/it/account/passkey.rs.

use super::login;
use crate::http::{Exchange, check_csrf, render};
use crate::identity::passkey::{self, Denied};
use axum::response::Response;
use serde_json::json;

/// Begins a ceremony.
pub async fn options(exchange: Exchange) -> Response {
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
    match passkey::begin_sign_in(cx, &browser).await {
        Ok(Some(ceremony)) => {
            render::own_json(&json!({ "ceremony": ceremony.handle, "options": ceremony.options }))
        }
        Ok(None) => render::not_found(cx),
        Err(fault) => render::page_error(cx, fault.into()),
    }
}

/// Ends it, and goes on as after a password.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match (exchange.form(), exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return render::page_error(cx, refusal.into()),
        (_, Err(fault)) => return render::page_error(cx, fault.into()),
    };
    let text = |name| params.optional(name).ok().flatten().unwrap_or_default();
    let flow = text("flow");
    if !check_csrf(&exchange, &browser, &params, flow) {
        return render::forbidden(cx);
    }
    let target = match login::target(cx, &params, &browser).await {
        Ok(target) => target,
        Err(response) => return *response,
    };
    match passkey::finish_sign_in(cx, &browser, text("ceremony"), text("credential")).await {
        // A confirmation is for the account that is signed in.
        Ok((user, proof)) if target.confirm.as_ref().is_none_or(|email| *email == user.email) => {
            login::finish(cx, &user, proof, flow, browser).await
        }
        Ok(_) | Err(Denied::Incorrect | Denied::Known) => login::passkey_refused(cx, &browser, target),
        Err(Denied::Fault(fault)) => render::page_error(cx, fault.into()),
    }
}
