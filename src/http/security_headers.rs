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

/// Adds the headers that are missing.
pub(super) fn apply(headers: &mut HeaderMap, https: bool) {
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::REFERRER_POLICY, "no-referrer");
    set(headers, header::X_FRAME_OPTIONS, "DENY");
    set(headers, header::CONTENT_SECURITY_POLICY, CSP_DATA);
    set(
        headers,
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set(headers, header::CACHE_CONTROL, "no-store");
    if https {
        set(
            headers,
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        );
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
