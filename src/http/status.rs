//! `GET /status` and `/status/{list}`: token status lists (draft-ietf-oauth-status-list §8, §9). Tests: tests/it/status.rs.

use super::cors::Cors;
use super::{Exchange, render};
use crate::oauth::status::{self, Document};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The addresses of all lists.
pub(super) async fn all(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    match status::aggregation(cx).await {
        Ok(answer) => cached(
            cx.app.config.tokens.status_ttl.0,
            render::json(Cors::Document, &answer),
        ),
        Err(fault) => render::json_error(cx, Cors::Document, fault.into()),
    }
}

/// One list.
pub(super) async fn list(Path(list): Path<String>, exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    match exchange
        .query()
        .and_then(|query| query.optional("time").map(|time| time.is_some()))
    {
        Ok(false) => {}
        // draft-ietf-oauth-status-list §8.4: no list of an earlier time is kept.
        Ok(true) => return bare(StatusCode::NOT_IMPLEMENTED),
        Err(refusal) => return render::json_error(cx, Cors::Document, refusal.into()),
    }
    // A list has one address: no sign, no leading zero.
    let number = list
        .parse::<i64>()
        .ok()
        .filter(|number| number.to_string() == list);
    let Some(number) = number else {
        return bare(StatusCode::NOT_FOUND);
    };
    match status::list(cx, number).await {
        Ok(Some(document)) => cached(
            cx.app.config.tokens.status_ttl.0,
            answer(&document, exchange.header("if-none-match")),
        ),
        Ok(None) => bare(StatusCode::NOT_FOUND),
        Err(fault) => render::json_error(cx, Cors::Document, fault.into()),
    }
}

fn answer(document: &Document, known: Option<&str>) -> Response {
    let mut response = match known.is_some_and(|known| has(known, &document.etag)) {
        true => bare(StatusCode::NOT_MODIFIED),
        false => Response::new(Body::from(document.token.clone())),
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/statuslist+jwt"),
    );
    if let Ok(etag) = HeaderValue::from_str(&document.etag) {
        headers.insert(header::ETAG, etag);
    }
    Cors::Document.apply(headers);
    response
}

/// RFC 9110 §13.1.2
fn has(known: &str, etag: &str) -> bool {
    let mut known = known.split(',').map(str::trim);
    known.any(|known| known == "*" || known.trim_start_matches("W/") == etag)
}

fn cached(ttl: i64, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.remove(header::PRAGMA);
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={ttl}")) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    response
}

/// Without a body; readable to scripts, so that they see why.
fn bare(status: StatusCode) -> Response {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Cors::Document.apply(headers);
    response
}
