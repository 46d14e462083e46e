//! `[api_keys]`: long-lived secrets for programs.

use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::time::Seconds;

/// Long-lived secrets for programs.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    /// Whether people may make keys of their own at `/account/api-keys`.
    pub self_service: bool,
    /// How long a key is good if nothing else is asked for.
    pub lifetime: Seconds,
    /// How long a key may be good at most.
    pub max_lifetime: Seconds,
    /// A key that is not used for this long ends.
    pub idle: Seconds,
    /// Scopes of resource servers that people's keys may carry, besides those about the person.
    pub scopes: Vec<String>,
    /// Resource servers that people's keys may be for, besides the apps behind a proxy of this server.
    pub resources: Vec<String>,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "api_keys.self_service",
        Kind::Boolean,
        "true",
        "Whether people may make API keys of their own at `/account/api-keys`.",
    ),
    Setting::new(
        "api_keys.lifetime",
        Kind::Duration,
        "90d",
        "How long a key is good if nothing else is asked for.",
    ),
    Setting::new(
        "api_keys.max_lifetime",
        Kind::Duration,
        "365d",
        "How long a key may be good at most.",
    ),
    Setting::new(
        "api_keys.idle",
        Kind::Duration,
        "90d",
        "A key that is not used for this long ends.",
    ),
    Setting::new(
        "api_keys.scopes",
        Kind::List("scopes"),
        "",
        "Scopes of your APIs that people's keys may carry, besides `email`, `roles` and `groups`.",
    ),
    Setting::new(
        "api_keys.resources",
        Kind::List("URIs"),
        "",
        "Your APIs that people's keys may be for, besides apps behind a proxy that asks `/auth/verify`.",
    ),
];

/// Scopes of OIDC Core §5.4 and §11 whose claims no resource server gets with a token.
const OF_SIGN_INS: &[&str] = &["openid", "profile", "address", "phone", "offline_access"];

impl ApiKeys {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            self_service: reader.boolean("api_keys.self_service"),
            lifetime: reader.duration("api_keys.lifetime", "1h"..="3650d"),
            max_lifetime: reader.duration("api_keys.max_lifetime", "1h"..="3650d"),
            idle: reader.duration("api_keys.idle", "1h"..="3650d"),
            scopes: reader.with("api_keys.scopes", |text| list(text, scope)),
            resources: reader.with("api_keys.resources", |text| list(text, resource)),
        }
    }
}

fn list(text: &str, item: fn(&str) -> Result<(), &'static str>) -> Result<Vec<String>, String> {
    let items = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    items
        .map(|part| match item(part) {
            Ok(()) => Ok(part.to_owned()),
            Err(expected) => Err(format!("{part:?}: {expected}")),
        })
        .collect()
}

/// RFC 6749 §3.3.
fn scope(text: &str) -> Result<(), &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if !text.bytes().all(is_plain) {
        return Err("a scope is one word of printable ASCII without quotes and backslashes");
    }
    if OF_SIGN_INS.contains(&text) {
        return Err("this scope belongs to sign-ins, which a key is not");
    }
    Ok(())
}

/// RFC 8707 §2.
fn resource(text: &str) -> Result<(), &'static str> {
    match url::Url::parse(text) {
        Ok(url) if url.fragment().is_none() => Ok(()),
        _ => Err("an absolute URI without fragment is needed"),
    }
}
