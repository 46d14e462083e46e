//! `/account/apps`: the apps that may use the account. To remove one ends all it holds and forgets what was allowed.

use super::{Page, Visit, done, posted, text, visit};
use crate::cx::Cx;
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity::event::{About, Actor, Event, Journal};
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::Fault;
use crate::pages::view::{AppLine, AppsPage};
use crate::pages::{consent, layout};
use crate::storage::{consents, grants};
use crate::time::Timestamp;
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeMap;

/// What one app has.
#[derive(Default)]
struct Held {
    scopes: Vec<String>,
    since: i64,
    lasting: bool,
}

/// Shows the list.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = exchange.query().unwrap_or_default();
    let visit = match visit(&exchange, Page::Apps, &params).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    match lines(cx, &visit).await {
        Ok(apps) => {
            let view = AppsPage {
                layout: layout(cx, Some(&visit.browser)),
                csrf: visit.csrf(cx),
                apps,
                removed: text(&params, "done") == "removed",
            };
            render::page(StatusCode::OK, &view, FormTarget::Here)
        }
        Err(fault) => render::page_error(cx, fault.into()),
    }
}

/// Removes an app.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, visit) = match posted(&exchange, Page::Apps).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let client_id = text(&params, "client");
    match remove(cx, &visit.user.id, client_id).await {
        Ok(true) => done(cx, Page::Apps, "removed"),
        Ok(false) => render::not_found(cx),
        Err(fault) => render::page_error(cx, fault.into()),
    }
}

async fn remove(cx: &Cx, user_id: &str, client_id: &str) -> Result<bool, Fault> {
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    let consented = consents::delete(journal.sql(), user_id, client_id).await?;
    let revoked = grants::revoke_of_client(journal.sql(), user_id, client_id, cx.now).await?;
    if !consented && revoked == 0 {
        return Ok(false);
    }
    let about = About {
        client: Some(client_id),
        ..About::user(user_id)
    };
    journal.note(Event::ConsentRemoved, about).await?;
    journal.commit().await?;
    Ok(true)
}

async fn lines(cx: &Cx, visit: &Visit) -> Result<Vec<AppLine>, Fault> {
    let mut held: BTreeMap<String, Held> = BTreeMap::new();
    let mut note = |client_id: String, scope: &str, at: i64, lasting: bool| {
        let app = held.entry(client_id).or_default();
        app.scopes.extend(scope.split(' ').map(str::to_owned));
        app.since = app.since.max(at);
        app.lasting |= lasting;
    };
    let user = &visit.user;
    for row in consents::of_user(cx.app.db.read(), &user.id).await? {
        note(row.client_id, &row.scope, row.granted_at, false);
    }
    for row in grants::of_user(cx.app.db.read(), &user.id, user.credential_epoch, cx.now).await? {
        note(row.client_id, &row.scope, row.created_at, row.lasting);
    }
    let mut lines = Vec::new();
    for (client_id, held) in held {
        let client = cx.app.clients.find(&cx.app.db, &client_id, cx.now).await?;
        let Some(client) = client else { continue };
        let words: Vec<&str> = held.scopes.iter().map(String::as_str).collect();
        let home = client
            .metadata
            .client_uri
            .as_deref()
            .and_then(|uri| url::Url::parse(uri).ok());
        lines.push(AppLine {
            name: client.name().to_owned(),
            host: home.and_then(|url| url.host_str().map(str::to_owned)),
            scopes: consent::lines(&Scope::of(&words)),
            since: Timestamp(held.since).for_people(),
            lasting: held.lasting,
            id: client_id,
        });
    }
    Ok(lines)
}
