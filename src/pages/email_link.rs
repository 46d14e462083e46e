//! `/change-email/<link>`, mailed to the new address of an account, and `/revert-email/<link>`, mailed to the old one. A GET
//! uses nothing up (AC-226). Tests: tests/it/account/email.rs.

use super::layout;
use super::link::{self, Place};
use super::setup;
use super::view::{AccountDone, ConfirmLinkPage, LinkAct};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, set_device, set_session};
use crate::identity::browser::Browser;
use crate::identity::{email_change, known_device, session};
use crate::oauth::error::Fault;
use crate::opaque::Opaque;
use crate::storage::Result;
use crate::storage::email_changes::EmailChangeRow;
use crate::storage::users::{self, UserRow};
use axum::http::StatusCode;
use axum::response::Response;

/// Nobody who is not signed in can ask for another link.
const PLACE: Place = Place {
    purposes: &[],
    again: None,
};

/// Shows which address the account gets.
pub async fn open_change(exchange: Exchange) -> Response {
    let found = email_change::find(&exchange.cx, link::text(&exchange)).await;
    open(&exchange, found, LinkAct::ChangeEmail).await
}

/// Shows which address the account gets back.
pub async fn open_revert(exchange: Exchange) -> Response {
    let found = email_change::find_revertible(&exchange.cx, link::text(&exchange)).await;
    open(&exchange, found, LinkAct::RevertEmail).await
}

async fn open(exchange: &Exchange, found: Result<Option<EmailChangeRow>>, act: LinkAct) -> Response {
    link::shown(exchange, &PLACE, found, |browser, row| {
        let view = ConfirmLinkPage {
            layout: layout(&exchange.cx, None),
            csrf: link::csrf(&exchange.cx, browser),
            action: link::action(exchange),
            email: match act {
                LinkAct::ChangeEmail => row.new_email.clone(),
                _ => row.old_email.clone(),
            },
            instead_of: match act {
                LinkAct::ChangeEmail => Some(row.old_email.clone()),
                _ => None,
            },
            act,
        };
        render::page(StatusCode::OK, &view, FormTarget::Here)
    })
    .await
}

/// Changes the address. The browser that the user is signed in with goes on.
pub async fn change(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (browser, row) = match posted(&exchange, email_change::find(cx, link::text(&exchange)).await).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    match email_change::change(cx, &row).await {
        Ok(true) => {}
        Ok(false) => return link::gone(cx, &PLACE),
        Err(error) => return render::page_error(cx, setup::failure(error)),
    }
    let text = "Your account has its new email address. You are signed out everywhere else.";
    match kept(cx, &browser, &row).await {
        Ok(kept) => {
            let next = Some(match kept {
                Some(_) => ("Your account", "/account"),
                None => ("Sign in", "/login"),
            });
            let mut response = done(cx, "Email address changed", text, next);
            if let Some((cookie, user)) = kept {
                set_session(cx, &mut response, &cookie);
                // It was known by the credentials of before; it is the same browser.
                set_device(cx, &mut response, &known_device::remember(cx, &user));
            }
            response
        }
        Err(fault) => render::page_error(cx, fault.into()),
    }
}

/// The session of this browser under a new cookie, if it was the user's: the change has ended it like all others.
async fn kept(cx: &Cx, browser: &Browser, row: &EmailChangeRow) -> Result<Option<(Opaque, UserRow)>, Fault> {
    let own = browser
        .session
        .as_ref()
        .filter(|session| session.user_id == row.user_id && session.user_epoch == row.user_epoch);
    let user = users::find(cx.app.db.write(), &row.user_id).await?;
    // Whatever else has changed the account since has ended the session for good.
    let user = user.filter(|user| user.credential_epoch == row.user_epoch + 1);
    let (Some(session), Some(user)) = (own, user) else {
        return Ok(None);
    };
    // A mailbox is no sign-in: what was proved, and when, stays as it was.
    let renewed = session::renew(cx, &user, None, session).await?;
    Ok(renewed.map(|(cookie, _)| (cookie, user)))
}

/// Gives the old address back.
pub async fn revert(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let found = email_change::find_revertible(cx, link::text(&exchange)).await;
    let (_, row) = match posted(&exchange, found).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    match email_change::revert(cx, &row).await {
        Ok(true) => done(
            cx,
            "Your account is yours again",
            "It has this email address, and everybody is signed out. Now choose a new password: whoever asked for the \
             change was signed in. Then look through your passkeys, authenticator app and API keys; those made since \
             the change was asked for are revoked.",
            Some(("Choose a new password", "/reset-password")),
        ),
        Ok(false) => link::gone(cx, &PLACE),
        Err(error) => render::page_error(cx, setup::failure(error)),
    }
}

async fn posted(
    exchange: &Exchange,
    found: Result<Option<EmailChangeRow>>,
) -> Result<(Browser, EmailChangeRow), Box<Response>> {
    let (_, browser) = link::form(exchange).await?;
    match found {
        Ok(Some(row)) => Ok((browser, row)),
        Ok(None) => Err(Box::new(link::gone(&exchange.cx, &PLACE))),
        Err(error) => Err(Box::new(render::page_error(&exchange.cx, error.into()))),
    }
}

fn done(
    cx: &Cx,
    heading: &'static str,
    text: &'static str,
    next: Option<(&'static str, &'static str)>,
) -> Response {
    let view = AccountDone {
        layout: layout(cx, None),
        heading,
        text,
        next,
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}
