//! `/`: who is signed in, and where developers find the metadata.

use super::view::HomePage;
use super::{layout, logout};
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, set_browser};
use axum::http::StatusCode;
use axum::response::Response;

/// Shows the page.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let browser = match exchange.browser().await {
        Ok(browser) => browser,
        Err(fault) => return render::page_error(cx, fault.into()),
    };
    let view = HomePage {
        layout: layout(cx, Some(&browser)),
        discovery: cx.app.config.public_url.url("/.well-known/openid-configuration"),
        demo: cx.app.config.development,
        csrf: logout::csrf(cx, &browser),
    };
    let mut response = render::page(StatusCode::OK, &view, FormTarget::Here);
    set_browser(cx, &mut response, &browser);
    response
}
