//! `/setup/<token>`: the first administrator. The link is good once, for an hour, and dies when there is one.
//! Tests: tests/it/pages/setup.rs.

use super::layout;
use super::view::{FieldProblem, SetupPage};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, check_csrf, set_browser, set_session};
use crate::identity::browser::Browser;
use crate::identity::users::{self, NewUser, UserError};
use crate::identity::{session, setup_link, sign_in};
use crate::secret::Secret;
use axum::http::StatusCode;
use axum::response::Response;

/// The CSRF name of the form.
const FORM: &str = "setup";

/// Shows the form. A GET uses nothing up: scanners follow links.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let browser = match exchange.browser().await {
        Ok(browser) => browser,
        Err(fault) => return render::page_error(cx, fault.into()),
    };
    let mut response = match setup_link::find(cx, token(&exchange)).await {
        Ok(Some(_)) => form(cx, &exchange, &browser, &NewUser::default(), Vec::new()),
        Ok(None) => render::not_found(cx),
        Err(error) => render::page_error(cx, error.into()),
    };
    set_browser(cx, &mut response, &browser);
    response
}

/// Creates the administrator and signs in.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match (exchange.form(), exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return render::page_error(cx, refusal.into()),
        (_, Err(fault)) => return render::page_error(cx, fault.into()),
    };
    if !check_csrf(&exchange, &browser, &params, FORM) {
        return render::forbidden(cx);
    }
    let link = match setup_link::find(cx, token(&exchange)).await {
        Ok(Some(link)) => link,
        Ok(None) => return render::not_found(cx),
        Err(error) => return render::page_error(cx, error.into()),
    };
    let text = |name| {
        params
            .optional(name)
            .ok()
            .flatten()
            .unwrap_or_default()
            .to_owned()
    };
    let new = NewUser {
        email: text("email"),
        email_verified: true,
        name: Some(text("name")).filter(|name| !name.is_empty()),
        roles: vec![users::ADMIN.to_owned()],
        ..NewUser::default()
    };
    let created = setup_link::create_admin(cx, &link, new.clone(), Secret::new(text("password"))).await;
    let user = match created {
        Ok(Some(user)) => user,
        Ok(None) => return render::not_found(cx),
        Err(error) => match problem(&error) {
            Some(problem) => return form(cx, &exchange, &browser, &new, vec![problem]),
            None => return render::page_error(cx, failure(error)),
        },
    };
    match session::start(cx, &user, sign_in::PASSWORD, browser.session.as_ref()).await {
        Ok((cookie, _)) => {
            let mut response = render::see_other(&cx.app.config.public_url.url("/"));
            set_session(cx, &mut response, &cookie);
            response
        }
        Err(error) => render::page_error(cx, error.into()),
    }
}

/// What the person can correct.
pub(super) fn problem(error: &UserError) -> Option<FieldProblem> {
    let field = match error {
        UserError::Email | UserError::Taken => Some("email"),
        UserError::Password(_) => Some("password"),
        UserError::Busy | UserError::TooOften => None,
        UserError::Changed | UserError::LastAdministrator | UserError::Storage(_) => return None,
    };
    Some(FieldProblem {
        field,
        text: sentence(&error.to_string()),
    })
}

pub(super) fn failure(error: UserError) -> crate::oauth::error::Failure {
    match error {
        UserError::Storage(error) => error.into(),
        other => crate::oauth::error::Fault::internal(other).into(),
    }
}

/// An error of the library as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().collect::<String>())
        .unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn token(exchange: &Exchange) -> &str {
    exchange.uri.path().rsplit('/').next().unwrap_or_default()
}

fn form(
    cx: &Cx,
    exchange: &Exchange,
    browser: &Browser,
    new: &NewUser,
    problems: Vec<FieldProblem>,
) -> Response {
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    let view = SetupPage {
        layout: layout(cx, None),
        csrf: browser.csrf(&cx.app.vault, FORM),
        action: format!("{}/setup/{}", cx.app.config.public_url.path(), token(exchange)),
        email: new.email.clone(),
        name: new.name.clone().unwrap_or_default(),
        problems,
        min_length: cx.app.config.passwords.min_length,
    };
    render::page(status, &view, FormTarget::Here)
}
