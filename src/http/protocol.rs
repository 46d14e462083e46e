//! Shims between HTTP and the protocol: parse, call, render. No decision is made here.

use super::cors::Cors;
use super::{Exchange, render};
use crate::app::App;
use crate::oauth::error::{ErrorCode, Refusal};
use crate::oauth::{device, introspect, revoke, token, userinfo};
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// `GET /.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`.
pub(super) async fn discovery(State(app): State<Arc<App>>) -> Response {
    render::document(app.documents().discovery.clone())
}

/// `GET /jwks`.
pub(super) async fn jwks(State(app): State<Arc<App>>) -> Response {
    render::document(app.documents().jwks.clone())
}

/// `POST /token`.
pub(super) async fn token(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let answer = match exchange.client_request() {
        Ok(request) => token::token(cx, &request).await,
        Err(refusal) => Err(refusal.into()),
    };
    match answer {
        Ok(tokens) => render::json_text(Cors::Api, tokens.to_json()),
        Err(failure) => render::json_error(cx, Cors::Api, failure),
    }
}

/// `POST /introspect`.
pub(super) async fn introspect(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let answer = match exchange.client_request() {
        Ok(request) => introspect::introspect(cx, &request).await,
        Err(refusal) => Err(refusal.into()),
    };
    match answer {
        Ok(answer) => render::json(Cors::Never, &answer),
        Err(failure) => render::json_error(cx, Cors::Never, failure),
    }
}

/// `POST /revoke`.
pub(super) async fn revoke(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let answer = match exchange.client_request() {
        Ok(request) => revoke::revoke(cx, &request).await,
        Err(refusal) => Err(refusal.into()),
    };
    match answer {
        Ok(()) => render::json(Cors::Api, &serde_json::json!({})),
        Err(failure) => render::json_error(cx, Cors::Api, failure),
    }
}

/// `POST /device_authorization`.
pub(super) async fn device_authorization(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let answer = match exchange.client_request() {
        Ok(request) => device::authorize_device(cx, &request).await,
        Err(refusal) => Err(refusal.into()),
    };
    match answer {
        Ok(answer) => render::json(Cors::Api, &answer),
        Err(failure) => render::json_error(cx, Cors::Api, failure),
    }
}

/// `GET` and `POST /userinfo`.
pub(super) async fn userinfo(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let token = match bearer_token(&exchange) {
        Ok(Some(token)) => token,
        Ok(None) => return render::bearer_error(cx, None),
        Err(refusal) => return render::bearer_error(cx, Some(refusal.into())),
    };
    match userinfo::userinfo(cx, &token).await {
        Ok(claims) => render::json(Cors::Api, &claims),
        Err(failure) => render::bearer_error(cx, Some(failure)),
    }
}

/// RFC 6750 §2: one token, in the header or in a form; never in the address.
fn bearer_token(exchange: &Exchange) -> Result<Option<String>, Refusal> {
    if exchange.query()?.optional("access_token")?.is_some() {
        return Err(unreadable("An access token in the address is not accepted."));
    }
    let in_body = match exchange.method == Method::POST && !exchange.body().is_empty() {
        true => exchange.form()?.optional("access_token")?.map(str::to_owned),
        false => None,
    };
    match (bearer_in_header(exchange)?, in_body) {
        (Some(_), Some(_)) => Err(unreadable("The access token is sent in more than one way.")),
        (in_header, in_body) => Ok(in_header.or(in_body)),
    }
}

/// RFC 6750 §2.1: the token of the one `Authorization` header.
pub(super) fn bearer_in_header(exchange: &Exchange) -> Result<Option<String>, Refusal> {
    match exchange.authorization()?.as_slice() {
        [] => Ok(None),
        [one] => match one.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok(Some(token.trim_start().to_owned()))
            }
            _ => Err(unreadable("The Authorization header is not Bearer and a token.")),
        },
        _ => Err(unreadable("There is more than one Authorization header.")),
    }
}

fn unreadable(text: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, text)
}

/// `GET /healthz`: the process lives.
pub(super) async fn healthz() -> Response {
    "ok\n".into_response()
}

/// `GET /readyz`: database and keys are there, and the server is not about to stop.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let ready = !app.is_draining() && !app.keyring.set().algs().is_empty() && app.db.ping().await.is_ok();
    if ready {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
    }
}

/// Anything else.
pub(super) async fn not_found(exchange: Exchange) -> Response {
    render::not_found(&exchange.cx)
}

/// A panic in a handler: the request fails, the process lives (AC-287).
pub(super) fn panicked() -> Response {
    tracing::error!("a handler panicked");
    let failure = serde_json::json!({ "error": ErrorCode::ServerError.name() });
    let mut response = render::json(Cors::Never, &failure);
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
