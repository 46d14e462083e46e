//! `/demo`, on development servers only: a single-page app that signs in by authorization code and PKCE.

use super::layout;
use super::view::DemoPage;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, asset_url};
use axum::http::StatusCode;
use axum::response::Response;

/// The client that `keywright dev` registers for this page.
pub const CLIENT_ID: &str = "demo-spa";

/// Shows the app.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let issuer = &cx.app.config.public_url;
    let view = DemoPage {
        layout: layout(cx, None),
        authority: issuer.as_str().to_owned(),
        client_id: CLIENT_ID.to_owned(),
        redirect_uri: issuer.url("/demo"),
        post_logout_redirect_uri: issuer.url("/demo"),
        scope: "openid profile email offline_access".to_owned(),
        client_js: asset_url(issuer.path(), "demo.js"),
        vendor_js: asset_url(issuer.path(), "vendor/oidc-client-ts.min.js"),
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}
