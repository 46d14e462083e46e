//! One certificate: its thumbprint, its dates, its names. Whoever shows it has proved to hold its key: in the
//! handshake of our own listener, or to a trusted proxy.

use super::jwk;
use super::name::Name;
use crate::time::Timestamp;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::server::ParsedCertificate;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// The bytes are no certificate that this server can read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate of version 3 that can be read")]
pub struct BadCertificate;

/// A certificate that was read once; every later look at it succeeds.
#[derive(Clone)]
pub struct Certificate {
    der: CertificateDer<'static>,
    /// What the peer sent along, to find the way to a trusted one.
    intermediates: Vec<CertificateDer<'static>>,
    thumbprint: String,
}

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// See [`BadCertificate`].
    pub fn read(
        der: CertificateDer<'static>,
        intermediates: Vec<CertificateDer<'static>>,
    ) -> Result<Self, BadCertificate> {
        // Two readers must agree: one judges chains, the other reads names.
        ParsedCertificate::try_from(&der).map_err(|_| BadCertificate)?;
        parse(&der).ok_or(BadCertificate)?;
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &der)); // RFC 8705 §3.1
        Ok(Self {
            der,
            intermediates,
            thumbprint,
        })
    }

    /// The SHA-256 hash of its DER form in base64url: `x5t#S256`.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Its public key as a JWK (RFC 7517 §4) of the required members alone; `None` for a kind of key that JWK has no
    /// name for.
    pub fn public_jwk(&self) -> Option<Map<String, Value>> {
        jwk::of(parse(&self.der)?.public_key())
    }

    /// It in the form of `x5c` (RFC 7517 §4.7).
    pub fn x5c(&self) -> String {
        STANDARD.encode(&self.der)
    }

    /// Whether the time lies between its two dates, both included (RFC 5280 §4.1.2.5).
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        parse(&self.der).is_some_and(|certificate| {
            let dates = certificate.validity();
            (dates.not_before.timestamp()..=dates.not_after.timestamp()).contains(&now.0)
        })
    }

    /// The last second in which it is good.
    pub fn expires_at(&self) -> Option<Timestamp> {
        Some(Timestamp(parse(&self.der)?.validity().not_after.timestamp()))
    }

    /// Whether it names its holder so. A name counts in its own place only: a DNS name in the subject, or in another
    /// kind of subject alternative name, is none.
    pub fn names(&self, name: &Name) -> bool {
        let Some(certificate) = parse(&self.der) else {
            return false;
        };
        if let Name::Subject(subject) = name {
            return subject.is(certificate.subject());
        }
        // Two such extensions, or one that cannot be read, name nobody.
        let Ok(Some(names)) = certificate.subject_alternative_name() else {
            return false;
        };
        let mut names = names.value.general_names.iter();
        names.any(|known| match (name, known) {
            (Name::Dns(wanted), GeneralName::DNSName(known)) => wanted.eq_ignore_ascii_case(known),
            (Name::Uri(wanted), GeneralName::URI(known)) => wanted == known,
            (Name::Ip(wanted), GeneralName::IPAddress(known)) => match wanted {
                std::net::IpAddr::V4(address) => address.octets().as_slice() == *known,
                std::net::IpAddr::V6(address) => address.octets().as_slice() == *known,
            },
            (Name::Email(wanted), GeneralName::RFC822Name(known)) => same_mailbox(wanted, known),
            _ => false,
        })
    }

    /// Whether a browser takes it for this host, as far as names go.
    pub fn is_for_host(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']);
        let parsed = ParsedCertificate::try_from(&self.der);
        match (parsed, ServerName::try_from(host)) {
            (Ok(parsed), Ok(host)) => {
                tokio_rustls::rustls::client::verify_server_name(&parsed, &host).is_ok()
            }
            _ => false,
        }
    }

    pub(super) fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    pub(super) fn intermediates(&self) -> &[CertificateDer<'static>] {
        &self.intermediates
    }
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Some(certificate),
        _ => None,
    }
}

/// RFC 5280 §7.5: the host without regard to case, what stands before it byte for byte.
fn same_mailbox(left: &str, right: &str) -> bool {
    match (left.rsplit_once('@'), right.rsplit_once('@')) {
        (Some((left, left_host)), Some((right, right_host))) => {
            left == right && left_host.eq_ignore_ascii_case(right_host)
        }
        _ => false,
    }
}
