//! `/account/security/password`: a new password. Ends every other session and every token (AC-214).

use super::{Page, Visit, confirmed_post, confirmed_visit, done, text};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, set_device, set_session};
use crate::identity::event::Actor;
use crate::identity::known_device;
use crate::identity::sign_in::{self, Denied};
use crate::identity::users::{self as accounts, UserError};
use crate::oauth::error::Fault;
use crate::pages::view::{FieldProblem, PasswordPage};
use crate::pages::{layout, login, setup};
use crate::secret::Secret;
use axum::http::StatusCode;
use axum::response::Response;

/// Shows the form.
pub async fn show(exchange: Exchange) -> Response {
    let params = exchange.query().unwrap_or_default();
    match confirmed_visit(&exchange, Page::Password, &params).await {
        Ok(visit) => page(&exchange.cx, &visit, StatusCode::OK, None),
        Err(response) => *response,
    }
}

/// Checks the old one and sets the new one.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, mut visit) = match confirmed_post(&exchange, Page::Password).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let wrong = |visit: &Visit, field, text: &str| {
        let problem = FieldProblem::of_field(field, text);
        page(cx, visit, StatusCode::BAD_REQUEST, Some(problem))
    };
    let (current, new) = (text(&params, "current"), text(&params, "password"));
    if current.is_empty() {
        return wrong(&visit, "current", "Enter your current password.");
    }
    if new.is_empty() {
        return wrong(&visit, "password", "Enter a new password.");
    }
    // Counted and locked like a sign-in: this form is no way around the limit (AC-208).
    match sign_in::with_password(cx, &visit.user.email, Secret::new(current.to_owned())).await {
        Ok(_) => {}
        Err(Denied::Fault(fault)) => return render::page_error(cx, fault.into()),
        Err(Denied::Busy) => return render::page_error(cx, Fault::Busy.into()),
        Err(Denied::TooManyAttempts(wait)) => {
            let problem = FieldProblem::too_many_attempts(login::minutes(wait.0));
            let mut response = page(cx, &visit, StatusCode::TOO_MANY_REQUESTS, Some(problem));
            render::set_retry(&mut response, Some(wait.0));
            return response;
        }
        Err(_) => return wrong(&visit, "current", "This is not your current password."),
    }
    match accounts::set_password(Actor::of(cx), &visit.user, Secret::new(new.to_owned())).await {
        // The new epoch has ended this session too: it goes on under a new cookie.
        Ok(epoch) => visit.user.credential_epoch = epoch,
        Err(UserError::Changed) => {
            let text = "Your account was changed meanwhile, so your password was not. Sign in again.";
            let problem = FieldProblem::of_form(text);
            return page(cx, &visit, StatusCode::CONFLICT, Some(problem));
        }
        Err(error @ UserError::Password(_)) => {
            return wrong(&visit, "password", &setup::sentence(&error.to_string()));
        }
        Err(error @ UserError::TooOften) => {
            let problem = FieldProblem::of_form(setup::sentence(&error.to_string()));
            return page(cx, &visit, StatusCode::TOO_MANY_REQUESTS, Some(problem));
        }
        Err(UserError::Busy) => return render::page_error(cx, Fault::Busy.into()),
        Err(UserError::Storage(error)) => return render::page_error(cx, error.into()),
        Err(other) => return render::page_error(cx, Fault::internal(other).into()),
    }
    match visit.renew(cx, None).await {
        Ok(cookie) => {
            let mut response = done(cx, Page::Security, "password");
            set_session(cx, &mut response, &cookie);
            // It was known by the old password; the new one was chosen here.
            set_device(cx, &mut response, &known_device::remember(cx, &visit.user));
            response
        }
        Err(response) => *response,
    }
}

fn page(cx: &Cx, visit: &Visit, status: StatusCode, problem: Option<FieldProblem>) -> Response {
    let view = PasswordPage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        email: visit.user.email.clone(),
        min_length: accounts::min_length(&cx.app, &visit.held),
        problems: problem.into_iter().collect(),
    };
    render::page(status, &view, FormTarget::Here)
}
