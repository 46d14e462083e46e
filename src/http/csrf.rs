//! Cross-site requests: SameSite cookies, the browser's own word on where a post comes from, and a token bound to
//! browser, session and form. A post must pass all that are there. Tests: tests/it/pages/csrf.rs.

use super::Exchange;
use crate::identity::browser::Browser;
use crate::oauth::params::Params;

/// Whether the post comes from a page of ours, shown to this browser in this session.
pub fn check(exchange: &Exchange, browser: &Browser, form: &Params, name: &str) -> bool {
    let token = form.optional("csrf").ok().flatten().unwrap_or_default();
    same_origin(exchange) && browser.csrf_matches(&exchange.cx.app.vault, name, token)
}

fn same_origin(exchange: &Exchange) -> bool {
    let config = &exchange.cx.app.config;
    let origin = exchange.header("origin");
    match (exchange.header("sec-fetch-site"), origin) {
        // Under `Referrer-Policy: no-referrer` browsers send `Origin: null` even from the page itself.
        (Some(site), None | Some("null")) => site == "same-origin",
        (Some(site), Some(origin)) => site == "same-origin" && origin == config.public_url.origin(),
        // Browsers send no `Sec-Fetch-Site` over plain http outside loopback, which the operator must have allowed.
        (None, Some("null")) => config.server.insecure_http && !config.public_url.is_https(),
        (None, Some(origin)) => origin == config.public_url.origin(),
        (None, None) => true,
    }
}
