//! `/login`: the password page. With a `flow` it goes on with that request, without one to the home page or the
//! page named in `next`. Tests: tests/it/pages/login.rs.

use super::authorize::{outcome, pending};
use super::signup;
use super::view::{LoginPage, LoginProblem};
use super::{account, layout, mfa};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, asset_url, check_csrf, set_browser, set_device, set_session};
use crate::identity::browser::Browser;
use crate::identity::known_device;
use crate::identity::passkey;
use crate::identity::session::{self, Proof};
use crate::identity::sign_in::{self, Denied};
use crate::oauth::authorize::{self as pipeline, Answer, AuthorizationRequest, Outcome};
use crate::oauth::device;
use crate::oauth::error::Fault;
use crate::oauth::params::Params;
use crate::secret::Secret;
use crate::storage::factors;
use crate::storage::users::UserRow;
use axum::http::StatusCode;
use axum::response::Response;

/// Name of the sign-in that leads to the device page; the user code that was typed may follow.
pub(super) const DEVICE: &str = "device.";

/// Name of the sign-in that a proxy has asked for; the address to go back to follows, in base64url.
const RETURN: &str = "return.";

/// Where a sign-in leads to.
pub(super) struct Target {
    /// Handle of a saved request, or a form name of its own.
    flow: String,
    /// A page of ours.
    next: Option<String>,
    app: Option<String>,
    hint: String,
    /// The account that must confirm, where it is not another sign-in.
    pub(super) confirm: Option<String>,
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
        Ok(Target {
            next: Some(next),
            confirm: None,
            other: false,
            ..
        }) if browser.session.is_some() => render::see_other(&cx.app.config.public_url.url(&next)),
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
                // A password alone signs nobody in who has a second factor.
                Ok(user) => {
                    return match factors::held(cx.app.db.read(), &user.id).await {
                        Ok(held) if held.any() => mfa::begin(cx, &user, &target.flow, &browser).await,
                        Ok(_) => finish(cx, &user, sign_in::PASSWORD, &target.flow, browser).await,
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
                Err(Denied::Fault(fault)) => return render::page_error(cx, fault.into()),
            }
        }
    };
    let mut response = form(cx, &browser, target, Some(username), Some(problem));
    render::set_retry(&mut response, retry.map(|wait| wait.0));
    response
}

/// What the form is for; or where to go instead, if nobody has to sign in any more.
pub(super) async fn target(cx: &Cx, params: &Params, browser: &Browser) -> Result<Target, Box<Response>> {
    let flow = params.optional("flow").ok().flatten().unwrap_or_default();
    let other = params.optional("other").ok().flatten().is_some();
    if let Some(next) = own_page(flow) {
        let session = browser.session.as_ref();
        let confirm = session.filter(|_| account::is_confirmation(flow) && !other);
        return Ok(Target {
            flow: flow.to_owned(),
            next: Some(next),
            app: None,
            hint: String::new(),
            confirm: confirm.map(|session| session.email.clone()),
            other: other && account::is_confirmation(flow),
        });
    }
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
            if let Some(path) = account::named(flow) {
                return Some(path);
            }
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

/// Signs the user in, all factors being proved, and goes on.
pub(super) async fn finish(cx: &Cx, user: &UserRow, proof: Proof, flow: &str, browser: Browser) -> Response {
    name_app(cx, flow, &browser).await;
    match session::start(cx, user, proof, browser.session.as_ref()).await {
        Ok((cookie, session)) => {
            let browser = Browser {
                session: Some(session),
                ..browser
            };
            let mut response = go_on(cx, flow, &browser).await;
            set_session(cx, &mut response, &cookie);
            set_device(cx, &mut response, &known_device::remember(cx, user));
            response
        }
        Err(error) => render::page_error(cx, error.into()),
    }
}

/// Finds the app that the sign-in is for, so that the event tells it. Without one the sign-in goes on all the same:
/// what is wrong with the request shows where it does.
async fn name_app(cx: &Cx, flow: &str, browser: &Browser) {
    if cx.client_id.get().is_some() || own_page(flow).is_some() {
        return;
    }
    if let Ok(pending) = pending(cx, flow, browser).await
        && let Ok(Some(id)) = pending.params.optional("client_id")
    {
        let _named = cx.client(id).await;
    }
}

/// To the page of ours that the flow names, or on with the saved request.
pub(super) async fn go_on(cx: &Cx, flow: &str, browser: &Browser) -> Response {
    if let Some(next) = own_page(flow) {
        return render::see_other(&cx.app.config.public_url.url(&next));
    }
    match pending(cx, flow, browser).await {
        Ok(pending) => outcome(cx, pipeline::resume(cx, &pending, browser, Answer::None).await),
        Err(response) => *response,
    }
}

/// The form again, after a passkey that is not taken.
pub(super) fn passkey_refused(cx: &Cx, browser: &Browser, target: Target) -> Response {
    form(cx, browser, target, None, Some(LoginProblem::Passkey))
}

/// The characters of `text` that names of flows and handles are made of.
pub(super) fn plain(text: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.chars().filter(is_plain).take(200).collect()
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
        can_reset: cx.app.config.sends_mail(),
        can_sign_up: signup::is_open(cx),
        passkeys: passkey::available(cx).then(|| asset_url(cx.app.config.public_url.path(), "passkey.js")),
        problem,
    };
    render::page(status, &view, FormTarget::Client)
}

pub(super) fn minutes(seconds: i64) -> u32 {
    u32::try_from((seconds + 59) / 60).unwrap_or(u32::MAX)
}
