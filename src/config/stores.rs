//! `[stores]`: where the live sessions of browsers are kept, and attempts counted.

use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::secret::Secret;
use url::{Host, Url};

/// Where live sessions are kept.
#[derive(Clone)]
pub struct Stores {
    /// Where they are looked up and written.
    pub url: StoreUrl,
    /// Where they were before, while servers move from one store to another.
    pub previous_url: Option<StoreUrl>,
}

/// The address of a store.
#[derive(Clone)]
pub enum StoreUrl {
    /// The database itself.
    Database,
    /// The memory of this process.
    Memory,
    /// A `redis://` or `rediss://` URL, which may hold a password.
    Redis(Secret),
    /// `host:port`.
    Memcached(String),
}

const EXPECTED: &str = "expected `database:`, `memory:`, `redis://user:password@host:port/number`, \
                        `rediss://…` or `memcached://host:port`";

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "stores.url",
        Kind::Url,
        "database:",
        "Live sessions and counts of attempts: `database:`, `memory:`, `redis://host:port/number`, `rediss://…` or `memcached://host:port`.",
    )
    .secret(),
    Setting::new(
        "stores.previous_url",
        Kind::Url,
        "",
        "The store used before, while servers move to another one: it is told of every sign-out too.",
    )
    .secret(),
];

impl Stores {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            url: reader.with("stores.url", StoreUrl::parse),
            previous_url: reader.with("stores.previous_url", |text| match text {
                "" => Ok(None),
                text => StoreUrl::parse(text).map(Some),
            }),
        }
    }
}

impl StoreUrl {
    /// Reads the address of a store.
    ///
    /// # Errors
    /// What to write instead; never quotes `text`, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "database:" => return Ok(Self::Database),
            "memory:" => return Ok(Self::Memory),
            _ => {}
        }
        if !["redis://", "rediss://", "memcached://"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
        {
            return Err(EXPECTED.to_owned());
        }
        let url = Url::parse(text)
            .map_err(|_| "not a valid URL; percent-encode special characters of the password".to_owned())?;
        let Some(host) = url.host().filter(|host| !host.to_string().is_empty()) else {
            return Err("names no host".to_owned());
        };
        if url.query().is_some() || url.fragment().is_some() {
            return Err("options after `?` or `#` are not supported".to_owned());
        }
        if url.port() == Some(0) {
            return Err("0 is no port".to_owned());
        }
        if url.scheme() != "memcached" {
            let number = url.path().trim_start_matches('/');
            if !number.is_empty() && number.parse::<u16>().is_err() {
                return Err("expected the number of a database, such as `/0`, after the host".to_owned());
            }
            return Ok(Self::Redis(Secret::new(text.to_owned())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("Memcached is reached without user and password".to_owned());
        }
        if !["", "/"].contains(&url.path()) {
            return Err("nothing may follow the host and port of Memcached".to_owned());
        }
        if matches!(host, Host::Ipv6(_)) {
            return Err("Memcached is reached over IPv4: give a name or an IPv4 address".to_owned());
        }
        Ok(Self::Memcached(format!(
            "{host}:{}",
            url.port().unwrap_or(11_211)
        )))
    }

    /// The address without user and password, for people and logs.
    pub fn for_people(&self) -> String {
        match self {
            Self::Database => "database".to_owned(),
            Self::Memory => "memory".to_owned(),
            Self::Redis(url) => {
                let url = Url::parse(url.expose()).ok();
                let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
                let port = url.as_ref().and_then(Url::port).unwrap_or(6_379);
                format!("redis {host}:{port}")
            }
            Self::Memcached(address) => format!("memcached {address}"),
        }
    }
}
