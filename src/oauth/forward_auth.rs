//! Forward authentication: a proxy asks who sends a request, before it lets it through to an app that knows no tokens.
//! Tests: tests/it/auth/verify.rs, tests/it/auth/proxies.rs.

use super::api_key::{self, Presenter};
use super::engine::scope::Scope;
use super::error::{ErrorCode, Refusal, Result};
use super::first_party;
use super::params::Params;
use super::tokens::access_token;
use crate::config::Config;
use crate::cx::Cx;
use crate::storage::sessions::LiveSession;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// No honest address is longer.
const MAX_ADDRESS: usize = 2_000;

/// What the proxy asks for; its configuration, not the visitor, wrote it.
pub struct Rule {
    /// One of these roles is needed; empty: none.
    roles: Vec<String>,
    /// The audience that an access token or API key must name; without it, only tokens of first-party apps and people's
    /// keys for this server are taken.
    audience: Option<String>,
    /// The scope that an access token or API key must have; a person who is signed in needs none.
    scope: Vec<String>,
    /// Whether people are to be sent to the sign-in page, for proxies that hand our answer on.
    pub redirect: bool,
}

impl Rule {
    /// Reads the query of the proxy's request.
    ///
    /// # Errors
    /// `invalid_request`: a parameter that is not known would be a rule that is not kept.
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        let refused = |text| Refusal::new(ErrorCode::InvalidRequest, text);
        let known = ["role", "audience", "scope", "login"];
        if !params
            .pairs()
            .iter()
            .all(|(name, _)| known.contains(&name.as_str()))
        {
            return Err(refused("The address has a parameter that is not known."));
        }
        let redirect = match params.optional("login")? {
            None => false,
            Some("redirect") => true,
            Some(_) => return Err(refused("login must be redirect.")),
        };
        Ok(Self {
            roles: params.all("role").map(str::to_owned).collect(),
            audience: params.optional("audience")?.map(str::to_owned),
            scope: params.all("scope").map(str::to_owned).collect(),
            redirect,
        })
    }

    fn allows(&self, roles: &[String]) -> bool {
        self.roles.is_empty() || self.roles.iter().any(|role| roles.contains(role))
    }

    fn require_scope(&self, scope: &Scope) -> Result<(), Refusal> {
        if self.scope.iter().all(|word| scope.has(word)) {
            return Ok(());
        }
        Err(Refusal::new(
            ErrorCode::AccessDenied,
            "A part of the scope that is needed is missing.",
        ))
    }
}

/// Who sends the request.
#[derive(Default)]
pub struct Identity {
    /// User identifier; that of the client, where a client acts for itself.
    pub user: String,
    /// E-mail address; empty, where the token's scope has none.
    pub email: String,
    /// Roles.
    pub roles: Vec<String>,
}

/// The user of a live session of the pages.
///
/// # Errors
/// `access_denied`: no role of the rule.
pub fn by_session(rule: &Rule, session: &LiveSession) -> Result<Identity> {
    let identity = Identity {
        user: session.user_id.clone(),
        email: session.email.clone(),
        roles: serde_json::from_str(&session.roles).unwrap_or_default(),
    };
    allowed(rule, identity)
}

/// The owner of an API key for the audience of the rule; without one, of a person's key for this server.
///
/// # Errors
/// `invalid_token`, `access_denied`; or a fault.
pub async fn by_key(cx: &Cx, rule: &Rule, text: &str) -> Result<Identity> {
    let key = api_key::accept(cx, text).await?;
    let resource = key.row.resource.as_str();
    let is_for_it = match &rule.audience {
        Some(audience) => resource == audience,
        None => resource == cx.app.config.public_url.as_str() && key.row.user_id.is_some(),
    };
    if !is_for_it {
        let description = "The API key is for another audience.";
        return Err(Refusal::new(ErrorCode::InvalidToken, description).into());
    }
    let identity = of_key(&key, &key.scope);
    rule.require_scope(&key.scope)?;
    let identity = allowed(rule, identity)?;
    api_key::used(cx, &key.row, Presenter::Holder).await?;
    Ok(identity)
}

/// The user or client of an access token: of a first-party app, or for the audience of the rule. A token that somebody
/// gave another app opens nothing here.
///
/// # Errors
/// `invalid_token`, `access_denied`; or a fault.
pub async fn by_token(cx: &Cx, rule: &Rule, token: &str) -> Result<Identity> {
    let accepted = access_token::accept(cx, token).await?;
    let is_for_it = match &rule.audience {
        Some(audience) => accepted.claims.is_for(audience),
        None => accepted.client.id == first_party::CLIENT_ID,
    };
    if !is_for_it {
        let description = "The access token is for another audience.";
        return Err(Refusal::new(ErrorCode::InvalidToken, description).into());
    }
    let scope = Scope::parse(accepted.claims.text("scope").unwrap_or_default())?;
    rule.require_scope(&scope)?;
    let mut identity = Identity {
        user: accepted.claims.text("sub").unwrap_or_default().to_owned(),
        ..Identity::default()
    };
    // As they are now, not as they were when the token was made; and only what its scope has.
    if let Some(standing) = accepted.standing {
        if scope.has("email") {
            identity.email = standing.email;
        }
        if scope.has("roles") {
            identity.roles = serde_json::from_str(&standing.roles).unwrap_or_default();
        }
    }
    if let Some(key) = accepted.key {
        identity = of_key(&key, &scope.filter(|word| key.scope.has(word)));
    }
    allowed(rule, identity)
}

fn of_key(key: &api_key::Accepted, scope: &Scope) -> Identity {
    let row = &key.row;
    let of_scope =
        |word, value: &Option<String>| value.clone().filter(|_| scope.has(word)).unwrap_or_default();
    Identity {
        user: row.owner().to_owned(),
        email: of_scope("email", &row.email),
        roles: serde_json::from_str(&of_scope("roles", &row.roles)).unwrap_or_default(),
    }
}

fn allowed(rule: &Rule, identity: Identity) -> Result<Identity> {
    if rule.allows(&identity.roles) {
        return Ok(identity);
    }
    Err(Refusal::new(ErrorCode::AccessDenied, "None of the roles that are needed.").into())
}

/// Names an address in the sign-in page's own terms; `None` if no sign-in may lead there.
pub fn remembered(config: &Config, address: &str) -> Option<String> {
    is_ours(config, address).then(|| URL_SAFE_NO_PAD.encode(address))
}

/// The address that [`remembered`] has named, checked again.
pub fn recalled(config: &Config, name: &str) -> Option<String> {
    let address = String::from_utf8(URL_SAFE_NO_PAD.decode(name).ok()?).ok()?;
    is_ours(config, &address).then_some(address)
}

/// Whether the address is on our own origin or a configured one. The origin ends where the path begins, so nothing can
/// hide between the two; no character that browsers read in their own way is let through.
fn is_ours(config: &Config, address: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'`');
    let configured = config.forward_auth.origins.iter().map(String::as_str);
    let mut origins = configured.chain([config.public_url.origin()]);
    address.len() <= MAX_ADDRESS
        && address.bytes().all(plain)
        && origins.any(|origin| {
            address
                .strip_prefix(origin)
                .is_some_and(|rest| rest.starts_with('/'))
        })
}
