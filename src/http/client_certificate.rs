//! The certificate of the client that sends a request: from the handshake of the listener for it, or as a trusted proxy
//! passes it on (RFC 9440). No other header is looked at, and none of anybody else (AC-160). Tests: tests/it/mtls/.

use super::client_ip;
use crate::config::Config;
use crate::x509::Certificate;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::sync::Arc;

/// Set by the listener that asks for certificates: what the client has shown, if it has.
#[derive(Clone)]
pub(super) struct PeerCertificate(pub(super) Option<Arc<Certificate>>);

/// RFC 8941 §4.2.7: padding may be missing.
const BYTE_SEQUENCE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The certificate, or nothing.
pub(super) fn of(extensions: &Extensions, headers: &HeaderMap, config: &Config) -> Option<Arc<Certificate>> {
    // Who shows a certificate in the handshake speaks for itself alone.
    if let Some(PeerCertificate(certificate)) = extensions.get::<PeerCertificate>() {
        return certificate.clone();
    }
    let believed = config.tls.client_certificate_header
        && client_ip::is_from_proxy(extensions, &config.server.trusted_proxies)
        && is_for_certificates(headers, config);
    if !believed {
        return None;
    }
    let mut values = headers.get_all("client-cert").iter();
    let (first, second) = (values.next()?, values.next());
    // Two of them: one may be the client's own, and nobody knows which.
    let certificate = match second {
        // A proxy whose client has shown none.
        None if matches!(first.as_bytes(), b"" | b"::") => return None,
        None => read(first.as_bytes()),
        Some(_) => None,
    };
    if certificate.is_none() {
        tracing::warn!("a trusted proxy sent a Client-Cert header that cannot be read");
    }
    certificate
}

/// RFC 9440 §4: what serves other addresses in the same proxy may pass on the header of anybody. It counts at the address
/// for certificates only, where that is another than that of everybody.
fn is_for_certificates(headers: &HeaderMap, config: &Config) -> bool {
    let Some(url) = &config.tls.mtls_url else {
        return true;
    };
    let authority = url
        .origin()
        .split_once("://")
        .map_or("", |(_, authority)| authority);
    let is_it = |host: &HeaderValue| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes());
    url.origin() == config.public_url.origin() || headers.get(header::HOST).is_some_and(is_it)
}

/// RFC 9440 §2.1: a byte sequence, `:base64:`.
fn read(value: &[u8]) -> Option<Arc<Certificate>> {
    let encoded = value.trim_ascii().strip_prefix(b":")?.strip_suffix(b":")?;
    let der = BYTE_SEQUENCE.decode(encoded).ok()?;
    Certificate::read(der.into(), Vec::new()).ok().map(Arc::new)
}
