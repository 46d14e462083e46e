//! Around every request: its name, its time limit, its headers, its line in the log.

use super::exchange::RequestId;
use super::{render, security_headers};
use crate::app::App;
use crate::id;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What follows these is a one-time link.
const SECRET_PATHS: &[&str] = &[
    "/setup/",
    "/reset-password/",
    "/unlock/",
    "/verify-email/",
    "/change-email/",
    "/revert-email/",
    "/signup/",
];

/// Runs a request.
pub(super) async fn wrap(State(app): State<Arc<App>>, mut request: Request<Body>, next: Next) -> Response {
    let started = Instant::now();
    let request_id = id::random::<12>(&*app.entropy);
    request.extensions_mut().insert(RequestId(request_id.clone()));
    let method = request.method().clone();
    // The path only: queries hold codes and hints. A one-time link is a secret in a path.
    let path = request.uri().path();
    let end = SECRET_PATHS.iter().filter_map(|secret| path.find(secret)).min();
    let path = path
        .get(..end.unwrap_or(path.len()))
        .unwrap_or_default()
        .to_owned();

    let limit = Duration::from_secs(u64::try_from(app.config.server.request_timeout.0).unwrap_or(30));
    let mut response = match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => render::unavailable(),
    };
    security_headers::apply(response.headers_mut(), app.config.public_url.is_https());
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    let status = response.status().as_u16();
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(target: "keywright::http", %method, path, status, micros, request_id, "request");
    response
}
