//! `/account/data`: take along what the server knows, or delete the account. Tests: tests/it/account/data.rs.

use super::{Page, confirmed_visit, visit};
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity::export;
use crate::pages::layout;
use crate::pages::view::DataPage;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

/// Shows what can be done.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = exchange.query().unwrap_or_default();
    match visit(&exchange, Page::Data, &params).await {
        Ok(visit) => {
            let view = DataPage {
                layout: layout(cx, Some(&visit.browser)),
                deletable: cx.app.config.accounts.self_deletion,
            };
            render::page(StatusCode::OK, &view, FormTarget::Here)
        }
        Err(response) => *response,
    }
}

/// The document, as a file.
pub async fn export(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = exchange.query().unwrap_or_default();
    let visit = match confirmed_visit(&exchange, Page::Export, &params).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    match export::document(cx, &visit.user).await {
        Ok(document) => {
            let mut response = render::own_json(&document);
            let name = HeaderValue::from_static("attachment; filename=\"account.json\"");
            response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
            response
        }
        Err(fault) => render::page_error(cx, fault.into()),
    }
}
