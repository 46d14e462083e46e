//! Opening the link of a mail. A GET uses nothing up, as scanners follow links (AC-226); a POST does, once.

use super::layout;
use super::view::{AccountDone, FieldProblem, LinkGonePage, NewPasswordPage};
use crate::cx::Cx;
use crate::http::render::{self, FormTarget};
use crate::http::{Exchange, check_csrf, set_browser};
use crate::identity::browser::Browser;
use crate::identity::mail_link::{self, Purpose};
use crate::oauth::params::Params;
use crate::storage::StorageError;
use crate::storage::mail_links::MailLinkRow;
use axum::http::StatusCode;
use axum::response::Response;

/// The CSRF name of the forms behind links.
const FORM: &str = "link";

/// Where a link may be used, and where to ask for another one.
pub(super) struct Place {
    /// What it must be good for.
    pub(super) purposes: &'static [Purpose],
    /// The page to ask for another one.
    pub(super) again: Option<&'static str>,
}

/// Shows what the link is for, or that it is gone.
pub(super) async fn open(
    exchange: &Exchange,
    place: &Place,
    view: impl FnOnce(&Browser, &MailLinkRow) -> Response,
) -> Response {
    let cx = &exchange.cx;
    let found = mail_link::find(&cx.app, place.purposes, text(exchange), cx.now).await;
    shown(exchange, place, found, view).await
}

/// As [`open`], for a link that was looked up.
pub(super) async fn shown<T>(
    exchange: &Exchange,
    place: &Place,
    found: Result<Option<T>, StorageError>,
    view: impl FnOnce(&Browser, &T) -> Response,
) -> Response {
    let cx = &exchange.cx;
    let browser = match exchange.browser().await {
        Ok(browser) => browser,
        Err(fault) => return render::page_error(cx, fault.into()),
    };
    let mut response = match found {
        Ok(Some(link)) => view(&browser, &link),
        Ok(None) => gone(cx, place),
        Err(error) => render::page_error(cx, error.into()),
    };
    set_browser(cx, &mut response, &browser);
    response
}

/// What a post needs: the form, the browser, and the link if it is good.
pub(super) async fn posted(
    exchange: &Exchange,
    place: &Place,
) -> Result<(Params, Browser, MailLinkRow), Box<Response>> {
    let cx = &exchange.cx;
    let (params, browser) = form(exchange).await?;
    match mail_link::find(&cx.app, place.purposes, text(exchange), cx.now).await {
        Ok(Some(link)) => Ok((params, browser, link)),
        Ok(None) => Err(Box::new(gone(cx, place))),
        Err(error) => Err(Box::new(render::page_error(cx, error.into()))),
    }
}

/// The form behind a link, and the browser that posted it.
pub(super) async fn form(exchange: &Exchange) -> Result<(Params, Browser), Box<Response>> {
    let cx = &exchange.cx;
    let (params, browser) = match (exchange.form(), exchange.browser().await) {
        (Ok(params), Ok(browser)) => (params, browser),
        (Err(refusal), _) => return Err(Box::new(render::page_error(cx, refusal.into()))),
        (_, Err(fault)) => return Err(Box::new(render::page_error(cx, fault.into()))),
    };
    if !check_csrf(exchange, &browser, &params, FORM) {
        return Err(Box::new(render::forbidden(cx)));
    }
    Ok((params, browser))
}

/// One page for every link that is not good, so that it does not tell why (AC-225).
pub(super) fn gone(cx: &Cx, place: &Place) -> Response {
    let view = LinkGonePage {
        layout: layout(cx, None),
        again: place.again.filter(|_| cx.app.config.sends_mail()),
    };
    render::page(StatusCode::BAD_REQUEST, &view, FormTarget::Here)
}

/// Says what the link has done.
pub(super) fn done(cx: &Cx, heading: &'static str, text: &'static str) -> Response {
    let view = AccountDone {
        layout: layout(cx, None),
        heading,
        text,
        next: Some(("Sign in", "/login")),
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}

/// The form for a new password; with a name it is for a new account.
pub(super) fn password_form(
    exchange: &Exchange,
    browser: &Browser,
    link: &MailLinkRow,
    name: Option<String>,
    min_length: u32,
    problem: Option<FieldProblem>,
) -> Response {
    let cx = &exchange.cx;
    let status = match problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let view = NewPasswordPage {
        layout: layout(cx, None),
        csrf: csrf(cx, browser),
        action: action(exchange),
        email: link.email.clone(),
        name,
        problems: problem.into_iter().collect(),
        min_length,
    };
    render::page(status, &view, FormTarget::Here)
}

pub(super) fn csrf(cx: &Cx, browser: &Browser) -> String {
    browser.csrf(&cx.app.vault, FORM)
}

/// The link itself, as the address of its form.
pub(super) fn action(exchange: &Exchange) -> String {
    format!(
        "{}{}",
        exchange.cx.app.config.public_url.path(),
        exchange.uri.path()
    )
}

pub(super) fn text(exchange: &Exchange) -> &str {
    exchange.uri.path().rsplit('/').next().unwrap_or_default()
}
