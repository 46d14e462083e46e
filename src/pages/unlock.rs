//! `/unlock/<link>`: opens a locked account again. Tests: tests/it/pages/unlock.rs.

use super::layout;
use super::link::{self, Place};
use super::view::{ConfirmLinkPage, LinkAct};
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity::mail_link::Purpose;
use crate::identity::recovery;
use axum::http::StatusCode;
use axum::response::Response;

/// A forgotten password is the way on when the link is gone.
const PLACE: Place = Place {
    purposes: &[Purpose::Unlock],
    again: None,
};

/// Opens the link.
pub async fn open(exchange: Exchange) -> Response {
    link::open(&exchange, &PLACE, |browser, row| {
        let view = ConfirmLinkPage {
            layout: layout(&exchange.cx, None),
            csrf: link::csrf(&exchange.cx, browser),
            action: link::action(&exchange),
            email: row.email.clone(),
            instead_of: None,
            act: LinkAct::Unlock,
        };
        render::page(StatusCode::OK, &view, FormTarget::Here)
    })
    .await
}

/// Unlocks.
pub async fn unlock(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (_, _, row) = match link::posted(&exchange, &PLACE).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    match recovery::unlock(cx, &row).await {
        Ok(true) => link::done(
            cx,
            "Account unlocked",
            "You can sign in with your password again.",
        ),
        Ok(false) => link::gone(cx, &PLACE),
        Err(error) => render::page_error(cx, error.into()),
    }
}
