//! Headers of every response, added outermost so that errors have them too.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// For everything that is not a page: nothing may load or frame it.
const CSP_DATA: &str = "default-src 'none'; frame-ancestors 'none'";

/// For pages whose form stays here.
pub(super) const CSP_PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// For pages whose form can end at a client: browsers apply `form-action` to the whole chain of redirects, so any
/// value would stop "Allow" from arriving.
pub(super) const CSP_TO_CLIENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every response has, unless its handler has said otherwise. Values are checked when this is compiled.
static ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CSP_DATA),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

static HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Adds the headers that are missing.
pub(super) fn apply(headers: &mut HeaderMap, https: bool) {
    headers.reserve(ALWAYS.len() + 2); // with that for https, and the name of the request
    for (name, value) in &ALWAYS {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    if https {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert_with(|| HSTS.clone());
    }
}
