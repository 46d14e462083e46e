//! Forms: one content type, strict UTF-8, duplicates kept for the protocol to refuse, query and body never merged.

use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::params::Params;
use axum::http::{HeaderMap, Uri, header};

/// Reads the body of a form post (RFC 6749 appendix B).
///
/// # Errors
/// `invalid_request`: another content type, parameters in the query, or text that is not valid.
pub(super) fn parse(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Params, Refusal> {
    let refused = |description| Refusal::new(ErrorCode::InvalidRequest, description);
    if uri.query().is_some_and(|query| !query.is_empty()) {
        // Secrets in addresses end in logs (RFC 6749 §2.3.1, RFC 9700 §4.2.4).
        return Err(refused(
            "Parameters belong in the request body, not in the address.",
        ));
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(is_form) {
        return Err(refused(
            "The request body must be application/x-www-form-urlencoded.",
        ));
    }
    Params::parse(body)
}

fn is_form(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && parts.all(|parameter| parameter.is_empty() || parameter.eq_ignore_ascii_case("charset=utf-8"))
}
