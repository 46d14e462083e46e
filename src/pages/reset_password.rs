//! `/reset-password`: a new password by mail. It signs nobody in. Tests: tests/it/pages/reset_password.rs.

use super::link::{self, Place};
use super::view::MailRequest;
use super::{mail_request, setup};
use crate::cx::Cx;
use crate::http::{Exchange, render};
use crate::identity::mail_link::{self, Purpose};
use crate::identity::{recovery, users};
use crate::secret::Secret;
use crate::storage::mail_links::MailLinkRow;
use crate::storage::{Result, api_keys, factors};
use axum::response::Response;

const PLACE: Place = Place {
    purposes: &[Purpose::Reset],
    again: Some("/reset-password"),
};

/// Asks for the address.
pub async fn show(exchange: Exchange) -> Response {
    if !exchange.cx.app.config.sends_mail() {
        return render::not_found(&exchange.cx);
    }
    mail_request::show(&exchange, MailRequest::Reset).await
}

/// Sends the link.
pub async fn submit(exchange: Exchange) -> Response {
    if !exchange.cx.app.config.sends_mail() {
        return render::not_found(&exchange.cx);
    }
    mail_request::submit(&exchange, MailRequest::Reset).await
}

/// Opens the link.
pub async fn open(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let found = mail_link::find(&cx.app, PLACE.purposes, link::text(&exchange), cx.now).await;
    let least = match &found {
        Ok(Some(row)) => match least(cx, row).await {
            Ok(least) => least,
            Err(error) => return render::page_error(cx, error.into()),
        },
        _ => 0, // no form is shown
    };
    link::shown(&exchange, &PLACE, found, |browser, row| {
        link::password_form(&exchange, browser, row, None, least, None)
    })
    .await
}

/// Sets the password.
pub async fn set(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, browser, row) = match link::posted(&exchange, &PLACE).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let password = params.optional("password").ok().flatten().unwrap_or_default();
    match recovery::reset(cx, &row, Secret::new(password.to_owned())).await {
        Ok(true) => match has_api_keys(cx, row.user_id.as_deref()).await {
            Ok(true) => link::done(
                cx,
                "Password changed",
                "Your new password is set. You are signed out everywhere. Your API keys go on: if somebody else may have made one, \
                 sign in and revoke it under API keys.",
            ),
            Ok(false) => link::done(
                cx,
                "Password changed",
                "Your new password is set. You are signed out everywhere.",
            ),
            Err(error) => render::page_error(cx, error.into()),
        },
        Ok(false) => link::gone(cx, &PLACE),
        Err(error) => match setup::problem(&error) {
            Some(problem) => match least(cx, &row).await {
                Ok(least) => link::password_form(&exchange, &browser, &row, None, least, Some(problem)),
                Err(error) => render::page_error(cx, error.into()),
            },
            None => render::page_error(cx, setup::failure(error)),
        },
    }
}

/// The least length of a new password, which depends on the factors of the account.
async fn least(cx: &Cx, row: &MailLinkRow) -> Result<u32> {
    let user_id = row.user_id.as_deref().unwrap_or_default();
    let held = factors::held(cx.app.db.read(), user_id).await?;
    Ok(users::min_length(&cx.app, &held))
}

/// A new password leaves keys as they are, which whoever had to set one should know.
async fn has_api_keys(cx: &Cx, user: Option<&str>) -> Result<bool> {
    match user {
        Some(user) => Ok(!api_keys::of_owner(cx.app.db.read(), user).await?.is_empty()),
        None => Ok(false),
    }
}
