//! Error pages: what happened, what to do, and what to tell support. Nothing of the request is repeated.

use super::layout;
use super::view::{ErrorPage, ExpiredPage};
use crate::cx::Cx;
use crate::oauth::client::Client;
use crate::oauth::error::ErrorCode;

/// The page for an error that must not go to a client, or that has no client to go to.
pub fn view(cx: &Cx, code: ErrorCode, message: &str, parameter: Option<&str>) -> ErrorPage {
    let (heading, advice) = match code {
        ErrorCode::TemporarilyUnavailable => ("Service unavailable", "Wait a moment and try again."),
        ErrorCode::ServerError => (
            "Something went wrong",
            "Try again. If it happens again, contact support.",
        ),
        _ => (
            "This sign-in link is broken",
            "Go back to the app and start again. If it happens again, tell the people who run the app.",
        ),
    };
    page(cx, heading, message, advice, code.name(), parameter)
}

/// The page for a form post that is not from a page of ours, or that is too old.
pub fn forbidden(cx: &Cx) -> ErrorPage {
    let message = "The form was not sent from this site, or you signed in or out since it was opened.";
    page(
        cx,
        "This form cannot be used",
        message,
        "Go back to the app and start again.",
        "forbidden",
        None,
    )
}

/// The page for an address that does not exist.
pub fn not_found(cx: &Cx) -> ErrorPage {
    page(
        cx,
        "Page not found",
        "There is nothing at this address.",
        "Check the address.",
        "not_found",
        None,
    )
}

/// The page for a saved request that is gone, was answered, or belongs to another browser.
pub fn expired(cx: &Cx, client: Option<&Client>) -> ExpiredPage {
    ExpiredPage {
        layout: layout(cx, None),
        app: client.and_then(home_of),
    }
}

/// Name and home page of an app, to go back to.
pub(super) fn home_of(client: &Client) -> Option<(String, String)> {
    client
        .metadata
        .client_uri
        .clone()
        .map(|uri| (client.name().to_owned(), uri))
}

fn page(
    cx: &Cx,
    heading: &str,
    message: &str,
    advice: &str,
    code: &str,
    parameter: Option<&str>,
) -> ErrorPage {
    ErrorPage {
        layout: layout(cx, None),
        heading: heading.to_owned(),
        message: message.to_owned(),
        advice: advice.to_owned(),
        code: code.to_owned(),
        parameter: parameter.map(str::to_owned),
        request_id: cx.request_id.clone(),
        time: cx.now.for_people(),
    }
}
