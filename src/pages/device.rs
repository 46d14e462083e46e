//! `/device`: type the code of a device, see what it is, and decide (RFC 8628 §3.3). A GET never approves.
//! Tests: tests/it/device.rs.

use super::layout;
use super::view::{DeviceConfirmPage, DeviceDonePage, DevicePage, DeviceProblem};
use super::{consent, login, mfa};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, check_csrf, set_browser};
use crate::identity::browser::Browser;
use crate::identity::email::CanonicalEmail;
use crate::identity::login_limit::{Key, Refused};
use crate::oauth::device::{self, Decided};
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::Fault;
use crate::oauth::params::Params;
use crate::storage::device_codes::{self, DeviceCodeRow};
use crate::storage::sessions::LiveSession;
use crate::time::Timestamp;
use axum::http::StatusCode;
use axum::response::Response;

/// The CSRF name of the two forms.
const FORM: &str = "device";

/// Asks for the code; one in the address is only filled in.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match (exchange.query(), exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return render::page_error(cx, refusal.into()),
        (_, Err(fault)) => return render::page_error(cx, fault.into()),
    };
    let typed = params.optional("user_code").ok().flatten().unwrap_or_default();
    let mut response = form(cx, &browser, &device::shown(&device::normalized(typed)), None);
    set_browser(cx, &mut response, &browser);
    response
}

/// Looks the code up and shows whose it is.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match read(&exchange).await {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let typed = params.optional("user_code").ok().flatten().unwrap_or_default();
    let Some(session) = &browser.session else {
        // Signed in first, so that guesses have a name; the typed code comes along.
        let login = format!("/login?flow={}{}", login::DEVICE, device::normalized(typed));
        return render::see_other(&cx.app.config.public_url.url(&login));
    };
    if typed.trim().is_empty() {
        return form(cx, &browser, "", Some(DeviceProblem::Missing));
    }
    match find(cx, &browser, session, typed).await {
        Ok((row, client)) => confirm(cx, &browser, session, &row, client, StatusCode::OK),
        Err(response) => *response,
    }
}

/// Takes the decision.
pub async fn decide(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser) = match read(&exchange).await {
        Ok(read) => read,
        Err(response) => return *response,
    };
    let Some(session) = &browser.session else {
        return render::forbidden(cx);
    };
    let text = |name| params.optional(name).ok().flatten().unwrap_or_default();
    let (row, client) = match find(cx, &browser, session, text("handle")).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let approve = text("decision") == "allow";
    if approve && text("confirm").is_empty() {
        return confirm(cx, &browser, session, &row, client, StatusCode::BAD_REQUEST);
    }
    match device::decide(cx, &row, session, approve).await {
        Ok(Decided::Yes) => {
            let done = DeviceDonePage {
                layout: layout(cx, Some(&browser)),
                approved: approve,
                client,
            };
            render::page(StatusCode::OK, &done, FormTarget::Here)
        }
        Ok(Decided::TooLate) => form(cx, &browser, "", Some(DeviceProblem::Unknown)),
        Ok(Decided::StepUp) => mfa::go(cx, "flow", &format!("{}{}", login::DEVICE, row.user_code)),
        Err(fault) => render::page_error(cx, fault.into()),
    }
}

async fn read(exchange: &Exchange) -> Result<(Params, Browser), Box<Response>> {
    let cx = &exchange.cx;
    match (exchange.form(), exchange.browser().await) {
        (Ok(params), Ok(browser)) if check_csrf(exchange, &browser, &params, FORM) => Ok((params, browser)),
        (Ok(_), Ok(_)) => Err(Box::new(render::forbidden(cx))),
        (Err(refusal), _) => Err(Box::new(render::page_error(cx, refusal.into()))),
        (_, Err(fault)) => Err(Box::new(render::page_error(cx, fault.into()))),
    }
}

/// The request of a code, or the form again. Wrong codes are counted before the look-up, per address and per account,
/// whichever form they come from (RFC 8628 §5.1).
async fn find(
    cx: &Cx,
    browser: &Browser,
    session: &LiveSession,
    typed: &str,
) -> Result<(DeviceCodeRow, String), Box<Response>> {
    let account = CanonicalEmail::parse(&session.email).ok();
    let keys: Vec<Key> = account.iter().map(Key::email).chain([Key::ip(cx.ip)]).collect();
    let attempt = match cx.app.device_limit.reserve(&keys, cx.now).await {
        Ok(attempt) => attempt,
        Err(Refused::TooMany(wait)) => {
            let problem = DeviceProblem::TooManyAttempts {
                minutes: login::minutes(wait.0),
            };
            let mut response = form(cx, browser, "", Some(problem));
            render::set_retry(&mut response, Some(wait.0));
            return Err(Box::new(response));
        }
        Err(Refused::Fault(fault)) => return Err(Box::new(render::page_error(cx, fault.into()))),
    };
    match undecided(cx, &device::normalized(typed)).await {
        Ok(Some(found)) => {
            attempt.refund().await;
            Ok(found)
        }
        Ok(None) => Err(Box::new(form(cx, browser, typed, Some(DeviceProblem::Unknown)))),
        Err(fault) => Err(Box::new(render::page_error(cx, fault.into()))),
    }
}

/// The undecided request of a code, with the name of its client.
async fn undecided(cx: &Cx, code: &str) -> Result<Option<(DeviceCodeRow, String)>, Fault> {
    let Some(row) = device_codes::find_undecided(cx.app.db.read(), code, cx.now).await? else {
        return Ok(None);
    };
    let client = cx.client(&row.client_id).await?.filter(|client| !client.disabled);
    Ok(client.map(|client| (row, client.name().to_owned())))
}

fn form(cx: &Cx, browser: &Browser, typed: &str, problem: Option<DeviceProblem>) -> Response {
    let status = match problem {
        None => StatusCode::OK,
        Some(DeviceProblem::TooManyAttempts { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let view = DevicePage {
        layout: layout(cx, Some(browser)),
        csrf: browser.csrf(&cx.app.vault, FORM),
        user_code: typed.to_owned(),
        problem,
    };
    render::page(status, &view, FormTarget::Here)
}

fn confirm(
    cx: &Cx,
    browser: &Browser,
    session: &LiveSession,
    row: &DeviceCodeRow,
    client: String,
    status: StatusCode,
) -> Response {
    let view = DeviceConfirmPage {
        layout: layout(cx, None),
        csrf: browser.csrf(&cx.app.vault, FORM),
        user_code: device::shown(&row.user_code),
        handle: row.user_code.clone(),
        client,
        scopes: Scope::parse(&row.scope)
            .map(|scope| consent::lines(&scope))
            .unwrap_or_default(),
        requested_from: row.ip.clone(),
        requested_by: Some(row.user_agent.clone()).filter(|agent| !agent.is_empty()),
        requested_at: Timestamp(row.created_at).for_people(),
        account: session.email.clone(),
        problem: status != StatusCode::OK,
    };
    render::page(status, &view, FormTarget::Here)
}
