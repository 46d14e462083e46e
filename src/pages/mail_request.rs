//! Asking for a mail: `/reset-password`, `/verify-email`, `/signup`. The answer is the same whether there is an account
//! or not (AC-195). Tests: tests/it/pages/mail_request.rs.

use super::view::{CheckMailPage, FieldProblem, MailRequest, MailRequestPage};
use super::{layout, login};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, check_csrf, set_browser};
use crate::identity::browser::Browser;
use crate::identity::email::CanonicalEmail;
use crate::identity::login_limit::{Key, Refused};
use crate::identity::{recovery, sign_up};
use axum::http::StatusCode;
use axum::response::Response;

/// Shows the form.
pub(super) async fn show(exchange: &Exchange, request: MailRequest) -> Response {
    let cx = &exchange.cx;
    let browser = match exchange.browser().await {
        Ok(browser) => browser,
        Err(fault) => return render::page_error(cx, fault.into()),
    };
    let mut response = form(cx, &browser, request, "", None, StatusCode::OK);
    set_browser(cx, &mut response, &browser);
    response
}

/// Sends the mail, if there is somebody to send it to.
pub(super) async fn submit(exchange: &Exchange, request: MailRequest) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match (exchange.form(), exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return render::page_error(cx, refusal.into()),
        (_, Err(fault)) => return render::page_error(cx, fault.into()),
    };
    if !check_csrf(exchange, &browser, &params, request.path()) {
        return render::forbidden(cx);
    }
    let typed = params.optional("email").ok().flatten().unwrap_or_default();
    let Ok(email) = CanonicalEmail::parse(typed) else {
        let problem = FieldProblem::of_field("email", "Enter your email address, such as name@example.com.");
        return form(
            cx,
            &browser,
            request,
            typed,
            Some(problem),
            StatusCode::BAD_REQUEST,
        );
    };
    // Counted whether there is an account or not, and never given back.
    let keys = [Key::email(&email), Key::ip(cx.ip)];
    match cx.app.mail_limit.reserve(&keys, cx.now).await {
        Ok(_) => {}
        Err(Refused::TooMany(wait)) => {
            let problem = FieldProblem::too_many_attempts(login::minutes(wait.0));
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut response = form(cx, &browser, request, typed, Some(problem), status);
            render::set_retry(&mut response, Some(wait.0));
            return response;
        }
        Err(Refused::Fault(fault)) => return render::page_error(cx, fault.into()),
    }
    let asked = match request {
        MailRequest::Reset => recovery::ask_reset(cx, &email).await,
        MailRequest::Verify => recovery::ask_verify(cx, &email).await,
        MailRequest::SignUp => sign_up::ask(cx, &email).await,
        MailRequest::ChangeEmail => return render::not_found(cx), // asked for by who is signed in
    };
    if let Err(error) = asked {
        return render::page_error(cx, error.into());
    }
    let view = CheckMailPage {
        layout: layout(cx, Some(&browser)),
        request,
        email: email.to_string(),
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}

fn form(
    cx: &Cx,
    browser: &Browser,
    request: MailRequest,
    email: &str,
    problem: Option<FieldProblem>,
    status: StatusCode,
) -> Response {
    let view = MailRequestPage {
        layout: layout(cx, Some(browser)),
        csrf: browser.csrf(&cx.app.vault, request.path()),
        request,
        email: email.to_owned(),
        problems: problem.into_iter().collect(),
    };
    render::page(status, &view, FormTarget::Here)
}
