//! `/account/sessions`: where the user is signed in, and how to end that.

use super::{Page, done, posted, text, visit};
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity::device_name::device_name;
use crate::identity::session;
use crate::pages::layout;
use crate::pages::view::{SessionLine, SessionsPage};
use crate::time::Timestamp;
use axum::http::StatusCode;
use axum::response::Response;

/// Shows the list.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = exchange.query().unwrap_or_default();
    let visit = match visit(&exchange, Page::Sessions, &params).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let rows = match session::of_user(cx, &visit.user.id).await {
        Ok(rows) => rows,
        Err(error) => return render::page_error(cx, error.into()),
    };
    let mut sessions: Vec<SessionLine> = rows
        .into_iter()
        .map(|row| SessionLine {
            here: row.id == visit.session.id,
            device: device_name(&row.user_agent),
            ip: row.ip,
            method: method(&row.amr),
            signed_in: Timestamp(row.auth_time).for_people(),
            last_seen: Timestamp(row.last_seen_at).for_people(),
            id: row.id,
        })
        .collect();
    sessions.sort_by_key(|line| !line.here);
    let view = SessionsPage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        sessions,
        done: match text(&params, "done") {
            "one" => Some("Signed out there."),
            "others" => Some("Signed out everywhere else."),
            _ => None,
        },
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}

/// Ends one session, or all others.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, visit) = match posted(&exchange, Page::Sessions).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let user_id = &visit.user.id;
    let (ended, what) = match text(&params, "session") {
        "" => (
            session::end_all(cx, user_id, Some(&visit.session.id))
                .await
                .map(|()| true),
            "others",
        ),
        id => (session::end_of_user(cx, user_id, id).await, "one"),
    };
    match ended {
        Ok(true) => done(cx, Page::Sessions, what),
        Ok(false) => render::not_found(cx),
        Err(error) => render::page_error(cx, error.into()),
    }
}

/// How somebody signed in, from the methods of RFC 8176.
pub(super) fn method(amr: &str) -> &'static str {
    let has = |method: &str| amr.split(' ').any(|known| known == method);
    match (has("pwd"), has("otp"), has("hwk") || has("swk")) {
        (true, true, _) => "Password and code",
        (true, _, true) => "Password and passkey",
        (false, _, true) => "Passkey",
        _ => "Password",
    }
}
