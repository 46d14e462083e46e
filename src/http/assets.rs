//! Style, scripts and icon, embedded in the binary. Their address contains a hash of the content, so that browsers
//! keep them for good and never mix versions.

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::LazyLock;

struct Asset {
    name: &'static str,
    content_type: &'static str,
    body: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $content_type:literal) => {
        Asset {
            name: $name,
            content_type: $content_type,
            body: include_bytes!(concat!("../../assets/", $name)),
        }
    };
}

static ALL: &[Asset] = &[
    asset!("app.css", "text/css; charset=utf-8"),
    asset!("ui.js", "text/javascript; charset=utf-8"),
    asset!("passkey.js", "text/javascript; charset=utf-8"),
    asset!("form_post.js", "text/javascript; charset=utf-8"),
    asset!("favicon.svg", "image/svg+xml"),
    asset!("demo.js", "text/javascript; charset=utf-8"),
    asset!("vendor/oidc-client-ts.min.js", "text/javascript; charset=utf-8"),
];

/// One hash over all of them.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: Vec<u8> = ALL.iter().flat_map(|asset| asset.body).copied().collect();
    let hash = digest(&SHA256, &all);
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..9).unwrap_or_default())
});

/// The address of an asset, below the path of the issuer.
pub fn url(base: &str, name: &str) -> String {
    format!("{base}/assets/{}/{name}", *VERSION)
}

/// Serves an asset.
pub(super) async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    match ALL.iter().find(|asset| asset.name == name) {
        Some(asset) if version == *VERSION => {
            let headers = [
                (header::CONTENT_TYPE, asset.content_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.body).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Serves the icon where browsers look for it without being told.
pub(super) async fn favicon() -> Response {
    serve(Path((VERSION.clone(), "favicon.svg".to_owned()))).await
}
