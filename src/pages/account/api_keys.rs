//! `/account/api-keys`: the keys of the user's programs. To revoke one takes effect with its next use.

use super::{Page, done, posted, text, visit};
use crate::cx::Cx;
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity;
use crate::identity::api_key::Owner;
use crate::identity::event::Actor;
use crate::oauth::api_key::{self, Grantable};
use crate::oauth::scopes;
use crate::opaque;
use crate::pages::layout;
use crate::pages::view::{ApiKeyLine, ApiKeysPage};
use crate::storage::api_keys::{self, ApiKeyRow};
use crate::time::Timestamp;
use axum::http::StatusCode;
use axum::response::Response;

/// Shows the list.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let params = exchange.query().unwrap_or_default();
    let visit = match visit(&exchange, Page::ApiKeys, &params).await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let rows = match api_keys::of_owner(cx.app.db.read(), &visit.user.id).await {
        Ok(rows) => rows,
        Err(error) => return render::page_error(cx, error.into()),
    };
    let grantable = Grantable::to_people(&cx.app.config);
    let view = ApiKeysPage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        keys: rows.into_iter().map(|row| line(cx, &grantable, row)).collect(),
        may_make: cx.app.config.api_keys.self_service,
        revoked: text(&params, "done") == "revoked",
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}

/// Revokes a key.
pub async fn revoke(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    let (params, visit) = match posted(&exchange, Page::ApiKeys).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let owner = Owner::User(&visit.user.id);
    match identity::api_key::revoke(Actor::of(cx), owner, text(&params, "key")).await {
        Ok(true) => done(cx, Page::ApiKeys, "revoked"),
        Ok(false) => render::not_found(cx),
        Err(error) => render::page_error(cx, error.into()),
    }
}

fn line(cx: &Cx, grantable: &Grantable, row: ApiKeyRow) -> ApiKeyLine {
    let stands = api_key::stands(&row, grantable, cx.app.config.api_keys.idle, cx.now);
    ApiKeyLine {
        prefix: opaque::shown_beginning(opaque::Kind::ApiKey, &row.id),
        scopes: row
            .scope
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(scope_text)
            .collect(),
        resource: resource_text(cx, &row.resource),
        made: Timestamp(row.created_at).for_people(),
        ends: Timestamp(row.expires_at).for_people(),
        used: row.last_used_at.map(|at| Timestamp(at).for_people()),
        used_from: row.last_used_ip,
        over: match stands {
            Ok(()) => None,
            Err(_) if row.expires_at <= cx.now.0 => Some("Expired"),
            Err(_) => Some("Ended"),
        },
        name: row.name,
        id: row.id,
    }
}

/// What a scope allows, in words where there are some.
pub(super) fn scope_text(word: &str) -> String {
    match scopes::find(word) {
        Some(known) => known.for_people.to_owned(),
        None => word.to_owned(),
    }
}

/// What a key is for; the issuer stands for the apps behind a proxy.
pub(super) fn resource_text(cx: &Cx, resource: &str) -> String {
    let ours = &cx.app.config.public_url;
    match resource == ours.as_str() {
        true => format!(
            "apps at {}",
            ours.origin().split("://").last().unwrap_or_default()
        ),
        false => resource.to_owned(),
    }
}
