//! `/login/mfa`: the second step, after a password or for a session that has proved one factor only. What waits is a
//! row bound to browser and request; nobody is signed in by it. Tests: tests/it/pages/mfa.rs.

use super::view::{CeremonyView, MfaPage, MfaProblem, MfaSetupPage};
use super::{layout, login};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, asset_url, check_csrf};
use crate::identity::browser::Browser;
use crate::identity::challenge::{self, Challenge, Kind};
use crate::identity::factors::{self, Wrong};
use crate::identity::passkey::{self, Ceremony, Denied};
use crate::identity::session::Proof;
use crate::oauth::discovery::ACR_MFA;
use crate::oauth::error::Fault;
use crate::oauth::params::Params;
use crate::storage::factors as rows;
use crate::storage::users::{self, UserRow};
use axum::http::StatusCode;
use axum::response::Response;

/// Who has to do the second step, and what for.
struct Waiting {
    /// `step` after a password, `flow` for a session; both are in the address and in the form.
    field: &'static str,
    handle: String,
    flow: String,
    user: UserRow,
    begun: Option<Challenge>,
}

/// To the page.
pub(super) fn go(cx: &Cx, field: &str, handle: &str) -> Response {
    render::see_other(
        &cx.app
            .config
            .public_url
            .url(&format!("/login/mfa?{field}={handle}")),
    )
}

/// The password was right: asks for the second step.
pub(super) async fn begin(cx: &Cx, user: &UserRow, flow: &str, browser: &Browser) -> Response {
    match challenge::begin(cx, Kind::SignIn, browser, Some(user), flow.as_bytes()).await {
        Ok(handle) => go(cx, "step", &handle),
        Err(fault) => render::page_error(cx, fault.into()),
    }
}

/// Shows the form.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match (exchange.query(), exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return render::page_error(cx, refusal.into()),
        (_, Err(fault)) => return render::page_error(cx, fault.into()),
    };
    let recovery = params.optional("recovery").ok().flatten().is_some();
    match waiting(cx, &params, &browser).await {
        Ok(waiting) => form(cx, &browser, &waiting, recovery, None).await,
        Err(response) => *response,
    }
}

/// Checks the code or the passkey, and goes on.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match (exchange.form(), exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return render::page_error(cx, refusal.into()),
        (_, Err(fault)) => return render::page_error(cx, fault.into()),
    };
    let text = |name| params.optional(name).ok().flatten().unwrap_or_default();
    if !check_csrf(&exchange, &browser, &params, &handle(&params).1) {
        return render::forbidden(cx);
    }
    let waiting = match waiting(cx, &params, &browser).await {
        Ok(waiting) => waiting,
        Err(response) => return *response,
    };
    let proof = match text("credential") {
        "" => code(cx, &waiting.user, text("code")).await,
        credential => passkey_step(cx, &browser, &waiting.user, (text("ceremony"), credential)).await,
    };
    let proof = match proof {
        Ok(proof) => proof,
        Err(Refused::Problem(problem)) => {
            let recovery = !text("recovery").is_empty();
            return form(cx, &browser, &waiting, recovery, Some(problem)).await;
        }
        Err(Refused::Fault(fault)) => return render::page_error(cx, fault.into()),
    };
    if let Some(begun) = &waiting.begun {
        match challenge::spend(cx, begun).await {
            Ok(true) => {}
            Ok(false) => return expired(cx),
            Err(fault) => return render::page_error(cx, fault.into()),
        }
    }
    login::finish(cx, &waiting.user, proof, &waiting.flow, browser).await
}

enum Refused {
    Problem(MfaProblem),
    Fault(Fault),
}

async fn code(cx: &Cx, user: &UserRow, typed: &str) -> Result<Proof, Refused> {
    if typed.trim().is_empty() {
        return Err(Refused::Problem(MfaProblem::Missing));
    }
    match factors::verify(cx, user, typed).await {
        Ok(_) => Ok(factors::PASSWORD_AND_CODE),
        Err(Wrong::Incorrect) => Err(Refused::Problem(MfaProblem::Incorrect)),
        Err(Wrong::TooManyAttempts(wait)) => Err(Refused::Problem(MfaProblem::TooManyAttempts {
            minutes: login::minutes(wait.0),
            seconds: wait.0,
        })),
        Err(Wrong::Fault(fault)) => Err(Refused::Fault(fault)),
    }
}

async fn passkey_step(
    cx: &Cx,
    browser: &Browser,
    user: &UserRow,
    answer: (&str, &str),
) -> Result<Proof, Refused> {
    match passkey::finish_step(cx, browser, user, answer).await {
        Ok(proof) => Ok(proof),
        Err(Denied::Fault(fault)) => Err(Refused::Fault(fault)),
        Err(Denied::Incorrect | Denied::Known) => Err(Refused::Problem(MfaProblem::Passkey)),
    }
}

/// The handle that the page was asked for with; of characters that handles have.
fn handle(params: &Params) -> (&'static str, String) {
    let text = |name| params.optional(name).ok().flatten().unwrap_or_default();
    let field = if text("step").is_empty() { "flow" } else { "step" };
    (field, login::plain(text(field)))
}

async fn waiting(cx: &Cx, params: &Params, browser: &Browser) -> Result<Waiting, Box<Response>> {
    let failed = |fault: Fault| Box::new(render::page_error(cx, fault.into()));
    let (field, handle) = handle(params);
    if field == "step" {
        let begun = challenge::find(cx, Kind::SignIn, &handle, browser)
            .await
            .map_err(failed)?;
        let Some((begun, user)) = begun.and_then(|begun| begun.user.clone().map(|user| (begun, user))) else {
            return Err(Box::new(expired(cx)));
        };
        return Ok(Waiting {
            field,
            handle,
            flow: String::from_utf8(begun.payload.clone()).unwrap_or_default(),
            user,
            begun: Some(begun),
        });
    }
    let Some(session) = &browser.session else {
        let login = format!("/login?flow={handle}");
        return Err(Box::new(render::see_other(&cx.app.config.public_url.url(&login))));
    };
    if session.acr == ACR_MFA {
        return Err(Box::new(login::go_on(cx, &handle, browser).await));
    }
    let user = users::find(cx.app.db.read(), &session.user_id).await;
    match user.map_err(|error| failed(error.into()))? {
        Some(user) => Ok(Waiting {
            field,
            flow: handle.clone(),
            handle,
            user,
            begun: None,
        }),
        None => Err(Box::new(expired(cx))),
    }
}

/// Nothing waits any more: it was done, took too long, or belongs to another browser.
fn expired(cx: &Cx) -> Response {
    let view = super::error::expired(cx, None);
    render::page(StatusCode::BAD_REQUEST, &view, FormTarget::Here)
}

async fn form(
    cx: &Cx,
    browser: &Browser,
    waiting: &Waiting,
    recovery: bool,
    problem: Option<MfaProblem>,
) -> Response {
    match page(cx, browser, waiting, recovery, problem).await {
        Ok(response) => response,
        Err(fault) => render::page_error(cx, fault.into()),
    }
}

async fn page(
    cx: &Cx,
    browser: &Browser,
    waiting: &Waiting,
    recovery: bool,
    problem: Option<MfaProblem>,
) -> Result<Response, Fault> {
    let held = rows::held(cx.app.db.read(), &waiting.user.id).await?;
    if !held.any() {
        let view = MfaSetupPage {
            layout: layout(cx, Some(browser)),
            flow: waiting.flow.clone(),
            passkeys: passkey::available(cx),
        };
        return Ok(render::page(StatusCode::OK, &view, FormTarget::Here));
    }
    let ceremony = match held.passkeys {
        0 => None,
        _ if recovery => None,
        _ => passkey::begin_step(cx, browser, &waiting.user).await?,
    };
    let (status, retry) = match problem {
        None => (StatusCode::OK, None),
        Some(MfaProblem::TooManyAttempts { seconds, .. }) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
        Some(_) => (StatusCode::BAD_REQUEST, None),
    };
    let view = MfaPage {
        layout: layout(cx, None),
        csrf: browser.csrf(&cx.app.vault, &waiting.handle),
        field: waiting.field,
        handle: waiting.handle.clone(),
        account: waiting.user.email.clone(),
        app: held.app,
        recovery: recovery || !(held.app || ceremony.is_some()),
        ceremony: ceremony.map(view),
        script: asset_url(cx.app.config.public_url.path(), "passkey.js"),
        problem,
    };
    let mut response = render::page(status, &view, FormTarget::Client);
    render::set_retry(&mut response, retry);
    Ok(response)
}

/// A ceremony for the page to carry.
pub(super) fn view(ceremony: Ceremony) -> CeremonyView {
    CeremonyView {
        handle: ceremony.handle,
        options: ceremony.options.to_string(),
    }
}
