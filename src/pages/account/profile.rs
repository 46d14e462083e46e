//! `/account`: what the user says about themselves.

use super::{Page, Visit, done, posted, text, visit};
use crate::cx::Cx;
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity::event::{About, Actor, Event, Journal};
use crate::pages::layout;
use crate::pages::view::{FieldProblem, ProfilePage};
use crate::storage::{Result, users};
use axum::http::StatusCode;
use axum::response::Response;

const MAX_NAME: usize = 100;
const MAX_USERNAME: usize = 32;

/// Shows the page.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = exchange.query().unwrap_or_default();
    match visit(&exchange, Page::Profile, &params).await {
        Ok(visit) => {
            let name = visit.user.name.clone().unwrap_or_default();
            let username = visit.user.preferred_username.clone().unwrap_or_default();
            let saved = text(&params, "done") == "saved";
            page(cx, &visit, (name, username), saved, Vec::new())
        }
        Err(response) => *response,
    }
}

/// Saves it.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, visit) = match posted(&exchange, Page::Profile).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let name = text(&params, "name").trim().to_owned();
    let username = text(&params, "preferred_username").trim().to_owned();
    let problems = problems(&visit, &name, &username);
    if !problems.is_empty() {
        return page(cx, &visit, (name, username), false, problems);
    }
    let some = |value: &str| Some(value.to_owned()).filter(|value| !value.is_empty());
    let (new_name, new_username) = (some(&name), some(&username));
    let held = (&visit.user.name, &visit.user.preferred_username);
    if held == (&new_name, &new_username) {
        return done(cx, Page::Profile, "saved");
    }
    match save(cx, &visit.user.id, new_name.as_deref(), new_username.as_deref()).await {
        Ok(true) => done(cx, Page::Profile, "saved"),
        Ok(false) => {
            let taken = FieldProblem::of_field("preferred_username", "Somebody else has this username.");
            page(cx, &visit, (name, username), false, vec![taken])
        }
        Err(error) => render::page_error(cx, error.into()),
    }
}

/// `false` if somebody else has the username.
async fn save(cx: &Cx, user_id: &str, name: Option<&str>, username: Option<&str>) -> Result<bool> {
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    if !users::set_profile(journal.sql(), user_id, name, username, cx.now).await? {
        return Ok(false);
    }
    journal.note(Event::ProfileChanged, About::user(user_id)).await?;
    journal.commit().await?;
    Ok(true)
}

fn problems(visit: &Visit, name: &str, username: &str) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let advice = format!("Use a name of at most {MAX_NAME} characters.");
        problems.push(FieldProblem::of_field("name", advice));
    }
    // Apps show it and some look people up by it, so it may not look like an address or like somebody else's.
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let unchanged = visit.user.preferred_username.as_deref() == Some(username);
    if !unchanged && (username.len() > MAX_USERNAME || !username.chars().all(is_plain)) {
        let advice = format!("Use at most {MAX_USERNAME} of a–z, 0–9, dot, dash and underscore.");
        problems.push(FieldProblem::of_field("preferred_username", advice));
    }
    problems
}

fn page(
    cx: &Cx,
    visit: &Visit,
    (name, preferred_username): (String, String),
    saved: bool,
    problems: Vec<FieldProblem>,
) -> Response {
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    let view = ProfilePage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        email: visit.user.email.clone(),
        verified: visit.user.email_verified,
        mails: cx.app.config.sends_mail(),
        name,
        preferred_username,
        saved,
        problems,
    };
    render::page(status, &view, FormTarget::Here)
}
