//! The cookies of a browser: who it is, its session, who has signed in on it, and the refresh token of a first-party
//! app. `__Host-` and `Secure` on https; without both on http loopback, where some browsers drop secure cookies. None is
//! readable by scripts.

use super::Exchange;
use crate::cx::Cx;
use crate::identity::browser::Browser;
use crate::identity::known_device;
use crate::opaque::Opaque;
use crate::time::Seconds;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// Length of a browser identifier: 32 bytes in base64url.
const BROWSER_ID: usize = 43;

/// The session cookie, if there is exactly one.
pub(super) fn session(headers: &HeaderMap, secure: bool) -> Option<&str> {
    find(headers, name("session", secure))
}

/// The browser cookie, if there is exactly one and it has the right form.
pub(super) fn browser(headers: &HeaderMap, secure: bool) -> Option<&str> {
    let value = find(headers, name("browser", secure))?;
    let well_formed = value.len() == BROWSER_ID
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    well_formed.then_some(value)
}

/// The cookie of known devices, if there is exactly one.
pub(super) fn device(headers: &HeaderMap, secure: bool) -> Option<String> {
    find(headers, name("device", secure)).map(str::to_owned)
}

/// Makes this device known, after a sign-in with all that it asks for; the value is of [`known_device::remember`].
pub fn set_device(cx: &Cx, response: &mut Response, cookie: &str) {
    set(cx, response, "device", cookie, known_device::LIFETIME.0);
}

/// The refresh token of a first-party app, if there is exactly one.
pub(super) fn refresh(headers: &HeaderMap, secure: bool) -> Option<&str> {
    find(headers, name("refresh", secure))
}

/// Whether there is a refresh cookie, good or not.
pub(super) fn has_refresh(headers: &HeaderMap, secure: bool) -> bool {
    all(headers, name("refresh", secure)).next().is_some()
}

/// Sets the refresh cookie, or removes it with a lifetime of zero. No other site's request ever carries it.
pub(super) fn set_refresh(cx: &Cx, response: &mut Response, value: &str, max_age: Seconds) {
    set(cx, response, "refresh", value, max_age.0);
}

/// Sets the session cookie after a sign-in.
pub fn set_session(cx: &Cx, response: &mut Response, cookie: &Opaque) {
    set(
        cx,
        response,
        "session",
        cookie.expose(),
        cx.app.config.sessions.absolute.0,
    );
}

/// Removes the session cookie, if the request came with it. Another site can post here without cookies; the answer
/// must not sign the person out.
pub fn clear_session(exchange: &Exchange, response: &mut Response) {
    let cx = &exchange.cx;
    let secure = cx.app.config.public_url.is_https();
    if all(&exchange.headers, name("session", secure)).next().is_none() {
        return;
    }
    set(cx, response, "session", "", 0);
    if secure {
        // Not "cookies", which are those of the whole registrable domain. On http loopback other programs share the
        // host name: nothing there is ours alone.
        let header = HeaderValue::from_static("\"cache\", \"storage\"");
        response.headers_mut().insert("clear-site-data", header);
    }
}

/// Sets the browser cookie, if it is new.
pub fn set_browser(cx: &Cx, response: &mut Response, browser: &Browser) {
    if browser.is_new {
        set(
            cx,
            response,
            "browser",
            &browser.id,
            cx.app.config.sessions.absolute.0,
        );
    }
}

fn set(cx: &Cx, response: &mut Response, which: &'static str, value: &str, max_age: i64) {
    let secure = cx.app.config.public_url.is_https();
    let flag = if secure { "; Secure" } else { "" };
    let same_site = if which == "refresh" { "Strict" } else { "Lax" };
    let cookie = format!(
        "{}={value}; Path=/; HttpOnly; SameSite={same_site}; Max-Age={max_age}{flag}",
        name(which, secure)
    );
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn name(which: &'static str, secure: bool) -> &'static str {
    match (which, secure) {
        ("session", true) => "__Host-kw-session",
        ("session", false) => "kw-session",
        ("device", true) => "__Host-kw-device",
        ("device", false) => "kw-device",
        ("refresh", true) => "__Host-kw-refresh",
        ("refresh", false) => "kw-refresh",
        (_, true) => "__Host-kw-browser",
        (_, false) => "kw-browser",
    }
}

/// The one cookie of this name. Two are a sign of tampering from a sibling domain: then there is none.
fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = all(headers, name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn all<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(key, _)| *key == name)
        .map(|(_, value)| value)
}
