//! `/account/activity`: what happened to the account, the newest first. Tests: tests/it/account/activity.rs.

use super::{Page, Visit, text, visit};
use crate::cx::Cx;
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity::device_name::device_name;
use crate::identity::event::Event;
use crate::identity::export::NEWEST;
use crate::oauth::error::{ErrorCode, Failure, Refusal};
use crate::pages::layout;
use crate::pages::view::{ActivityLine, ActivityPage};
use crate::storage::events::{self, EventRow};
use crate::time::Timestamp;
use crate::vault::Purpose;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// Events of one page.
const PAGE: usize = 50;

/// Shows the page that begins after the event which `before` names.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = exchange.query().unwrap_or_default();
    let visit = match visit(&exchange, Page::Activity, &params).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let before = match text(&params, "before") {
        "" => Some(NEWEST.to_owned()),
        cursor => opened(cx, &visit.user.id, cursor),
    };
    let Some(before) = before else {
        let description = "This list has no such page.";
        return render::page_error(cx, Refusal::new(ErrorCode::InvalidRequest, description).into());
    };
    match page(cx, &visit, &before).await {
        Ok(view) => render::page(StatusCode::OK, &view, FormTarget::Here),
        Err(failure) => render::page_error(cx, failure),
    }
}

async fn page(cx: &Cx, visit: &Visit, before: &str) -> Result<ActivityPage, Failure> {
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = events::of_user(cx.app.db.read(), &visit.user.id, before, limit).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().filter(|_| more);
    let older = last.map(|row| cursor(cx, &visit.user.id, &row.id));
    let mut lines = Vec::new();
    for row in rows {
        lines.push(line(cx, row).await?);
    }
    Ok(ActivityPage {
        layout: layout(cx, Some(&visit.browser)),
        lines,
        older,
        first: before == NEWEST,
    })
}

async fn line(cx: &Cx, row: EventRow) -> Result<ActivityLine, Failure> {
    let app = match &row.client_id {
        Some(id) => cx.app.clients.find(&cx.app.db, id, cx.now).await?,
        None => None,
    };
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
    let of = |name: &str| detail.get(name).and_then(Value::as_str);
    let how = match of("what") {
        Some("others") => Some("everywhere else"),
        Some("all") => Some("everywhere"),
        _ => of("amr").map(super::sessions::method),
    };
    Ok(ActivityLine {
        what: Event::named(&row.event).map_or(row.event.clone(), |event| event.words().to_owned()),
        how,
        when: Timestamp(row.at).for_people(),
        device: device_name(&row.user_agent),
        operator: of("by") == Some("operator"),
        ip: row.ip,
        app: app.map(|client| client.name().to_owned()),
    })
}

/// Names a place in the list of this user; nobody else can make one.
fn cursor(cx: &Cx, user_id: &str, id: &str) -> String {
    let mac = cx
        .app
        .vault
        .mac(Purpose::Cursor, &[user_id.as_bytes(), id.as_bytes()]);
    format!("{id}.{}", URL_SAFE_NO_PAD.encode(mac))
}

fn opened(cx: &Cx, user_id: &str, cursor: &str) -> Option<String> {
    let (id, mac) = cursor.split_once('.')?;
    let presented = URL_SAFE_NO_PAD.decode(mac).ok()?;
    let parts: [&[u8]; 2] = [user_id.as_bytes(), id.as_bytes()];
    let good = cx.app.vault.verify(Purpose::Cursor, &parts, &presented);
    good.then(|| id.to_owned())
}
