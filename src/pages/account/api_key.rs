//! `/account/api-keys/new`: makes a key for a program and shows it, once.

use super::api_keys::{resource_text, scope_text};
use super::{Page, Visit, confirmed_post, confirmed_visit, text};
use crate::cx::Cx;
use crate::http::Exchange;
use crate::http::render::{self, FormTarget};
use crate::identity::api_key::{self, KeyError, NewKey, Owner};
use crate::identity::event::Actor;
use crate::oauth::api_key::Grantable;
use crate::oauth::params::Params;
use crate::pages::view::{ApiKeyMadePage, ApiKeyPage, Choice, FieldProblem};
use crate::pages::{layout, setup};
use crate::time::Seconds;
use axum::http::StatusCode;
use axum::response::Response;

/// What is offered besides the configured lifetime, days.
const DAYS: [i64; 4] = [7, 30, 90, 365];

/// Shows the form.
pub async fn show(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    if !cx.app.config.api_keys.self_service {
        return render::not_found(cx);
    }
    let params = exchange.query().unwrap_or_default();
    match confirmed_visit(&exchange, Page::ApiKey, &params).await {
        Ok(visit) => form(cx, &visit, None, None),
        Err(response) => *response,
    }
}

/// Makes the key.
pub async fn submit(exchange: Exchange) -> Response {
    let cx = &exchange.cx;
    if !cx.app.config.api_keys.self_service {
        return render::not_found(cx);
    }
    let (params, visit) = match confirmed_post(&exchange, Page::ApiKey).await {
        Ok(posted) => posted,
        Err(response) => return *response,
    };
    let resource = match text(&params, "resource") {
        "" => cx.app.config.public_url.as_str(),
        named => named,
    };
    let scope: Vec<&str> = params.all("scope").collect();
    let new = NewKey {
        owner: Owner::User(&visit.user.id),
        name: text(&params, "name"),
        scope: &scope.join(" "),
        resource,
        // What cannot be read is a lifetime that nobody allows.
        lifetime: text(&params, "lifetime").parse().unwrap_or(Seconds(0)),
    };
    let grantable = Grantable::to_people(&cx.app.config);
    let key = match api_key::create(Actor::of(cx), &new, &grantable).await {
        Ok(key) => key,
        Err(KeyError::Storage(error)) => return render::page_error(cx, error.into()),
        Err(error) => return form(cx, &visit, Some(&params), Some(&error)),
    };
    let view = ApiKeyMadePage {
        layout: layout(cx, Some(&visit.browser)),
        name: new.name.trim().to_owned(),
        key: key.expose().to_owned(),
    };
    render::page(StatusCode::OK, &view, FormTarget::Here)
}

/// The form, empty or as it was filled in.
fn form(cx: &Cx, visit: &Visit, filled: Option<&Params>, error: Option<&KeyError>) -> Response {
    let typed = |name| filled.map(|params| text(params, name)).unwrap_or_default();
    let grantable = Grantable::to_people(&cx.app.config);
    let chosen = |word: &str| filled.is_some_and(|params| params.all("scope").any(|known| known == word));
    let view = ApiKeyPage {
        layout: layout(cx, Some(&visit.browser)),
        csrf: visit.csrf(cx),
        name: typed("name").to_owned(),
        resources: grantable
            .resources
            .iter()
            .map(|resource| Choice {
                text: resource_text(cx, resource),
                chosen: resource == typed("resource"),
                value: resource.clone(),
            })
            .collect(),
        lifetimes: lifetimes(cx, typed("lifetime")),
        scopes: grantable
            .scope
            .tokens()
            .into_iter()
            .map(|word| Choice {
                value: word.to_owned(),
                text: scope_text(word),
                chosen: chosen(word),
            })
            .collect(),
        problems: error.map(problem).into_iter().collect(),
    };
    let status = match error {
        Some(_) => StatusCode::BAD_REQUEST,
        None => StatusCode::OK,
    };
    render::page(status, &view, FormTarget::Here)
}

fn problem(error: &KeyError) -> FieldProblem {
    let field = match error {
        KeyError::Name => Some("name"),
        KeyError::Scope(_) => Some("scope"),
        KeyError::Resource(_) => Some("resource"),
        KeyError::Lifetime(_) => Some("lifetime"),
        KeyError::Owner | KeyError::Storage(_) => None,
    };
    let text = setup::sentence(&error.to_string());
    FieldProblem { field, text }
}

/// From short to long, up to what the operator allows; the configured one is chosen unless another one was.
fn lifetimes(cx: &Cx, typed: &str) -> Vec<Choice> {
    let config = &cx.app.config.api_keys;
    let days = DAYS.iter().map(|days| Seconds(days * 86_400));
    let mut offered: Vec<Seconds> = days.chain([config.lifetime]).collect();
    offered.retain(|span| *span <= config.max_lifetime);
    offered.sort_unstable();
    offered.dedup();
    let chosen = typed.parse().unwrap_or(config.lifetime);
    let choice = |span: Seconds| Choice {
        value: span.to_string(),
        text: in_words(span),
        chosen: span == chosen,
    };
    offered.into_iter().map(choice).collect()
}

fn in_words(span: Seconds) -> String {
    match (span.0 / 86_400, span.0 % 86_400) {
        (365, 0) => "1 year".to_owned(),
        (1, 0) => "1 day".to_owned(),
        (days, 0) => format!("{days} days"),
        _ => format!("{} hours", span.0 / 3_600),
    }
}
