//! `/verify-email`: shows that an address is the user's. Tests: tests/it/pages/verify_email.rs.

use super::link::{self, Place};
use super::view::{ConfirmLinkPage, LinkAct, MailRequest};
use super::{layout, mail_request};
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity::mail_link::Purpose;
use crate::identity::recovery;
use axum::http::StatusCode;
use axum::response::Response;

const PLACE: Place = Place {
    purposes: &[Purpose::Verify],
    again: Some("/verify-email"),
};

/// Asks for the address.
pub async fn show(exchange: Exchange) -> Response {
    if !exchange.cx.app.config.sends_mail() {
        return render::not_found(&exchange.cx);
    }
    mail_request::show(&exchange, MailRequest::Verify).await
}

/// Sends the link.
pub async fn submit(exchange: Exchange) -> Response {
    if !exchange.cx.app.config.sends_mail() {
        return render::not_found(&exchange.cx);
    }
    mail_request::submit(&exchange, MailRequest::Verify).await
}

/// Opens the link.
pub async fn open(exchange: Exchange) -> Response {
    link::open(&exchange, &PLACE, |browser, row| {
        let view = ConfirmLinkPage {
            layout: layout(&exchange.cx, None),
            csrf: link::csrf(&exchange.cx, browser),
            action: link::action(&exchange),
            email: row.email.clone(),
            instead_of: None,
            act: LinkAct::Verify,
        };
        render::page(StatusCode::OK, &view, FormTarget::Here)
    })
    .await
}

/// Confirms the address.
pub async fn confirm(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (_, _, row) = match link::posted(&exchange, &PLACE).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    match recovery::verify(cx, &row).await {
        Ok(true) => link::done(cx, "Email address confirmed", "The address is yours. Thank you."),
        Ok(false) => link::gone(cx, &PLACE),
        Err(error) => render::page_error(cx, error.into()),
    }
}
