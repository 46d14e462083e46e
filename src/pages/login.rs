//! `/login`: the password page. With a `flow` it goes on with that request, without one to the home page or the
//! page named in `next`. Tests: tests/it/pages/login.rs.

use super::authorize::{outcome, pending};
use super::layout;
use super::view::{LoginPage, LoginProblem};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, check_csrf, set_browser, set_session};
use crate::identity::browser::Browser;
use crate::identity::session;
use crate::identity::sign_in::{self, Denied};
use crate::oauth::authorize::{self as pipeline, Answer, AuthorizationRequest, Outcome};
use crate::oauth::device;
use crate::oauth::error::Fault;
use crate::oauth::params::Params;
use crate::secret::Secret;
use axum::http::StatusCode;
use axum::response::Response;

/// Name of the sign-in that leads to the device page; the user code that was typed may follow.
pub(super) const DEVICE: &str = "device.";

/// Name of the sign-in that a proxy has asked for; the address to go back to follows, in base64url.
const RETURN: &str = "return.";

/// Where a sign-in leads to.
struct Target {
    /// Handle of a saved request, or a form name of its own.
    flow: String,
    /// A page of ours.
    next: Option<String>,
    app: Option<String>,
    hint: String,
    confirm: Option<String>,
    /// The user has asked to sign in with another account.
    other: bool,
}

/// Shows the form.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = match exchange.query() {
        Ok(params) => params,
        Err(refusal) => return render::page_error(cx, refusal.into()),
    };
    let browser = match exchange.browser().await {
        Ok(browser) => browser,
        Err(fault) => return render::page_error(cx, fault.into()),
    };
    let mut response = match target(cx, &params, &browser).await {
        Ok(Target { next: Some(next), .. }) if browser.session.is_some() => {
            render::see_other(&cx.app.config.public_url.url(&next))
        }
        Ok(target) => form(cx, &browser, target, None, None),
        Err(response) => *response,
    };
    set_browser(cx, &mut response, &browser);
    response
}

/// Checks the password and goes on.
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
    let target = match target(cx, &params, &browser).await {
        Ok(target) => target,
        Err(response) => return *response,
    };
    let text = |name| params.optional(name).ok().flatten().unwrap_or_default();
    let username = target
        .confirm
        .clone()
        .unwrap_or_else(|| text("username").to_owned());
    let mut retry = None;
    let problem = match (username.trim(), text("password")) {
        ("", _) => LoginProblem::MissingUsername,
        (_, "") => LoginProblem::MissingPassword,
        (typed, password) => {
            match sign_in::with_password(cx, typed, Secret::new(password.to_owned())).await {
                Ok(user) => {
                    return match session::start(cx, &user, sign_in::PASSWORD, browser.session.as_ref()).await
                    {
                        Ok((cookie, session)) => {
                            let browser = Browser {
                                session: Some(session),
                                ..browser
                            };
                            let mut response = go_on(cx, target, &browser).await;
                            set_session(cx, &mut response, &cookie);
                            response
                        }
                        Err(error) => render::page_error(cx, error.into()),
                    };
                }
                Err(Denied::Incorrect) => LoginProblem::Incorrect,
                Err(Denied::Busy) => {
                    retry = Fault::Busy.retry_after();
                    LoginProblem::Busy
                }
                Err(Denied::TooManyAttempts(wait)) => {
                    retry = Some(wait);
                    LoginProblem::TooManyAttempts {
                        minutes: minutes(wait.0),
                    }
                }
                Err(Denied::Storage(error)) => return render::page_error(cx, error.into()),
            }
        }
    };
    let mut response = form(cx, &browser, target, Some(username), Some(problem));
    render::set_retry(&mut response, retry.map(|wait| wait.0));
    response
}

/// What the form is for; or where to go instead, if nobody has to sign in any more.
async fn target(cx: &Cx, params: &Params, browser: &Browser) -> Result<Target, Box<Response>> {
    let flow = params.optional("flow").ok().flatten().unwrap_or_default();
    if let Some(next) = own_page(flow) {
        let flow = flow.to_owned();
        return Ok(Target {
            flow,
            next: Some(next),
            app: None,
            hint: String::new(),
            confirm: None,
            other: false,
        });
    }
    let other = params.optional("other").ok().flatten().is_some();
    let pending = pending(cx, flow, browser).await?;
    match pipeline::resume(cx, &pending, browser, Answer::None).await {
        Ok(Outcome::Login(asked)) => Ok(Target {
            flow: asked.flow,
            next: None,
            app: Some(asked.client.name().to_owned()),
            confirm: expected_account(&asked.request, browser).filter(|_| !other),
            hint: asked.request.login_hint.unwrap_or_default(),
            other,
        }),
        other => Err(Box::new(outcome(cx, other))),
    }
}

/// Pages of ours that need a sign-in first. Their names are no handles, and no address comes from outside.
fn own_page(flow: &str) -> Option<String> {
    match flow {
        "" => Some("/".to_owned()),
        // Checked where it leads to: no address is taken from here.
        _ if flow.strip_prefix(RETURN).is_some_and(is_base64url) => {
            Some(format!("/auth/return?to={}", flow.strip_prefix(RETURN)?))
        }
        _ => {
            let code = device::normalized(flow.strip_prefix(DEVICE)?);
            Some(if code.is_empty() {
                "/device".to_owned()
            } else {
                format!("/device?user_code={code}")
            })
        }
    }
}

fn is_base64url(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A confirmation is for the account that is signed in; another one is wanted only where the client says so.
fn expected_account(request: &AuthorizationRequest, browser: &Browser) -> Option<String> {
    let session = browser.session.as_ref()?;
    let same = request
        .subject
        .as_ref()
        .is_none_or(|subject| *subject == session.user_id);
    (same && !request.prompt.select_account).then(|| session.email.clone())
}

async fn go_on(cx: &Cx, target: Target, browser: &Browser) -> Response {
    if let Some(next) = target.next {
        return render::see_other(&cx.app.config.public_url.url(&next));
    }
    match pending(cx, &target.flow, browser).await {
        Ok(pending) => outcome(cx, pipeline::resume(cx, &pending, browser, Answer::None).await),
        Err(response) => *response,
    }
}

fn form(
    cx: &Cx,
    browser: &Browser,
    target: Target,
    username: Option<String>,
    problem: Option<LoginProblem>,
) -> Response {
    let status = match problem {
        Some(LoginProblem::TooManyAttempts { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(LoginProblem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    let view = LoginPage {
        layout: layout(cx, None),
        csrf: browser.csrf(&cx.app.vault, &target.flow),
        flow: target.flow,
        app: target.app,
        username: username.unwrap_or(target.hint),
        confirm: target.confirm,
        other: target.other,
        problem,
    };
    render::page(status, &view, FormTarget::Client)
}

pub(super) fn minutes(seconds: i64) -> u32 {
    u32::try_from((seconds + 59) / 60).unwrap_or(u32::MAX)
}
