//! `/signup`: an account by the link of a mail or an invitation. Tests: tests/it/pages/signup.rs.

use super::link::{self, Place};
use super::view::{FieldProblem, MailRequest};
use super::{mail_request, setup};
use crate::config::SignUp;
use crate::cx::Cx;
use crate::http::{Exchange, render};
use crate::identity::mail_link::Purpose;
use crate::identity::sign_up;
use crate::secret::Secret;
use axum::response::Response;

/// An invitation stays good when signing up is for the invited only; a link that somebody asked for does not.
const OPEN: Place = Place {
    purposes: &[Purpose::SignUp, Purpose::Invite],
    again: Some("/signup"),
};
const INVITED: Place = Place {
    purposes: &[Purpose::Invite],
    again: None,
};
const NOBODY: Place = Place {
    purposes: &[],
    again: None,
};
/// Names are for people to read, not to store.
const LONGEST_NAME: usize = 200;

/// Whether everybody may create an account.
pub(super) fn is_open(cx: &Cx) -> bool {
    cx.app.config.accounts.sign_up == SignUp::Open && cx.app.config.sends_mail()
}

fn place(cx: &Cx) -> &'static Place {
    match cx.app.config.accounts.sign_up {
        SignUp::Open => &OPEN,
        SignUp::Invite => &INVITED,
        SignUp::Off => &NOBODY,
    }
}

/// Asks for the address.
pub async fn show(exchange: Exchange) -> Response {
    if !is_open(&exchange.cx) {
        return render::not_found(&exchange.cx);
    }
    mail_request::show(&exchange, MailRequest::SignUp).await
}

/// Sends the link.
pub async fn submit(exchange: Exchange) -> Response {
    if !is_open(&exchange.cx) {
        return render::not_found(&exchange.cx);
    }
    mail_request::submit(&exchange, MailRequest::SignUp).await
}

/// Opens the link.
pub async fn open(exchange: Exchange) -> Response {
    link::open(&exchange, place(&exchange.cx), |browser, row| {
        let least = exchange.cx.app.config.passwords.min_length;
        link::password_form(&exchange, browser, row, Some(String::new()), least, None)
    })
    .await
}

/// Creates the account.
pub async fn create(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let place = place(cx);
    let (params, browser, row) = match link::posted(&exchange, place).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let text = |name| params.optional(name).ok().flatten().unwrap_or_default().trim();
    let name = text("name").to_owned();
    let least = cx.app.config.passwords.min_length;
    let again = |problem| {
        let name = Some(name.clone());
        link::password_form(&exchange, &browser, &row, name, least, Some(problem))
    };
    if name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
        return again(FieldProblem::of_field(
            "name",
            "Enter a shorter name, on one line.",
        ));
    }
    // The password is taken as it is, with its spaces.
    let password = params.optional("password").ok().flatten().unwrap_or_default();
    let kept = Some(name.clone()).filter(|name| !name.is_empty());
    match sign_up::create(cx, &row, kept, Secret::new(password.to_owned())).await {
        Ok(true) => link::done(cx, "Account created", "Your account is ready."),
        Ok(false) => link::gone(cx, place),
        Err(error) => match setup::problem(&error) {
            Some(problem) => again(problem),
            None => render::page_error(cx, setup::failure(error)),
        },
    }
}
