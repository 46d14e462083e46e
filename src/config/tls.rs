//! `[tls]`: TLS of this server itself, and certificates of clients (RFC 8705). Certificates of clients come in by a
//! listener of their own, so that the main one never makes a browser ask its user for one; or from a proxy (RFC 9440).

use super::problem::{Origin, Problem};
use super::reader::Reader;
use super::setting::{Kind, Setting};
use super::sources::Value;
use super::{Config, Issuer};
use crate::x509::{self, ClientCa};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// TLS and certificates of clients.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate of this server with its chain, PEM; without it the server speaks plain HTTP.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// The address of the listener that asks for certificates of clients.
    pub mtls_listen: Option<SocketAddr>,
    /// Where clients with certificates reach this server.
    pub mtls_url: Option<Issuer>,
    /// Authorities for certificates of clients, PEM.
    pub client_ca: Option<PathBuf>,
    /// Their revocation lists, PEM.
    pub client_crl: Option<PathBuf>,
    /// Whether `Client-Cert` of trusted proxies is believed.
    pub client_certificate_header: bool,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "tls.certificate",
        Kind::Path,
        "",
        "The certificate of this server and its chain, PEM; empty: plain HTTP, for a proxy with TLS in front.",
    ),
    Setting::new(
        "tls.key",
        Kind::Path,
        "",
        "The private key of the certificate, PEM. Both files are read again when they change.",
    ),
    Setting::new(
        "tls.mtls_listen",
        Kind::Address,
        "",
        "The address of a second listener, for clients with certificates; the main one never asks for any.",
    ),
    Setting::new(
        "tls.mtls_url",
        Kind::Url,
        "",
        "Where clients with certificates reach this server, for `mtls_endpoint_aliases`; same path as `public_url`.",
    ),
    Setting::new(
        "tls.client_ca",
        Kind::Path,
        "",
        "Authorities whose certificates `tls_client_auth` accepts, PEM; intermediate ones may be among them.",
    ),
    Setting::new(
        "tls.client_crl",
        Kind::Path,
        "",
        "Their revocation lists, PEM; if set, there must be a current one for every authority that has signed.",
    ),
    Setting::new(
        "tls.client_certificate_header",
        Kind::Boolean,
        "false",
        "Believe the header Client-Cert (RFC 9440) of `server.trusted_proxies`, which must replace what clients send under this name.",
    ),
];

impl Tls {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let path = |text: &str| Ok(Some(PathBuf::from(text)).filter(|path| !path.as_os_str().is_empty()));
        Self {
            certificate: reader.with("tls.certificate", path),
            key: reader.with("tls.key", path),
            mtls_listen: reader.with("tls.mtls_listen", |text| match text {
                "" => Ok(None),
                text => text
                    .parse()
                    .map(Some)
                    .map_err(|_| "expected an address and a port such as 0.0.0.0:8444".to_owned()),
            }),
            mtls_url: reader.with("tls.mtls_url", |text| match text {
                "" => Ok(None),
                text => Issuer::parse(text).map(Some),
            }),
            client_ca: reader.with("tls.client_ca", path),
            client_crl: reader.with("tls.client_crl", path),
            client_certificate_header: reader.boolean("tls.client_certificate_header"),
        }
    }

    /// Whether the certificate of a client can reach this server.
    pub fn takes_client_certificates(&self) -> bool {
        self.mtls_listen.is_some() || self.client_certificate_header
    }

    /// The certificate and key of this server.
    pub fn identity(&self) -> Option<(&Path, &Path)> {
        Some((self.certificate.as_deref()?, self.key.as_deref()?))
    }
}

/// Every contradiction of this section with itself and with others.
pub(super) fn check(config: &Config, report: &mut dyn FnMut(String)) {
    let (tls, issuer) = (&config.tls, &config.public_url);
    if tls.certificate.is_some() != tls.key.is_some() {
        report("tls.certificate and tls.key are needed together".to_owned());
    }
    if tls.certificate.is_some() && !issuer.is_https() {
        report(format!(
            "public_url = \"{issuer}\" is plain http while tls.certificate makes the server speak TLS; \
             write public_url with https"
        ));
    }
    if let Some(listen) = tls.mtls_listen {
        if tls.certificate.is_none() {
            report("tls.mtls_listen needs tls.certificate and tls.key".to_owned());
        }
        if tls.mtls_url.is_none() {
            report("tls.mtls_listen needs tls.mtls_url, or clients would not find it".to_owned());
        }
        if listen == config.server.listen && listen.port() != 0 {
            report("tls.mtls_listen must be another address than server.listen".to_owned());
        }
    }
    if let Some(url) = &tls.mtls_url {
        if !tls.takes_client_certificates() {
            report("tls.mtls_url needs tls.mtls_listen or tls.client_certificate_header".to_owned());
        }
        if !url.is_https() {
            report(format!("tls.mtls_url = \"{url}\" must start with https://"));
        }
        if url.path() != issuer.path() {
            report(format!(
                "tls.mtls_url = \"{url}\" must have the path of public_url = \"{issuer}\""
            ));
        }
        if tls.mtls_listen.is_some() && url.origin() == issuer.origin() {
            report(format!(
                "tls.mtls_url = \"{url}\" is at the origin of public_url, which never asks for certificates; \
                 use the name or port of tls.mtls_listen"
            ));
        }
    }
    if tls.client_ca.is_some() && !tls.takes_client_certificates() {
        report("tls.client_ca needs tls.mtls_listen or tls.client_certificate_header".to_owned());
    }
    if tls.client_crl.is_some() && tls.client_ca.is_none() {
        report("tls.client_crl needs tls.client_ca".to_owned());
    }
    if tls.client_certificate_header && config.server.trusted_proxies.is_empty() {
        report(
            "tls.client_certificate_header believes server.trusted_proxies only, and there are none"
                .to_owned(),
        );
    }
}

/// Every problem of the files that this section names.
pub(super) fn check_files(tls: &Tls, values: &[Value]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut report = |key: &str, message: String| {
        let value = values.iter().find(|value| value.setting.key == key);
        let origin = value.map_or(Origin::Default, |value| value.origin.clone());
        problems.push(Problem::new(origin, format!("{key}: {message}")));
    };
    if let Some(path) = &tls.certificate
        && let Err(message) = read(path, |text| x509::certificates(text).map(drop))
    {
        report("tls.certificate", message);
    }
    if let Some(path) = &tls.key
        && let Err(message) = read(path, |text| x509::private_key(text).map(drop))
    {
        report("tls.key", message);
    }
    if let Some(path) = &tls.client_ca
        && let Err(message) = ClientCa::watch(path, None)
    {
        report("tls.client_ca", message);
    } else if let (Some(authorities), Some(path)) = (&tls.client_ca, &tls.client_crl)
        && let Err(message) = ClientCa::watch(authorities, Some(path))
    {
        report("tls.client_crl", message);
    }
    if problems.is_empty()
        && let Some((certificate, key)) = tls.identity()
        && let Err(message) = x509::Identity::watch(certificate, key)
    {
        let origin = Origin::Default;
        problems.push(Problem::new(
            origin,
            format!("tls.certificate and tls.key: {message}"),
        ));
    }
    problems
}

fn read(path: &Path, check: impl Fn(&[u8]) -> Result<(), &'static str>) -> Result<(), String> {
    let shown = path.display();
    let text = std::fs::read(path).map_err(|error| format!("{shown}: {error}"))?;
    check(&text).map_err(|message| format!("{shown} {message}"))
}
