//! `/dev/mail`: the outbox of a development server without a mail server. No other server has this page.

use super::layout;
use super::view::{DevMail, DevMailPage};
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::mail;
use crate::storage::outbox;
use crate::time::Timestamp;
use axum::http::StatusCode;
use axum::response::Response;

/// How many are shown.
const NEWEST: i64 = 50;

/// Shows the newest mails.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let rows = match outbox::newest(cx.app.db.read(), cx.now, NEWEST).await {
        Ok(rows) => rows,
        Err(error) => return render::page_error(cx, error.into()),
    };
    let mails = rows.iter().filter_map(|row| {
        let message = mail::open(&cx.app.vault, row)?;
        Some(DevMail {
            to: message.to,
            subject: message.subject,
            time: Timestamp(row.created_at).for_people(),
            text: parts(&message.text, cx.app.config.public_url.as_str()),
        })
    });
    let view = DevMailPage {
        layout: layout(cx, None),
        mails: mails.collect(),
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}

/// The text before the line that is a link of ours, the link, and the rest.
fn parts(text: &str, issuer: &str) -> (String, String, String) {
    let Some(link) = text.lines().find(|line| line.starts_with(issuer)) else {
        return (text.to_owned(), String::new(), String::new());
    };
    match text.split_once(link) {
        Some((before, after)) => (before.to_owned(), link.to_owned(), after.to_owned()),
        None => (text.to_owned(), String::new(), String::new()),
    }
}
