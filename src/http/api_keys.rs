//! Pages belong to people: a request with an API key gets 403, whatever else it brings (AC-242). The endpoints for
//! programs answer by themselves. Tests: tests/it/api_keys/misuse.rs.

use crate::app::App;
use crate::oauth::api_key::PREFIX;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};

const HEADER: &str = "x-api-key";

/// What programs call, by the beginning of the path. Whatever is not here is not for keys.
const FOR_PROGRAMS: &[&str] = &[
    "/.well-known/",
    "/assets/",
    "/auth/",
    "/device_authorization",
    "/favicon.",
    "/healthz",
    "/introspect",
    "/jwks",
    "/readyz",
    "/revoke",
    "/status",
    "/token",
    "/userinfo",
];

/// The answer to a key on a page.
pub(super) fn refused(app: &App, request: &Request<Body>) -> Option<Response> {
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    let path = path.strip_prefix(app.config.public_url.path()).unwrap_or(path);
    let for_people = !FOR_PROGRAMS.iter().any(|begin| path.starts_with(begin));
    (for_people && is_presented(request.headers()))
        .then(|| (StatusCode::FORBIDDEN, "API keys are not accepted here.\n").into_response())
}

/// The value of `X-API-Key`, if it is one of ours: the app behind a proxy may have keys of its own in this header.
pub(super) fn in_header(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(HEADER).iter();
    // Of several the first of ours is looked at, wherever it stands.
    values.find_map(|value| value.to_str().ok().filter(|value| value.starts_with(PREFIX)))
}

fn is_presented(headers: &HeaderMap) -> bool {
    let bearers = headers.get_all(header::AUTHORIZATION).iter();
    let mut bearers = bearers.filter_map(|value| value.to_str().ok()?.split_once(' '));
    in_header(headers).is_some() || bearers.any(|(_, value)| value.trim_start().starts_with(PREFIX))
}
