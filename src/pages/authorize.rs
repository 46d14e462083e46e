//! `GET` and `POST /authorize`: from the browser to the pipeline, and from its outcome to a page or a redirect.

use crate::cx::Cx;
use crate::http::{Exchange, render, set_browser};
use crate::identity::browser::Browser;
use crate::oauth::authorize::{self, AuthorizeError, Outcome};
use crate::oauth::client::Client;
use crate::oauth::error::Failure;
use axum::http::{Method, StatusCode};
use axum::response::Response;

/// Answers an authorization request.
pub async fn authorize(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = if exchange.method == Method::POST {
        exchange.form()
    } else {
        exchange.query()
    };
    let params = match params {
        Ok(params) => params,
        Err(refusal) => return render::page_error(cx, refusal.into()),
    };
    if let Some(again) = without_cookies(&exchange) {
        return again;
    }
    let browser = match exchange.browser().await {
        Ok(browser) => browser,
        Err(fault) => return render::page_error(cx, fault.into()),
    };
    let mut response = outcome(cx, authorize::authorize(cx, &params, &browser).await);
    set_browser(cx, &mut response, &browser);
    response
}

/// A form that another site posts here comes without our `SameSite=Lax` cookies; a redirect to the same request by
/// GET comes with them.
pub(super) fn without_cookies(exchange: &Exchange) -> Option<Response> {
    let cross_site =
        exchange.method == Method::POST && exchange.header("sec-fetch-site") == Some("cross-site");
    let body = std::str::from_utf8(exchange.body()).ok()?;
    let short_ascii = body.len() < 6_000 && body.bytes().all(|byte| byte.is_ascii_graphic());
    (cross_site && short_ascii).then(|| {
        let address = format!("{}?{body}", exchange.uri.path());
        render::see_other(&exchange.cx.app.config.public_url.url(&address))
    })
}

/// What the browser gets for a step of the pipeline.
pub(super) fn outcome(cx: &Cx, outcome: authorize::Result<Outcome>) -> Response {
    match outcome {
        Ok(Outcome::Respond(response)) => render::authorization(cx, response),
        Ok(Outcome::Login(asked)) => go(cx, "/login", &asked.flow),
        Ok(Outcome::StepUp(asked)) => go(cx, "/login/mfa", &asked.flow),
        Ok(Outcome::Consent(asked)) => go(cx, "/consent", &asked.flow),
        Ok(Outcome::Answered(client)) => over(cx, Some(&client)),
        Err(error) => failed(cx, error),
    }
}

/// An error of the pipeline: back to the client where there is a verified one, else a page.
pub(super) fn failed(cx: &Cx, error: AuthorizeError) -> Response {
    match error {
        AuthorizeError::Page(refusal) => render::page_error(cx, Failure::Refused(refusal)),
        AuthorizeError::Fault(fault) => render::page_error(cx, Failure::Fault(fault)),
        AuthorizeError::Back(response, refusal) => {
            tracing::info!(
                request_id = %cx.request_id,
                client_id = cx.client_id.get().map_or("", String::as_str),
                error = refusal.code.name(),
                detail = refusal.detail.as_deref().unwrap_or_default(),
                "sent back to the client: {}",
                refusal.description,
            );
            render::authorization(cx, response)
        }
    }
}

fn go(cx: &Cx, path: &str, flow: &str) -> Response {
    render::see_other(&cx.app.config.public_url.url(&format!("{path}?flow={flow}")))
}

/// The saved request that a page is about, or the page that says that it is gone.
pub(super) async fn pending(
    cx: &Cx,
    flow: &str,
    browser: &Browser,
) -> Result<authorize::Pending, Box<Response>> {
    let loaded = match authorize::pending::load(cx, flow, browser).await {
        Ok(loaded) => loaded,
        Err(fault) => return Err(Box::new(render::page_error(cx, fault.into()))),
    };
    let Some(pending) = loaded else {
        return Err(Box::new(over(cx, None)));
    };
    if !pending.over {
        return Ok(pending);
    }
    let client = match pending.params.optional("client_id") {
        Ok(Some(id)) => cx.client(id).await.ok().flatten(),
        _ => None,
    };
    Err(Box::new(over(cx, client.as_deref())))
}

/// The page for a request that cannot go on.
fn over(cx: &Cx, client: Option<&Client>) -> Response {
    let view = super::error::expired(cx, client);
    render::page(StatusCode::BAD_REQUEST, &view, render::FormTarget::Here)
}
