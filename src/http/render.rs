//! The only renderers of errors: JSON, bearer challenge, page, redirect. Which one is chosen by the endpoint.
//! A refusal is logged with what only we may know; a fault is logged once and shown as `server_error`.

use super::cors::Cors;
use super::security_headers::{CSP_PAGE, CSP_TO_CLIENT};
use crate::cx::Cx;
use crate::oauth::authorize::Response as AuthorizationResponse;
use crate::oauth::error::{ErrorCode, Failure, Fault, Refusal};
use crate::pages;
use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

/// Where the form of a page may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormTarget {
    /// On this server.
    Here,
    /// At a client.
    Client,
}

/// A JSON answer.
pub fn json(cors: Cors, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => json_bytes(StatusCode::OK, cors, body),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A JSON answer that is written already.
pub(super) fn json_text(cors: Cors, text: String) -> Response {
    json_bytes(StatusCode::OK, cors, text)
}

/// A JSON answer to a script of our own pages.
pub fn own_json(body: &impl Serialize) -> Response {
    json(Cors::Never, body)
}

fn json_bytes(status: StatusCode, cors: Cors, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store")); // RFC 6749 §5.1
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    cors.apply(headers);
    response
}

/// A public document that may be cached for five minutes.
pub fn document(body: Bytes) -> Response {
    let mut response = json_bytes(StatusCode::OK, Cors::Document, body);
    let headers = response.headers_mut();
    headers.remove(header::PRAGMA);
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    response
}

/// RFC 6749 §5.2.
#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    error_description: &'a str,
}

/// The error of an endpoint that clients call.
pub fn json_error(cx: &Cx, cors: Cors, failure: Failure) -> Response {
    let (code, description, retry) = logged(cx, failure);
    let (name, status, _) = code.row();
    let body = ErrorBody {
        error: name,
        error_description: description,
    };
    let mut response = json_bytes(
        status_of(status),
        cors,
        serde_json::to_vec(&body).unwrap_or_default(),
    );
    if code == ErrorCode::InvalidClient {
        // RFC 9110 §15.5.2: a 401 names a scheme.
        let challenge = HeaderValue::from_static("Basic realm=\"keywright\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    set_retry(&mut response, retry);
    response
}

/// The error of an endpoint that takes a bearer token (RFC 6750 §3). `None`: there was no token at all.
pub fn bearer_error(cx: &Cx, failure: Option<Failure>) -> Response {
    let Some(failure) = failure else {
        // RFC 6750 §3.1: no error code for a request without credentials.
        let mut response = json_bytes(StatusCode::UNAUTHORIZED, Cors::Api, b"{}".to_vec());
        let challenge = HeaderValue::from_static("Bearer realm=\"keywright\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        return response;
    };
    let (code, description, retry) = logged(cx, failure);
    let (name, status, _) = code.row();
    let body = ErrorBody {
        error: name,
        error_description: description,
    };
    let mut response = json_bytes(
        status_of(status),
        Cors::Api,
        serde_json::to_vec(&body).unwrap_or_default(),
    );
    let challenge =
        format!("Bearer realm=\"keywright\", error=\"{name}\", error_description=\"{description}\"");
    if status < 500
        && let Ok(challenge) = HeaderValue::from_str(&challenge)
    {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    set_retry(&mut response, retry);
    response
}

/// A page.
pub fn page(status: StatusCode, template: &impl Template, target: FormTarget) -> Response {
    let Ok(body) = template.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    let csp = match target {
        FormTarget::Here => CSP_PAGE,
        FormTarget::Client => CSP_TO_CLIENT,
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(csp));
    response
}

/// The error page.
pub fn page_error(cx: &Cx, failure: Failure) -> Response {
    let (parameter, is_refusal) = match &failure {
        Failure::Refused(refusal) => (refusal.parameter, true),
        Failure::Fault(_) => (None, false),
    };
    let (code, description, retry) = logged(cx, failure);
    let status = if is_refusal {
        StatusCode::BAD_REQUEST
    } else {
        status_of(code.row().1)
    };
    let template = pages::error::view(cx, code, description, parameter);
    let mut response = page(status, &template, FormTarget::Here);
    set_retry(&mut response, retry);
    response
}

/// A form post that is not from a page of ours, or that is too late for one.
pub fn forbidden(cx: &Cx) -> Response {
    tracing::info!(request_id = %cx.request_id, "form post refused: not from our own page");
    page(
        StatusCode::FORBIDDEN,
        &pages::error::forbidden(cx),
        FormTarget::Here,
    )
}

/// A page that does not exist.
pub fn not_found(cx: &Cx) -> Response {
    page(
        StatusCode::NOT_FOUND,
        &pages::error::not_found(cx),
        FormTarget::Here,
    )
}

/// A redirect after a post or a step of a flow: always 303, never one that repeats the post (RFC 9700 §4.12).
pub fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// An authorization response.
pub fn authorization(cx: &Cx, response: AuthorizationResponse) -> Response {
    match response {
        AuthorizationResponse::Redirect(address) => see_other(&address),
        AuthorizationResponse::OpenApp(address, client) => page(
            StatusCode::OK,
            &pages::back_to_app::open(cx, client, address),
            FormTarget::Client,
        ),
        AuthorizationResponse::FormPost {
            action,
            fields,
            client_name,
        } => {
            let template = pages::back_to_app::form_post(cx, action, fields, client_name);
            page(StatusCode::OK, &template, FormTarget::Client)
        }
    }
}

/// The body of a request is too large.
pub(super) fn too_large(cx: &Cx, refusal: &Refusal) -> Response {
    tracing::info!(request_id = %cx.request_id, "request body refused");
    let body = ErrorBody {
        error: refusal.code.name(),
        error_description: refusal.description,
    };
    json_bytes(
        StatusCode::PAYLOAD_TOO_LARGE,
        Cors::Never,
        serde_json::to_vec(&body).unwrap_or_default(),
    )
}

/// A request took too long.
pub(super) fn unavailable() -> Response {
    let body = ErrorBody {
        error: ErrorCode::TemporarilyUnavailable.name(),
        error_description: "",
    };
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let mut response = json_bytes(StatusCode::SERVICE_UNAVAILABLE, Cors::Never, body);
    set_retry(&mut response, Some(2));
    response
}

/// Logs a failure once, and gives what the outside may see: code, description, seconds to wait.
pub(super) fn logged(cx: &Cx, failure: Failure) -> (ErrorCode, &'static str, Option<i64>) {
    let client_id = cx.client_id.get().map_or("", String::as_str);
    match failure {
        Failure::Refused(refusal) => {
            tracing::info!(
                request_id = %cx.request_id,
                client_id,
                error = refusal.code.name(),
                parameter = refusal.parameter.unwrap_or_default(),
                detail = refusal.detail.as_deref().unwrap_or_default(),
                "refused: {}",
                refusal.description,
            );
            (refusal.code, refusal.description, None)
        }
        Failure::Fault(fault) => {
            let code = fault_code(&fault);
            tracing::error!(request_id = %cx.request_id, client_id, error = %fault, "the request failed");
            (
                code,
                "The server could not do this now.",
                fault.retry_after().map(|wait| wait.0),
            )
        }
    }
}

fn fault_code(fault: &Fault) -> ErrorCode {
    if fault.retry_after().is_some() {
        ErrorCode::TemporarilyUnavailable
    } else {
        ErrorCode::ServerError
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Says after how many seconds to try again.
pub fn set_retry(response: &mut Response, seconds: Option<i64>) {
    if let Some(seconds) = seconds {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}
