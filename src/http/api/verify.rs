//! `GET /auth/verify`: what nginx, Caddy and Traefik ask before they let a request through.
//! 200 with `X-Auth-*`, 401, 403; 429 after many wrong API keys and 503 in an outage, which no proxy takes for a yes.

use super::ApiError;
use super::error::{Problem, json_response};
use crate::cx::Cx;
use crate::http::{Exchange, api_keys, protocol, render};
use crate::identity::login_limit::{Key, Refused};
use crate::oauth::api_key::PREFIX;
use crate::oauth::error::{ErrorCode, Failure, Refusal};
use crate::oauth::forward_auth::{self, Identity, Rule};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

const LOGIN: HeaderName = HeaderName::from_static("x-auth-login");

/// `GET /auth/verify`.
pub(in crate::http) async fn verify(exchange: Exchange) -> Response {
    let mut response = match identify(&exchange).await {
        Ok(identity) => known(&identity),
        Err((problem, rule)) => {
            let login = login_address(&exchange).filter(|_| problem.error == ApiError::InvalidToken);
            match login {
                Some(login) if rule.is_some_and(|rule| rule.redirect) => render::see_other(&login),
                login => {
                    let mut response = problem.response();
                    if let Some(Ok(login)) = login.as_deref().map(HeaderValue::from_str) {
                        response.headers_mut().insert(LOGIN, login);
                    }
                    response
                }
            }
        }
    };
    response.headers_mut().insert(
        header::VARY,
        HeaderValue::from_static("Authorization, Cookie, X-API-Key"),
    );
    response
}

/// `GET /auth/return`: the end of a sign-in that a proxy asked for.
pub(in crate::http) async fn back(exchange: Exchange) -> Response {
    let query = exchange.query().unwrap_or_default();
    let name = query.optional("to").ok().flatten().unwrap_or_default();
    match forward_auth::recalled(&exchange.cx.app.config, name) {
        Some(address) => render::see_other(&address),
        None => render::not_found(&exchange.cx),
    }
}

async fn identify(exchange: &Exchange) -> Result<Identity, (Problem, Option<Rule>)> {
    let cx = &exchange.cx;
    let rule = exchange.query().and_then(|query| Rule::parse(&query));
    let rule = if has_empty_parameter(exchange) {
        Err(empty_parameter())
    } else {
        rule
    };
    let rule = rule.map_err(|refusal| (Problem::of(cx, refusal, ApiError::InvalidRequest), None))?;
    let failed = |failure| Problem::of(cx, failure, ApiError::InvalidToken);
    let identity = match presented(exchange) {
        Ok(Some(key)) if key.starts_with(PREFIX) => by_key(cx, &rule, &key).await,
        Ok(Some(token)) => forward_auth::by_token(cx, &rule, &token).await.map_err(failed),
        Ok(None) => by_session(exchange, &rule).await.map_err(failed),
        Err(failure) => Err(failed(failure)),
    };
    identity.map_err(|problem| (problem, Some(rule)))
}

/// The token or key in a header. One way to say who one is: a header that is not good is not made up for by a cookie.
fn presented(exchange: &Exchange) -> Result<Option<String>, Failure> {
    let key = api_keys::in_header(&exchange.headers);
    match (exchange.headers.contains_key(header::AUTHORIZATION), key) {
        (true, Some(_)) => Err(twice().into()),
        (true, None) => match protocol::bearer_in_header(exchange)? {
            Some(token) => Ok(Some(token)),
            None => Err(nobody()),
        },
        (false, key) => Ok(key.map(str::to_owned)),
    }
}

async fn by_session(exchange: &Exchange, rule: &Rule) -> Result<Identity, Failure> {
    let browser = exchange.browser().await?;
    let session = browser.session.as_ref().ok_or_else(nobody)?;
    forward_auth::by_session(rule, session)
}

/// Wrong keys are counted (AC-243). A good one is never refused for the wrong ones of others behind the same address.
async fn by_key(cx: &Cx, rule: &Rule, key: &str) -> Result<Identity, Problem> {
    let failure = match forward_auth::by_key(cx, rule, key).await {
        Ok(identity) => return Ok(identity),
        Err(failure) => failure,
    };
    let is_wrong = matches!(&failure, Failure::Refused(refusal) if refusal.code == ErrorCode::InvalidToken);
    if !is_wrong {
        return Err(Problem::of(cx, failure, ApiError::InvalidToken));
    }
    let counted = cx.app.api_key_limit.reserve(&[Key::ip(cx.ip)], cx.now).await;
    Err(match counted {
        Ok(_) => Problem::of(cx, failure, ApiError::InvalidToken),
        Err(Refused::TooMany(wait)) => Problem::too_many(wait),
        Err(Refused::Fault(fault)) => Problem::of(cx, fault, ApiError::InvalidToken),
    })
}

/// `?role=` asks for something and does not say what: it must not count as no rule.
fn has_empty_parameter(exchange: &Exchange) -> bool {
    let query = exchange.uri.query().unwrap_or_default();
    query
        .split('&')
        .any(|part| !part.is_empty() && part.split_once('=').is_none_or(|(_, value)| value.is_empty()))
}

fn empty_parameter() -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, "A parameter has no value.")
}

fn twice() -> Refusal {
    Refusal::new(
        ErrorCode::InvalidRequest,
        "There is a key and an Authorization header.",
    )
}

fn nobody() -> Failure {
    Refusal::new(ErrorCode::InvalidToken, "Nobody is signed in.").into()
}

/// Every header is there, if only empty: what a visitor sent under these names is always replaced.
fn known(identity: &Identity) -> Response {
    let mut response = json_response(&serde_json::json!({}));
    let headers = response.headers_mut();
    let roles: Vec<String> = identity.roles.iter().map(|role| escaped(role)).collect();
    set(headers, "x-auth-user", &escaped(&identity.user));
    set(headers, "x-auth-email", &escaped(&identity.email));
    set(headers, "x-auth-roles", &roles.join(","));
    response
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Percent-encodes what could end a header or an item of a list.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b',' | b'%' => out.push_str(&format!("%{byte:02X}")),
            _ if byte.is_ascii_graphic() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The sign-in page, for a person who opens a page; it leads back where that is safe. A script or a token gets none.
fn login_address(exchange: &Exchange) -> Option<String> {
    let is_read = matches!(exchange.header("x-forwarded-method"), None | Some("GET" | "HEAD"));
    let wants_page = exchange
        .header("accept")
        .is_some_and(|accept| accept.contains("text/html"));
    let is_program = exchange.headers.contains_key(header::AUTHORIZATION)
        || api_keys::in_header(&exchange.headers).is_some();
    if !is_read || !wants_page || is_program {
        return None;
    }
    let config = &exchange.cx.app.config;
    let asked = |name| exchange.header(name).unwrap_or_default();
    let address = format!(
        "{}://{}{}",
        asked("x-forwarded-proto"),
        asked("x-forwarded-host"),
        asked("x-forwarded-uri")
    );
    let flow = match forward_auth::remembered(config, &address) {
        Some(name) => format!("?flow=return.{name}"),
        None => String::new(),
    };
    Some(config.public_url.url(&format!("/login{flow}")))
}
