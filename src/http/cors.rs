//! CORS per endpoint, fixed in code: public documents and the endpoints that scripts of other origins call, both
//! without credentials. Pages, introspection and sign-out: never.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What a family of endpoints allows to other origins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cors {
    /// Anyone may read; nothing secret is there.
    Document,
    /// Anyone may call and read; no cookie is looked at.
    Api,
    /// Nobody.
    Never,
}

const EXPOSED: &str = "www-authenticate, retry-after";
const HEADERS: &str = "authorization, content-type, mcp-protocol-version";

impl Cors {
    /// Adds the headers of a response.
    pub fn apply(self, headers: &mut HeaderMap) {
        if self == Self::Never {
            return;
        }
        insert(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        if self == Self::Api {
            insert(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}

/// Answers a preflight for a document.
pub(super) async fn preflight_document() -> Response {
    preflight(Cors::Document, "GET")
}

/// Answers a preflight for an endpoint that is posted to.
pub(super) async fn preflight_api() -> Response {
    preflight(Cors::Api, "GET, POST")
}

fn preflight(cors: Cors, methods: &'static str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    cors.apply(headers);
    insert(headers, header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    insert(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    insert(headers, header::ACCESS_CONTROL_MAX_AGE, "7200");
    response
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
