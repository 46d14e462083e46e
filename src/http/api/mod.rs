//! `/auth/*`: sign-in by JSON for first-party apps. The access token goes into the answer, the refresh token into a
//! cookie that no script can read. Tests: tests/it/auth/.

mod body;
mod error;
mod guard;
mod login;
mod openapi;
mod verify;

use super::{Exchange, cookies, protocol};
use crate::cx::Cx;
use crate::oauth::first_party::{self, Tokens};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
pub use error::ApiError;
use error::{Problem, json_response};
pub(super) use login::{login, second_step};
use serde_json::json;
pub(super) use verify::{back, verify};

type Answer = Result<Response, Problem>;

/// `POST /auth/refresh`.
pub(super) async fn refresh(exchange: Exchange) -> Response {
    let answer = replace(&exchange).await;
    let is_over = matches!(&answer, Err(problem) if problem.error == ApiError::InvalidRefreshToken);
    let mut response = finish(&exchange, answer);
    if is_over {
        clear_cookie(&exchange, &mut response);
    }
    response
}

async fn replace(exchange: &Exchange) -> Answer {
    guard::post(exchange)?;
    // A refresh token anywhere but in the cookie is not looked at (AC-096).
    let cookie = refresh_cookie(exchange).ok_or(ApiError::InvalidRefreshToken)?;
    body::empty(exchange.body())?;
    let cx = &exchange.cx;
    let tokens = first_party::refresh(cx, cookie).await;
    let tokens = tokens.map_err(|failure| Problem::of(cx, failure, ApiError::InvalidRefreshToken))?;
    Ok(with_cookie(cx, &tokens))
}

/// `POST /auth/logout`.
pub(super) async fn logout(exchange: Exchange) -> Response {
    let answer = end(&exchange).await;
    let is_done = answer.is_ok();
    let mut response = finish(&exchange, answer);
    if is_done {
        clear_cookie(&exchange, &mut response);
    }
    response
}

async fn end(exchange: &Exchange) -> Answer {
    guard::post(exchange)?;
    body::empty(exchange.body())?;
    let cx = &exchange.cx;
    let failed = |fault| Problem::of(cx, fault, ApiError::ServerError);
    if let Some(cookie) = refresh_cookie(exchange) {
        first_party::end(cx, cookie).await.map_err(failed)?;
    }
    if let Some(token) = bearer(exchange) {
        first_party::deny(cx, &token).await.map_err(failed)?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /auth/me`.
pub(super) async fn me(exchange: Exchange) -> Response {
    let answer = whoami(&exchange).await;
    finish(&exchange, answer)
}

async fn whoami(exchange: &Exchange) -> Answer {
    let token = bearer(exchange).ok_or(ApiError::InvalidToken)?;
    let claims = first_party::me(&exchange.cx, &token).await;
    let claims = claims.map_err(|failure| Problem::of(&exchange.cx, failure, ApiError::InvalidToken))?;
    Ok(json_response(&claims.into()))
}

/// `GET /auth/openapi.json`.
pub(super) async fn openapi(exchange: Exchange) -> Response {
    super::render::document(openapi::document(&exchange.cx.app.config).to_string().into())
}

/// Answers a preflight for an endpoint that is posted to.
pub(super) async fn preflight_post(exchange: Exchange) -> Response {
    guard::preflight(&exchange, "POST")
}

/// Answers a preflight for an endpoint that is read.
pub(super) async fn preflight_get(exchange: Exchange) -> Response {
    guard::preflight(&exchange, "GET")
}

fn finish(exchange: &Exchange, answer: Answer) -> Response {
    let mut response = answer.unwrap_or_else(|problem| problem.response());
    guard::finish(exchange, &mut response);
    response
}

fn with_cookie(cx: &Cx, tokens: &Tokens) -> Response {
    let mut response = json_response(&json!({
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
    }));
    cookies::set_refresh(
        cx,
        &mut response,
        &tokens.refresh_token,
        tokens.refresh_expires_in,
    );
    response
}

/// Removes the cookie, if the request came with one: another site's post comes without (`SameSite=Strict`).
fn clear_cookie(exchange: &Exchange, response: &mut Response) {
    if cookies::has_refresh(&exchange.headers, is_https(exchange)) {
        cookies::set_refresh(&exchange.cx, response, "", crate::time::Seconds(0));
    }
}

fn refresh_cookie(exchange: &Exchange) -> Option<&str> {
    cookies::refresh(&exchange.headers, is_https(exchange))
}

fn is_https(exchange: &Exchange) -> bool {
    exchange.cx.app.config.public_url.is_https()
}

/// The one bearer token of the `Authorization` header.
fn bearer(exchange: &Exchange) -> Option<String> {
    protocol::bearer_in_header(exchange).ok().flatten()
}
