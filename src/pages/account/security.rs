//! `/account/security`: how the user proves who they are, and what can be changed about it.

use super::{Page, Visit, confirmed_post, done, text, visit};
use crate::cx::Cx;
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity::factors::{self, Removal, Removed};
use crate::identity::passkey;
use crate::oauth::error::Fault;
use crate::pages::layout;
use crate::pages::view::{FieldProblem, PasskeyLine, RecoveryCodesPage, SecurityPage};
use crate::storage::{api_keys, passkeys};
use crate::time::Timestamp;
use axum::http::StatusCode;
use axum::response::Response;

/// Shows the page.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = exchange.query().unwrap_or_default();
    match visit(&exchange, Page::Security, &params).await {
        Ok(visit) => answer(cx, page(cx, &visit, text(&params, "done"), None).await),
        Err(response) => *response,
    }
}

/// Removes the authenticator app or a passkey.
pub async fn remove(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, visit) = match confirmed_post(&exchange, Page::Security).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let removal = match (text(&params, "factor"), text(&params, "passkey")) {
        ("app", _) => Removal::App,
        (_, id) => Removal::Passkey(id),
    };
    match factors::remove(cx, &visit.user, removal).await {
        Ok(Removed::Yes) => done(cx, Page::Security, "removed"),
        Ok(Removed::Unknown) => render::not_found(cx),
        Ok(Removed::LastOne) => {
            let text = "This account needs a second factor. Add another one before you remove the last.";
            answer(cx, page(cx, &visit, "", Some(text)).await)
        }
        Ok(Removed::ShortPassword) => {
            let text = "Your password is too short to protect the account alone. Change it to a longer one before you \
                        remove the last second factor.";
            answer(cx, page(cx, &visit, "", Some(text)).await)
        }
        Err(fault) => render::page_error(cx, fault.into()),
    }
}

/// Replaces the recovery codes and shows the new ones, once.
pub async fn new_codes(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (_, visit) = match confirmed_post(&exchange, Page::Security).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    match factors::new_codes(cx, &visit.user).await {
        Ok(Some(codes)) => codes_page(cx, &visit, codes, "New recovery codes"),
        Ok(None) => done(cx, Page::Security, ""),
        Err(fault) => render::page_error(cx, fault.into()),
    }
}

/// Recovery codes, shown this once.
pub(super) fn codes_page(cx: &Cx, visit: &Visit, codes: Vec<String>, title: &'static str) -> Response {
    let view = RecoveryCodesPage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        title,
        codes,
        next: next(cx, visit),
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}

/// Where a set-up leads to: on with what asked for it, or back to the list.
pub(super) fn next(cx: &Cx, visit: &Visit) -> String {
    let path = match visit.flow.as_str() {
        "" => Page::Security.path().to_owned(),
        flow => format!("/login/mfa?flow={flow}"),
    };
    cx.app.config.public_url.url(&path)
}

fn answer(cx: &Cx, page: Result<Response, Fault>) -> Response {
    page.unwrap_or_else(|fault| render::page_error(cx, fault.into()))
}

async fn page(cx: &Cx, visit: &Visit, done: &str, problem: Option<&str>) -> Result<Response, Fault> {
    let rows = passkeys::of_user(cx.app.db.read(), &visit.user.id).await?;
    let has_keys = done == "password"
        && !api_keys::of_owner(cx.app.db.read(), &visit.user.id)
            .await?
            .is_empty();
    let line = |row: passkeys::PasskeyRow| PasskeyLine {
        id: row.id,
        name: row.name,
        added: Timestamp(row.created_at).for_people(),
        used: row.last_used_at.map(|at| Timestamp(at).for_people()),
    };
    let status = match problem {
        Some(_) => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    let view = SecurityPage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        has_password: visit.user.password_hash.is_some(),
        app: visit.held.app,
        passkeys: rows.into_iter().map(line).collect(),
        passkeys_possible: passkey::available(cx),
        recovery_codes: visit.held.recovery_codes,
        required: visit.held.required,
        done: match done {
            "password" if has_keys => Some(
                "Password changed. You are signed out everywhere else. Your API keys go on: look through them.",
            ),
            "password" => Some("Password changed. You are signed out everywhere else."),
            "removed" => Some("Removed."),
            "added" => Some("Added."),
            _ => None,
        },
        problems: problem
            .map(|text| FieldProblem {
                field: None,
                text: text.to_owned(),
            })
            .into_iter()
            .collect(),
    };
    Ok(render::page(status, &view, FormTarget::Here))
}
