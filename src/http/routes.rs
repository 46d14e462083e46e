//! The URL table: every reachable path, one line each.

use super::protocol as p;
use super::{api, assets, cors, status, wrap};
use crate::app::App;
use crate::pages::{self as page, account};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::sync::Arc;

/// What clients call with their credentials. Nothing here is for a browser's pages.
fn for_clients() -> Router<Arc<App>> {
    Router::new()
        .route("/token", post(p::token).options(cors::preflight_api))
        .route(
            "/userinfo",
            get(p::userinfo).post(p::userinfo).options(cors::preflight_api),
        )
        .route("/introspect", post(p::introspect))
        .route("/revoke", post(p::revoke).options(cors::preflight_api))
        .route(
            "/device_authorization",
            post(p::device_authorization).options(cors::preflight_api),
        )
}

/// The routes of the listener for clients with certificates (RFC 8705 §5), below the path of the issuer.
pub fn client_router(app: &Arc<App>) -> Router {
    let path = app.config.public_url.path();
    let routes = if path.is_empty() {
        for_clients()
    } else {
        Router::new().nest(path, for_clients())
    };
    finished(
        app,
        routes
            .route("/healthz", get(p::healthz))
            .route("/readyz", get(p::readyz)),
    )
}

/// All routes of a server, below the path of its issuer.
pub fn router(app: &Arc<App>) -> Router {
    let document = || get(p::discovery).options(cors::preflight_document);
    let mut routes: Router<Arc<App>> = Router::new()
        // Metadata
        .route("/.well-known/openid-configuration", document())
        .route("/.well-known/oauth-authorization-server", document())
        .route("/jwks", get(p::jwks).options(cors::preflight_document))
        // Protocol
        .route(
            "/authorize",
            get(page::authorize::authorize).post(page::authorize::authorize),
        )
        .merge(for_clients())
        .route(
            "/end_session",
            get(page::logout::end_session).post(page::logout::end_session),
        )
        // Pages
        .route("/login", get(page::login::show).post(page::login::submit))
        .route("/login/mfa", get(page::mfa::show).post(page::mfa::submit))
        .route("/login/passkey", post(page::passkey::submit))
        .route("/login/passkey/options", post(page::passkey::options))
        .route(
            "/account",
            get(account::profile::show).post(account::profile::submit),
        )
        .route("/account/security", get(account::security::show))
        .route("/account/security/remove", post(account::security::remove))
        .route(
            "/account/security/recovery-codes",
            post(account::security::new_codes),
        )
        .route(
            "/account/security/password",
            get(account::password::show).post(account::password::submit),
        )
        .route(
            "/account/security/app",
            get(account::app::show).post(account::app::submit),
        )
        .route(
            "/account/security/passkey",
            get(account::passkey::show).post(account::passkey::submit),
        )
        .route(
            "/account/sessions",
            get(account::sessions::show).post(account::sessions::submit),
        )
        .route(
            "/account/apps",
            get(account::apps::show).post(account::apps::submit),
        )
        .route(
            "/account/email",
            get(account::email::show).post(account::email::submit),
        )
        .route("/account/activity", get(account::activity::show))
        .route("/account/data", get(account::data::show))
        .route("/account/data/export", get(account::data::export))
        .route(
            "/account/data/delete",
            get(account::delete::show).post(account::delete::submit),
        )
        .route(
            "/account/api-keys",
            get(account::api_keys::show).post(account::api_keys::revoke),
        )
        .route(
            "/account/api-keys/new",
            get(account::api_key::show).post(account::api_key::submit),
        )
        .route("/consent", get(page::consent::show).post(page::consent::submit))
        .route("/device", get(page::device::show).post(page::device::submit))
        .route("/device/confirm", post(page::device::decide))
        .route("/logout", get(page::logout::show).post(page::logout::submit))
        .route("/setup/{token}", get(page::setup::show).post(page::setup::submit))
        .route(
            "/reset-password",
            get(page::reset_password::show).post(page::reset_password::submit),
        )
        .route(
            "/reset-password/{link}",
            get(page::reset_password::open).post(page::reset_password::set),
        )
        .route(
            "/unlock/{link}",
            get(page::unlock::open).post(page::unlock::unlock),
        )
        .route(
            "/verify-email",
            get(page::verify_email::show).post(page::verify_email::submit),
        )
        .route(
            "/verify-email/{link}",
            get(page::verify_email::open).post(page::verify_email::confirm),
        )
        .route(
            "/change-email/{link}",
            get(page::email_link::open_change).post(page::email_link::change),
        )
        .route(
            "/revert-email/{link}",
            get(page::email_link::open_revert).post(page::email_link::revert),
        )
        .route("/signup", get(page::signup::show).post(page::signup::submit))
        .route(
            "/signup/{link}",
            get(page::signup::open).post(page::signup::create),
        )
        .route("/assets/{version}/{*name}", get(assets::serve))
        .route("/favicon.ico", get(assets::favicon))
        .route("/favicon.svg", get(assets::favicon))
        // Sign-in by JSON
        .route(
            "/auth/openapi.json",
            get(api::openapi).options(cors::preflight_document),
        )
        // Proxies
        .route("/auth/verify", get(api::verify))
        .route("/auth/return", get(api::back))
        // Operations
        .route("/healthz", get(p::healthz))
        .route("/readyz", get(p::readyz));
    if app.config.api.enabled {
        routes = routes
            .route("/auth/login", post(api::login).options(api::preflight_post))
            .route(
                "/auth/login/mfa",
                post(api::second_step).options(api::preflight_post),
            )
            .route("/auth/refresh", post(api::refresh).options(api::preflight_post))
            .route("/auth/logout", post(api::logout).options(api::preflight_post))
            .route("/auth/me", get(api::me).options(api::preflight_get));
    }
    if app.config.tokens.status_list {
        routes = routes
            .route("/status", get(status::all).options(cors::preflight_document))
            .route(
                "/status/{list}",
                get(status::list).options(cors::preflight_document),
            );
    }
    if app.config.development {
        routes = routes
            .route("/demo", get(page::demo::show))
            .route("/dev/mail", get(page::dev_mail::show));
    }
    let path = app.config.public_url.path();
    let routes = if path.is_empty() {
        routes.route("/", get(page::home::show))
    } else {
        // RFC 8414 §3.1: the well-known part stands before the path of the issuer; OIDC Discovery §4 puts it after.
        Router::new()
            .nest(path, routes.route("/", get(page::home::show)))
            .route(
                &format!("/.well-known/oauth-authorization-server{path}"),
                document(),
            )
            .route(&format!("/.well-known/openid-configuration{path}"), document())
            .route("/healthz", get(p::healthz))
            .route("/readyz", get(p::readyz))
    };
    finished(app, routes)
}

/// What is around every route.
fn finished(app: &Arc<App>, routes: Router<Arc<App>>) -> Router {
    routes
        .fallback(p::not_found)
        .layer(from_fn_with_state(Arc::clone(app), wrap::wrap))
        .with_state(Arc::clone(app))
}
