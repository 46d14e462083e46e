//! `/account/security/passkey`: adds a passkey. The ceremony needs a script; the page says so where there is none.

use super::{Page, Visit, confirmed_post, confirmed_visit, done, security, text};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, asset_url, set_session};
use crate::identity::device_name::device_name;
use crate::identity::passkey::{self, Denied};
use crate::oauth::error::Fault;
use crate::pages::view::{FieldProblem, PasskeySetupPage};
use crate::pages::{layout, mfa};
use axum::http::StatusCode;
use axum::response::Response;

/// Longest name, characters.
const MAX_NAME: usize = 50;

/// Begins a ceremony and shows the form.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = exchange.query().unwrap_or_default();
    match confirmed_visit(&exchange, Page::Passkey, &params).await {
        Ok(visit) => answer(cx, page(cx, &visit, None).await),
        Err(response) => *response,
    }
}

/// Adds the passkey.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, mut visit) = match confirmed_post(&exchange, Page::Passkey).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let name: String = text(&params, "name")
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME)
        .collect();
    let name = if name.is_empty() { "Passkey" } else { &name };
    let answered = (text(&params, "ceremony"), text(&params, "credential"));
    let problem = match passkey::finish_setup(cx, &visit.browser, &visit.user, answered, name).await {
        Ok((proof, codes)) => {
            // The authenticator has verified its user here and now.
            let cookie = match visit.renew(cx, Some(proof)).await {
                Ok(cookie) => cookie,
                Err(response) => return *response,
            };
            let mut response = match (codes.is_empty(), visit.flow.is_empty()) {
                (false, _) => security::codes_page(cx, &visit, codes, "Passkey added"),
                (true, true) => done(cx, Page::Security, "added"),
                (true, false) => render::see_other(&security::next(cx, &visit)),
            };
            set_session(cx, &mut response, &cookie);
            return response;
        }
        Err(Denied::Known) => "This passkey is registered already.",
        Err(Denied::Incorrect) => "The passkey was not added. Try again.",
        Err(Denied::Fault(fault)) => return render::page_error(cx, fault.into()),
    };
    answer(cx, page(cx, &visit, Some(problem)).await)
}

fn answer(cx: &Cx, page: Result<Response, Fault>) -> Response {
    page.unwrap_or_else(|fault| render::page_error(cx, fault.into()))
}

async fn page(cx: &Cx, visit: &Visit, problem: Option<&str>) -> Result<Response, Fault> {
    let Some(ceremony) = passkey::begin_setup(cx, &visit.browser, &visit.user).await? else {
        return Ok(render::not_found(cx));
    };
    let status = match problem {
        Some(_) => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    let view = PasskeySetupPage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        flow: visit.flow.clone(),
        name: device_name(&cx.user_agent),
        ceremony: mfa::view(ceremony),
        script: asset_url(cx.app.config.public_url.path(), "passkey.js"),
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
