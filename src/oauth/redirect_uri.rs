//! Redirect URIs: compared byte for byte, with the one exception of RFC 8252 §7.3 (any port on loopback).
//! Tests: tests/it/authorize/redirect_uri.rs.

use super::client::{ApplicationType, Client};
use std::net::Ipv6Addr;
use url::{Host, Url};

/// A redirect URI that a client has registered. Only [`find`] makes one, and only one can become a `Location`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredRedirect {
    uri: String,
    delivery: Delivery,
}

/// Who may be listening there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Exactly the registered address.
    Exact,
    /// A port of the user's own device, for a native client (RFC 8252 §7.3): any program could listen there.
    Loopback,
    /// A scheme that any program of the device could claim (RFC 8252 §7.1).
    CustomScheme,
}

impl RegisteredRedirect {
    /// The address, byte for byte as presented.
    pub fn as_str(&self) -> &str {
        &self.uri
    }

    /// Who may be listening there.
    pub fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// The host that people see on the consent page; the scheme for custom schemes.
    pub fn shown(&self) -> String {
        match Url::parse(&self.uri) {
            Ok(url) => url
                .host_str()
                .map_or_else(|| format!("{}:", url.scheme()), str::to_owned),
            Err(_) => self.uri.clone(),
        }
    }
}

/// The registered redirect URI that `presented` is, if it is one (RFC 9700 §4.1.3).
pub fn find(client: &Client, presented: &str) -> Option<RegisteredRedirect> {
    let native = client.metadata.application_type == ApplicationType::Native;
    let registered = &client.metadata.redirect_uris;
    let exact = registered.iter().any(|uri| uri == presented);
    // The registered port is no safer than another one: any program of the device could listen there first.
    let delivery = if native && registered.iter().any(|uri| matches_loopback(uri, presented)) {
        Delivery::Loopback
    } else if exact && is_web(presented) {
        Delivery::Exact
    } else if exact {
        Delivery::CustomScheme
    } else {
        return None;
    };
    Some(RegisteredRedirect {
        uri: presented.to_owned(),
        delivery,
    })
}

/// Whether `uri` is registered for the return after sign-out, byte for byte (OIDC RP-Initiated Logout §3).
pub fn is_post_logout(client: &Client, uri: &str) -> bool {
    client
        .metadata
        .post_logout_redirect_uris
        .iter()
        .any(|registered| registered == uri)
}

fn is_web(uri: &str) -> bool {
    uri.starts_with("https://") || uri.starts_with("http://")
}

/// Equal but for the port, and the host is the same loopback literal.
fn matches_loopback(registered: &str, presented: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]", "http://localhost"]
        .iter()
        .any(|prefix| {
            let (Some(registered), Some(presented)) =
                (registered.strip_prefix(prefix), presented.strip_prefix(prefix))
            else {
                return false;
            };
            matches!((after_port(registered), after_port(presented)), (Some(r), Some(p)) if r == p)
        })
}

/// What follows the optional `:port`; `None` unless that is a path or query and the port is 1 to 65535.
fn after_port(rest: &str) -> Option<&str> {
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (port, rest) = rest.split_at_checked(end)?;
            let canonical = !port.starts_with('0') && port.parse::<u16>().is_ok_and(|port| port > 0);
            canonical.then_some(rest)?
        }
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
}

/// Whether a client may register `uri`.
///
/// # Errors
/// Why not, in words for the operator.
pub fn check_registration(uri: &str, application_type: ApplicationType) -> Result<(), &'static str> {
    if uri.len() > 2_048 {
        return Err("longer than 2048 characters");
    }
    if uri.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err("has a space, a control character or a non-ASCII character; percent-encode it");
    }
    if uri.contains(['*', '\\', '"', '<', '>', '#']) {
        return Err("wildcards, fragments, backslashes, quotes and angle brackets are not allowed");
    }
    let url = Url::parse(uri).map_err(|_| "not an absolute URI")?;
    if url.as_str() != uri && url.as_str().trim_end_matches('/') != uri {
        return Err("write it in normal form: lower-case scheme and host, no default port, no dot segments");
    }
    match url.scheme() {
        "https" | "http" => check_web(&url),
        scheme => check_custom(scheme, application_type),
    }
}

fn check_web(url: &Url) -> Result<(), &'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have user information before the host");
    }
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        None => return Err("has no host"),
    };
    if url.scheme() == "http" && !loopback {
        return Err("plain http is for loopback addresses only; use https");
    }
    Ok(())
}

/// RFC 8252 §7.1: a reverse domain name, so that it has an owner. This also keeps out `javascript:`, `data:` and kin.
fn check_custom(scheme: &str, application_type: ApplicationType) -> Result<(), &'static str> {
    if application_type != ApplicationType::Native {
        return Err("only native applications may use a custom scheme; others need https");
    }
    if !scheme.contains('.') {
        return Err("a custom scheme must be a reverse domain name such as com.example.app");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{ApplicationType, check_registration, matches_loopback};

    /// RFC 8252 §7.3 · AC-024, AC-025, AC-027
    #[test]
    fn a_loopback_redirect_may_choose_its_port_and_nothing_else() {
        let registered = "http://127.0.0.1/cb";
        for good in [
            "http://127.0.0.1:1024/cb",
            "http://127.0.0.1:65535/cb",
            "http://127.0.0.1/cb",
        ] {
            assert!(matches_loopback(registered, good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:9/cb2",
            "http://127.0.0.1:9/cb?x=1",
            "https://127.0.0.1:9/cb",
            "http://127.0.0.1.evil.test:80/cb",
            "http://127.0.0.1@evil.test/cb",
            "http://127.0.0.1:9@evil.test/cb",
            "http://127.1:9/cb",
            "http://2130706433/cb",
            "http://[::ffff:127.0.0.1]:9/cb",
            "http://localhost:9/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:-1/cb",
            "http://127.0.0.1:80a/cb",
            "http://127.0.0.1:٨٠/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:9",
        ] {
            assert!(!matches_loopback(registered, bad), "{bad}");
        }
    }

    /// AC-022, AC-023
    #[test]
    fn registration_takes_only_addresses_that_cannot_be_mistaken() {
        for good in [
            "https://app.example/cb",
            "https://app.example/cb?a=1",
            "https://app.example",
            "http://localhost:5173/callback",
            "com.example.app:/callback",
        ] {
            assert_eq!(
                check_registration(good, ApplicationType::Native),
                Ok(()),
                "{good}"
            );
        }
        for bad in [
            "",
            "/cb",
            "app.example/cb",
            "https://app.example/cb#frag",
            "https://*.example/cb",
            "http://app.example/cb",
            "https://user@app.example/cb",
            "https://app.example/../cb",
            "HTTPS://app.example/cb",
            "https://APP.example/cb",
            "https://app.example:443/cb",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "about:blank",
            "https://app.example/a b",
            "https://äpp.example/cb",
        ] {
            assert!(check_registration(bad, ApplicationType::Native).is_err(), "{bad}");
        }
        assert!(check_registration("com.example.app:/callback", ApplicationType::Web).is_err());
    }
}
