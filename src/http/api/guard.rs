//! Who may call `/auth/*` from a browser: our own pages, and the configured origins with credentials (AC-095, AC-192).
//! A program that is no browser sends neither `Origin` nor `Sec-Fetch-Site`, and has no cookies of somebody else.

use super::ApiError;
use crate::http::Exchange;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What an origin may do.
enum Origin<'a> {
    /// No browser, or one that stays on our own pages.
    Own,
    /// A configured origin.
    Configured(&'a str),
    /// Any other, also one that hides (`null`).
    Other,
}

fn origin(exchange: &Exchange) -> Origin<'_> {
    let config = &exchange.cx.app.config;
    let mut values = exchange.headers.get_all(header::ORIGIN).iter();
    let (first, second) = (values.next(), values.next());
    let named = match (first.map(HeaderValue::to_str), second) {
        (None, None) => None,
        (Some(Ok(origin)), None) => Some(origin),
        _ => return Origin::Other,
    };
    let site = exchange.headers.get("sec-fetch-site").map(HeaderValue::to_str);
    let same_origin = site.map(|site| site.is_ok_and(|site| site == "same-origin"));
    match (named, same_origin) {
        (None, None | Some(true)) => Origin::Own,
        (Some(origin), None | Some(true)) if origin == config.public_url.origin() => Origin::Own,
        (Some(origin), None | Some(false)) if config.api.origins.iter().any(|known| known == origin) => {
            Origin::Configured(origin)
        }
        _ => Origin::Other,
    }
}

/// Lets a post through: from an allowed origin, announced as JSON, which another site's form cannot do.
///
/// # Errors
/// `origin_not_allowed`, `unsupported_media_type`.
pub(super) fn post(exchange: &Exchange) -> Result<(), ApiError> {
    if let Origin::Other = origin(exchange) {
        return Err(ApiError::OriginNotAllowed);
    }
    if !is_json(exchange.header("content-type").unwrap_or_default()) {
        return Err(ApiError::UnsupportedMediaType);
    }
    Ok(())
}

/// RFC 8259 §8.1: JSON is UTF-8; another charset is a sign of trouble.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/json")
        && parts.all(|parameter| parameter.is_empty() || parameter.eq_ignore_ascii_case("charset=utf-8"))
}

/// Adds to an answer what a configured origin needs to read it.
pub(super) fn finish(exchange: &Exchange, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Origin, Cookie"));
    if let Origin::Configured(origin) = origin(exchange)
        && let Ok(origin) = HeaderValue::from_str(origin)
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        insert(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        insert(
            headers,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "www-authenticate, retry-after",
        );
    }
}

/// Answers a preflight: only a configured origin learns what it may send.
pub(super) fn preflight(exchange: &Exchange, methods: &'static str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    finish(exchange, &mut response);
    let headers = response.headers_mut();
    if headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS).is_some() {
        insert(headers, header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        insert(
            headers,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type",
        );
        insert(headers, header::ACCESS_CONTROL_MAX_AGE, "600");
    }
    response
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
