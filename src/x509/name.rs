//! The name by which a certificate is known: exactly one of the five kinds of RFC 8705 §2.1.2.

use super::DistinguishedName;
use std::net::IpAddr;

/// A name that a certificate must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// The subject, whole.
    Subject(DistinguishedName),
    /// A DNS name among the subject alternative names.
    Dns(String),
    /// A URI among them.
    Uri(String),
    /// An IP address among them.
    Ip(IpAddr),
    /// An e-mail address among them.
    Email(String),
}

impl Name {
    /// The subject of a certificate, as RFC 4514 writes it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn subject(text: &str) -> Result<Self, &'static str> {
        DistinguishedName::parse(text).map(Self::Subject)
    }

    /// A DNS name, in the form of certificates: ASCII, without a dot at the end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn dns(text: &str) -> Result<Self, &'static str> {
        let is_label = |label: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            (1..=63).contains(&label.len()) && label.bytes().all(plain)
        };
        // A wildcard would name every host of a domain, and so no client.
        if text.len() > 253 || !text.split('.').all(is_label) {
            return Err("expected one DNS name such as client.example.com");
        }
        Ok(Self::Dns(text.to_owned()))
    }

    /// A URI; it is compared byte for byte.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn uri(text: &str) -> Result<Self, &'static str> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || url::Url::parse(text).is_err() {
            return Err("expected an absolute URI such as spiffe://example.com/client");
        }
        Ok(Self::Uri(text.to_owned()))
    }

    /// An IPv4 or IPv6 address; it is compared as the number that it is.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn ip(text: &str) -> Result<Self, &'static str> {
        text.parse()
            .map(Self::Ip)
            .map_err(|_| "expected an IPv4 or IPv6 address")
    }

    /// An e-mail address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn email(text: &str) -> Result<Self, &'static str> {
        match text.rsplit_once('@') {
            Some((local, host))
                if !local.is_empty()
                    && !host.is_empty()
                    && text.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Self::Email(text.to_owned()))
            }
            _ => Err("expected an e-mail address"),
        }
    }
}
