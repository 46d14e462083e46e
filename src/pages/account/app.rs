//! `/account/security/app`: sets an authenticator app up. The secret is shown until a first code confirms it, and
//! never again; a second start voids the first (AC-220).

use super::{Page, Visit, confirmed_post, confirmed_visit, done, security, text};
use crate::cx::Cx;
use crate::entropy::Entropy;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, set_session};
use crate::identity::challenge::{self, Challenge, Kind};
use crate::identity::{factors, totp};
use crate::oauth::error::Fault;
use crate::pages::layout;
use crate::pages::view::{AppSetupPage, FieldProblem};
use axum::http::StatusCode;
use axum::response::Response;

/// Begins, and shows the secret.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = exchange.query().unwrap_or_default();
    let visit = match confirmed_visit(&exchange, Page::App, &params).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let shown = match begin(cx, &visit).await {
        Ok((handle, secret)) => page(cx, &visit, &handle, &secret, None),
        Err(fault) => Err(fault),
    };
    shown.unwrap_or_else(|fault| render::page_error(cx, fault.into()))
}

/// Confirms it with a first code.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, mut visit) = match confirmed_post(&exchange, Page::App).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let setup = match challenge::find(cx, Kind::AppSetup, text(&params, "setup"), &visit.browser).await {
        Ok(setup) => setup.filter(|setup| is_of(setup, &visit)),
        Err(fault) => return render::page_error(cx, fault.into()),
    };
    let Some(setup) = setup else {
        let view = crate::pages::error::expired(cx, None);
        return render::page(StatusCode::BAD_REQUEST, &view, FormTarget::Here);
    };
    match factors::confirm_app(cx, &visit.user, &setup, text(&params, "code")).await {
        Ok(Some(codes)) => {
            // The code has proved a second factor here and now.
            let cookie = match visit.renew(cx, Some(factors::PASSWORD_AND_CODE)).await {
                Ok(cookie) => cookie,
                Err(response) => return *response,
            };
            let mut response = match (codes.is_empty(), visit.flow.is_empty()) {
                (false, _) => security::codes_page(cx, &visit, codes, "Authenticator app added"),
                (true, true) => done(cx, Page::Security, "added"),
                (true, false) => render::see_other(&security::next(cx, &visit)),
            };
            set_session(cx, &mut response, &cookie);
            response
        }
        Ok(None) => {
            let problem = FieldProblem::of_field(
                "code",
                "That code is wrong or has expired. Enter the one that the app shows now.",
            );
            page(cx, &visit, &setup.id, &setup.payload, Some(problem))
                .unwrap_or_else(|fault| render::page_error(cx, fault.into()))
        }
        Err(fault) => render::page_error(cx, fault.into()),
    }
}

fn is_of(setup: &Challenge, visit: &Visit) -> bool {
    setup.user.as_ref().is_some_and(|user| user.id == visit.user.id)
}

async fn begin(cx: &Cx, visit: &Visit) -> Result<(String, Vec<u8>), Fault> {
    let entropy: &dyn Entropy = &*cx.app.entropy;
    let secret = entropy.bytes::<{ totp::SECRET_BYTES }>();
    challenge::void(cx, Kind::AppSetup, &visit.user.id).await?;
    let handle = challenge::begin(cx, Kind::AppSetup, &visit.browser, Some(&visit.user), &secret).await?;
    Ok((handle, secret.to_vec()))
}

fn page(
    cx: &Cx,
    visit: &Visit,
    handle: &str,
    secret: &[u8],
    problem: Option<FieldProblem>,
) -> Result<Response, Fault> {
    let enrolment = totp::enrolment(cx, &visit.user, secret)?;
    let status = match problem {
        Some(_) => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    let view = AppSetupPage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        flow: visit.flow.clone(),
        setup: handle.to_owned(),
        qr: enrolment.qr,
        secret: enrolment.text,
        address: enrolment.address,
        replaces: visit.held.app,
        problems: problem.into_iter().collect(),
    };
    Ok(render::page(status, &view, FormTarget::Here))
}
