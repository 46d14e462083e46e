//! `tls_client_auth`: RFC 8705 §2.1, a certificate of a configured authority that names the client.

use super::ClientAuthMethod;
use crate::config::Config;
use crate::cx::Cx;
use crate::oauth::client::Client;

/// The PKI method.
pub(super) struct TlsClientAuth;

impl ClientAuthMethod for TlsClientAuth {
    fn name(&self) -> &'static str {
        "tls_client_auth"
    }

    fn is_offered(&self, config: &Config) -> bool {
        config.tls.takes_client_certificates() && config.tls.client_ca.is_some()
    }

    fn certificate(&self, cx: &Cx, client: &Client) -> Option<Result<(), &'static str>> {
        Some(check(cx, client))
    }
}

fn check(cx: &Cx, client: &Client) -> Result<(), &'static str> {
    let certificate = cx.certificate.as_ref().ok_or("no certificate")?;
    let authorities = cx.app.client_ca.as_ref().ok_or("no authorities for clients")?;
    if !authorities.current().vouches_for(certificate, cx.now) {
        return Err("certificate of no authority, out of date, revoked, or not for clients");
    }
    // RFC 8705 §2.1.2: exactly one kind of name is registered.
    let name = client
        .metadata
        .certificate_name()
        .map_err(|_| "the registered name is not usable")?;
    if certificate.names(&name) {
        Ok(())
    } else {
        Err("certificate of another subject")
    }
}
