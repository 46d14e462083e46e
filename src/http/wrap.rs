//! Around every request: its name, its time limit, its headers, its line in the log.

use super::exchange::RequestId;
use super::protocol::panicked;
use super::{api_keys, render, security_headers};
use crate::app::App;
use crate::id;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Method, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tracing::Level;

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
    let line = tracing::enabled!(target: "keywright::http", Level::DEBUG).then(|| Line::begin(&request));
    let request_id = id::random::<12>(&*app.entropy);
    request.extensions_mut().insert(RequestId(request_id.clone()));
    let mut response = match api_keys::refused(&app, &request) {
        Some(refused) => refused,
        None => guarded(app.config.server.request_timeout.into(), next.run(request)).await,
    };
    let headers = response.headers_mut();
    security_headers::apply(headers, app.config.public_url.is_https());
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    if let Some(line) = line {
        line.end(&response, &request_id);
    }
    response
}

/// The handler's answer, or what is answered in its place. Not a layer each for the limit and for panics: the futures of
/// layers are boxed, on the way of every request.
async fn guarded(limit: Duration, handler: impl Future<Output = Response>) -> Response {
    let (mut handler, mut timer) = (pin!(handler), pin!(None));
    poll_fn(|cx| {
        // What a panic leaves behind is not looked at again: locks recover, and the request's own values end with it.
        match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
            Ok(Poll::Ready(answer)) => return Poll::Ready(answer),
            Ok(Poll::Pending) => {}
            Err(_panic) => return Poll::Ready(panicked()),
        }
        // Whoever waits for nothing needs no timer.
        if timer.is_none() {
            timer.set(Some(tokio::time::sleep(limit)));
        }
        match timer.as_mut().as_pin_mut() {
            Some(timer) => timer.poll(cx).map(|()| render::unavailable()),
            None => Poll::Pending,
        }
    })
    .await
}

/// What the log says of a request.
struct Line {
    started: Instant,
    method: Method,
    path: String,
}

impl Line {
    fn begin(request: &Request<Body>) -> Self {
        // The path only: queries hold codes and hints. A one-time link is a secret in a path.
        let path = request.uri().path();
        let end = SECRET_PATHS.iter().filter_map(|secret| path.find(secret)).min();
        Self {
            started: Instant::now(),
            method: request.method().clone(),
            path: path
                .get(..end.unwrap_or(path.len()))
                .unwrap_or_default()
                .to_owned(),
        }
    }

    fn end(self, response: &Response, request_id: &str) {
        let Self {
            started,
            method,
            path,
        } = self;
        let status = response.status().as_u16();
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(target: "keywright::http", %method, path, status, micros, request_id, "request");
    }
}

#[cfg(test)]
mod tests {
    use super::guarded;
    use axum::response::Response;
    use std::future::{pending, poll_fn};
    use std::task::Poll;
    use std::time::Duration;

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_for_and_so_is_one_that_never_ends() {
        let panics = poll_fn(|_| -> Poll<Response> { unreachable!("on purpose") });
        assert_eq!(guarded(Duration::from_secs(60), panics).await.status(), 500);
        assert_eq!(guarded(Duration::from_millis(1), pending()).await.status(), 503);
    }
}
