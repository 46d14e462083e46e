//! `self_signed_tls_client_auth`: RFC 8705 §2.2, a certificate whose key the client has registered. No chain is looked
//! at; the dates are, as an old certificate tells of a key that should have been replaced.

use super::ClientAuthMethod;
use crate::config::Config;
use crate::cx::Cx;
use crate::oauth::client::{Client, jwks};

/// The method without a PKI.
pub(super) struct SelfSignedTlsClientAuth;

impl ClientAuthMethod for SelfSignedTlsClientAuth {
    fn name(&self) -> &'static str {
        "self_signed_tls_client_auth"
    }

    fn is_offered(&self, config: &Config) -> bool {
        config.tls.takes_client_certificates()
    }

    fn certificate(&self, cx: &Cx, client: &Client) -> Option<Result<(), &'static str>> {
        Some(check(cx, client))
    }
}

fn check(cx: &Cx, client: &Client) -> Result<(), &'static str> {
    let certificate = cx.certificate.as_ref().ok_or("no certificate")?;
    if !certificate.is_valid_at(cx.now) {
        return Err("certificate is out of date");
    }
    let key = certificate
        .public_jwk()
        .ok_or("certificate with a kind of key that is not known")?;
    let registered = client.metadata.jwks.as_ref().ok_or("no keys are registered")?;
    if jwks::holds(registered, &key) {
        Ok(())
    } else {
        Err("certificate with a key that is not registered")
    }
}
