//! `/account/data/delete`: the end of an account. Needs a recent sign-in and the typed address.
//! Tests: tests/it/account/delete.rs.

use super::{Page, Visit, confirmed_post, confirmed_visit, text};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, clear_session};
use crate::identity::email::CanonicalEmail;
use crate::identity::event::Actor;
use crate::identity::users::{self as accounts, UserError};
use crate::pages::view::{AccountDone, DeletePage, FieldProblem};
use crate::pages::{layout, setup};
use axum::http::StatusCode;
use axum::response::Response;

/// Asks.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    if !cx.app.config.accounts.self_deletion {
        return render::not_found(cx);
    }
    let params = exchange.query().unwrap_or_default();
    match confirmed_visit(&exchange, Page::Delete, &params).await {
        Ok(visit) => page(cx, &visit, None),
        Err(response) => *response,
    }
}

/// Deletes.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    if !cx.app.config.accounts.self_deletion {
        return render::not_found(cx);
    }
    let (params, visit) = match confirmed_post(&exchange, Page::Delete).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let typed = CanonicalEmail::parse(text(&params, "confirm"));
    if typed.is_ok_and(|typed| typed.as_str() == visit.user.email) {
        match accounts::remove(Actor::of(cx), &visit.user).await {
            Ok(()) => return gone(&exchange),
            Err(UserError::LastAdministrator) => {
                let text =
                    "You are the last administrator. Make somebody else one before you delete your account.";
                return page(cx, &visit, Some(FieldProblem::of_form(text)));
            }
            Err(error) => return render::page_error(cx, setup::failure(error)),
        }
    }
    let text = "This is not the address of the account.";
    page(cx, &visit, Some(FieldProblem::of_field("confirm", text)))
}

fn gone(exchange: &Exchange) -> Response {
    let view = AccountDone {
        layout: layout(&exchange.cx, None),
        heading: "Account deleted",
        text: "Your account and all that belonged to it are gone. You are signed out everywhere.",
        next: None,
    };
    let mut response = render::page(StatusCode::OK, &view, FormTarget::Here);
    clear_session(exchange, &mut response);
    response
}

fn page(cx: &Cx, visit: &Visit, problem: Option<FieldProblem>) -> Response {
    let status = match problem {
        Some(_) => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    let view = DeletePage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        email: visit.user.email.clone(),
        problems: problem.into_iter().collect(),
    };
    render::page(status, &view, FormTarget::Here)
}
