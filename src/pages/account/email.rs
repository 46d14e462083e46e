//! `/account/email`: asks for another address. What the links of the mails do is in `pages/email_link.rs`.
//! Tests: tests/it/account/email.rs.

use super::{Page, Visit, confirmed_post, confirmed_visit, text};
use crate::cx::Cx;
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity::email::CanonicalEmail;
use crate::identity::email_change;
use crate::identity::login_limit::{Key, Refused};
use crate::pages::view::{CheckMailPage, EmailPage, FieldProblem, MailRequest};
use crate::pages::{layout, login};
use axum::http::StatusCode;
use axum::response::Response;

/// Shows the form.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    if !cx.app.config.sends_mail() {
        return render::not_found(cx);
    }
    let params = exchange.query().unwrap_or_default();
    match confirmed_visit(&exchange, Page::Email, &params).await {
        Ok(visit) => page(cx, &visit, "", None, StatusCode::OK),
        Err(response) => *response,
    }
}

/// Sends the links; the answer is the same for an address that is taken (AC-195).
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    if !cx.app.config.sends_mail() {
        return render::not_found(cx);
    }
    let (params, visit) = match confirmed_post(&exchange, Page::Email).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let typed = text(&params, "email");
    let wrong = |text: &str| {
        let problem = FieldProblem::of_field("email", text);
        page(cx, &visit, typed, Some(problem), StatusCode::BAD_REQUEST)
    };
    let Ok(new) = CanonicalEmail::parse(typed) else {
        return wrong("Enter an email address, such as name@example.com.");
    };
    if new.as_str() == visit.user.email {
        return wrong("This is your email address already.");
    }
    // Counted whether the address is taken or not, and never given back.
    let keys = [Key::email(&new), Key::ip(cx.ip)];
    match cx.app.mail_limit.reserve(&keys, cx.now).await {
        Ok(_) => {}
        Err(Refused::TooMany(wait)) => {
            let problem = FieldProblem::too_many_attempts(login::minutes(wait.0));
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = page(cx, &visit, typed, Some(problem), status);
            render::set_retry(&mut response, Some(wait.0));
            return response;
        }
        Err(Refused::Fault(fault)) => return render::page_error(cx, fault.into()),
    }
    if let Err(error) = email_change::ask(cx, &visit.user, &new).await {
        return render::page_error(cx, error.into());
    }
    let view = CheckMailPage {
        layout: layout(cx, Some(&visit.browser)),
        request: MailRequest::ChangeEmail,
        email: new.to_string(),
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}

fn page(cx: &Cx, visit: &Visit, typed: &str, problem: Option<FieldProblem>, status: StatusCode) -> Response {
    let view = EmailPage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        current: visit.user.email.clone(),
        email: typed.to_owned(),
        problems: problem.into_iter().collect(),
    };
    render::page(status, &view, FormTarget::Here)
}
