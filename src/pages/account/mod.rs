//! `/account`: what people see and change of their own account. Every page works without a script; a change of what
//! proves who somebody is needs a sign-in of the last ten minutes. Tests: tests/it/account/.

pub mod activity;
pub mod api_key;
pub mod api_keys;
pub mod app;
pub mod apps;
pub mod data;
pub mod delete;
pub mod email;
pub mod passkey;
pub mod password;
pub mod profile;
pub mod security;
pub mod sessions;

use super::login;
use crate::cx::Cx;
use crate::http::render;
use crate::http::{Exchange, check_csrf};
use crate::identity::browser::Browser;
use crate::identity::factors::proof_of;
use crate::identity::session::{self, Proof};
use crate::oauth::discovery::ACR_MFA;
use crate::oauth::error::Fault;
use crate::oauth::params::Params;
use crate::opaque::Opaque;
use crate::storage::factors::{self, Held};
use crate::storage::sessions::LiveSession;
use crate::storage::users::{self, UserRow};
use crate::time::Seconds;
use axum::response::Response;

/// The CSRF name of all forms here.
const FORM: &str = "account";
/// A change of credentials needs a sign-in that is not older (AC-220, AC-221).
const RECENT: Seconds = Seconds(600);
/// In front of the name of a page: sign in once more, even if signed in.
const CONFIRM: &str = "confirm.";

/// The pages, each with the name by which a sign-in leads to it. No address comes from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Profile,
    Security,
    Password,
    App,
    Passkey,
    Sessions,
    Apps,
    Email,
    Activity,
    Data,
    Export,
    Delete,
    ApiKeys,
    ApiKey,
}

const PAGES: &[(Page, &str, &str)] = &[
    (Page::Profile, "account", "/account"),
    (Page::Security, "account-security", "/account/security"),
    (Page::Password, "account-password", "/account/security/password"),
    (Page::App, "account-app", "/account/security/app"),
    (Page::Passkey, "account-passkey", "/account/security/passkey"),
    (Page::Sessions, "account-sessions", "/account/sessions"),
    (Page::Apps, "account-apps", "/account/apps"),
    (Page::Email, "account-email", "/account/email"),
    (Page::Activity, "account-activity", "/account/activity"),
    (Page::Data, "account-data", "/account/data"),
    (Page::Export, "account-export", "/account/data/export"),
    (Page::Delete, "account-delete", "/account/data/delete"),
    (Page::ApiKeys, "account-api-keys", "/account/api-keys"),
    (Page::ApiKey, "account-api-key", "/account/api-keys/new"),
];

impl Page {
    fn name(self) -> &'static str {
        PAGES
            .iter()
            .find(|(page, _, _)| *page == self)
            .map_or("account", |row| row.1)
    }

    fn path(self) -> &'static str {
        PAGES
            .iter()
            .find(|(page, _, _)| *page == self)
            .map_or("/account", |row| row.2)
    }
}

/// The page that a flow of this name leads to; what follows the name is the flow to go on with after that page.
pub(super) fn named(flow: &str) -> Option<String> {
    let name = flow.strip_prefix(CONFIRM).unwrap_or(flow);
    let (name, rest) = name.split_once('.').unwrap_or((name, ""));
    let (_, _, path) = PAGES.iter().find(|(_, known, _)| *known == name)?;
    let rest = login::plain(rest);
    Some(if rest.is_empty() {
        (*path).to_owned()
    } else {
        format!("{path}?flow={rest}")
    })
}

/// Whether the flow asks somebody who is signed in to sign in once more.
pub(super) fn is_confirmation(flow: &str) -> bool {
    flow.starts_with(CONFIRM)
}

/// Somebody who is signed in and looks at the account.
struct Visit {
    browser: Browser,
    session: LiveSession,
    user: UserRow,
    held: Held,
    /// The flow to go on with afterwards.
    flow: String,
}

impl Visit {
    fn csrf(&self, cx: &Cx) -> String {
        self.browser.csrf(&cx.app.vault, FORM)
    }

    /// Whether the sign-in is good enough to change credentials by: recent, and with a second factor if there is one.
    fn is_confirmed(&self, cx: &Cx) -> bool {
        let recent = cx.now.0 - self.session.auth_time <= RECENT.0;
        recent && (self.session.acr == ACR_MFA || !self.held.any())
    }

    /// The session goes on under a new cookie, with what was proved just now if that is more. To the sign-in page if it
    /// has ended meanwhile.
    async fn renew(&mut self, cx: &Cx, proof: Option<Proof>) -> Result<Opaque, Box<Response>> {
        let proof = match proof {
            Some(proof) if self.session.acr != ACR_MFA => proof,
            _ => proof_of(&self.session),
        };
        let renewed = session::renew(cx, &self.user, Some(proof), &self.session).await;
        let renewed = renewed.map_err(|fault| Box::new(render::page_error(cx, fault.into())))?;
        let Some((cookie, session)) = renewed else {
            return Err(Box::new(to_login(cx, "", Page::Security, "")));
        };
        self.browser.session = Some(session.clone());
        self.session = session;
        Ok(cookie)
    }
}

/// Who looks at the page; or to the sign-in page and back.
async fn visit(exchange: &Exchange, page: Page, params: &Params) -> Result<Visit, Box<Response>> {
    let cx = &exchange.cx;
    let failed = |fault: Fault| Box::new(render::page_error(cx, fault.into()));
    let browser = exchange.browser().await.map_err(failed)?;
    let flow = login::plain(params.optional("flow").ok().flatten().unwrap_or_default());
    let Some(session) = browser.session.clone() else {
        return Err(Box::new(to_login(cx, "", page, &flow)));
    };
    let at = cx.app.db.read();
    let user = users::find(at, &session.user_id)
        .await
        .map_err(|error| failed(error.into()))?;
    // Of another epoch: it has ended since it was looked up, and nothing here may bring it back.
    let user = user.filter(|user| user.credential_epoch == session.user_epoch);
    let Some(user) = user else {
        return Err(Box::new(to_login(cx, "", page, &flow)));
    };
    let held = factors::held(cx.app.db.read(), &user.id).await;
    Ok(Visit {
        held: held.map_err(|error| failed(error.into()))?,
        browser,
        session,
        user,
        flow,
    })
}

/// As [`visit`], for pages that change credentials.
async fn confirmed_visit(exchange: &Exchange, page: Page, params: &Params) -> Result<Visit, Box<Response>> {
    let visit = visit(exchange, page, params).await?;
    if visit.is_confirmed(&exchange.cx) {
        return Ok(visit);
    }
    Err(Box::new(to_login(&exchange.cx, CONFIRM, page, &visit.flow)))
}

/// The form that was posted on the page.
async fn posted(exchange: &Exchange, page: Page) -> Result<(Params, Visit), Box<Response>> {
    let cx = &exchange.cx;
    let params = exchange
        .form()
        .map_err(|refusal| Box::new(render::page_error(cx, refusal.into())))?;
    let visit = visit(exchange, page, &params).await?;
    if !check_csrf(exchange, &visit.browser, &params, FORM) {
        return Err(Box::new(render::forbidden(cx)));
    }
    Ok((params, visit))
}

/// As [`posted`], for forms that change credentials.
async fn confirmed_post(exchange: &Exchange, page: Page) -> Result<(Params, Visit), Box<Response>> {
    let (params, visit) = posted(exchange, page).await?;
    if visit.is_confirmed(&exchange.cx) {
        return Ok((params, visit));
    }
    Err(Box::new(to_login(&exchange.cx, CONFIRM, page, &visit.flow)))
}

fn to_login(cx: &Cx, prefix: &str, page: Page, flow: &str) -> Response {
    let dot = if flow.is_empty() { "" } else { "." };
    let address = format!("/login?flow={prefix}{}{dot}{flow}", page.name());
    render::see_other(&cx.app.config.public_url.url(&address))
}

/// To a page of the account, which says that it was done.
fn done(cx: &Cx, page: Page, what: &str) -> Response {
    render::see_other(
        &cx.app
            .config
            .public_url
            .url(&format!("{}?done={what}", page.path())),
    )
}

/// The value of a field, or nothing.
fn text<'a>(params: &'a Params, name: &'static str) -> &'a str {
    params.optional(name).ok().flatten().unwrap_or_default()
}
