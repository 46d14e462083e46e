//! The issuer identifier: one URL, compared byte for byte by every client (RFC 8414 §2, OIDC Discovery §3).

use std::net::IpAddr;
use url::{Host, Url};

/// The address under which clients and browsers reach this server. It has no trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    /// Length of scheme, host and port.
    origin: usize,
    loopback: bool,
}

impl Issuer {
    /// Reads an issuer.
    ///
    /// # Errors
    /// What to write instead. Plain http outside the loopback interface is judged by `Config::check`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| "expected a URL such as https://id.example.com".to_owned())?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err("must start with https://".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a user name or password".to_owned());
        }
        // RFC 8414 §2: "no query or fragment components".
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must not have a query or fragment".to_owned());
        }
        if text.ends_with('/') {
            // A client that writes it the other way than we do is the most frequent integration error.
            return Err(format!(
                "must not end with a slash: write {:?}",
                text.trim_end_matches('/')
            ));
        }
        let normal = url.as_str().trim_end_matches('/');
        if normal != text {
            return Err(format!("must be in its normal form: write {normal:?}"));
        }
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            None => false,
        };
        let path = url.path().trim_end_matches('/').len();
        Ok(Self {
            origin: text.len() - path,
            text: text.to_owned(),
            loopback,
        })
    }

    /// The issuer identifier, as in `iss`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether browsers reach the server by https.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// Whether the host is `localhost`, a name below it, or a loopback address.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The path: empty, or `/p` without a trailing slash.
    pub fn path(&self) -> &str {
        self.text.get(self.origin..).unwrap_or_default()
    }

    /// Scheme, host and port, as in the `Origin` header.
    pub fn origin(&self) -> &str {
        self.text.get(..self.origin).unwrap_or_default()
    }

    /// The address of `path` (which starts with a slash) on this server.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

impl std::fmt::Display for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
