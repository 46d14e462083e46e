//! Whom the new tokens are bound to (RFC 8705 §3): looked at when everything else is decided, and before anything is
//! used up. Tests: tests/it/mtls/bound.rs.

use super::authorization::{Authorization, Source};
use crate::cx::Cx;
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal, invalid_grant};
use crate::secret::constant_time_eq;
use crate::x509::Certificate;
use std::sync::Arc;

/// Who can use the tokens.
pub enum Sender {
    /// Whoever has them.
    Anybody,
    /// Who holds the key of this certificate.
    Certificate(Arc<Certificate>),
}

impl Sender {
    /// The thumbprint of the certificate.
    pub fn certificate(&self) -> Option<&str> {
        match self {
            Self::Anybody => None,
            Self::Certificate(certificate) => Some(certificate.thumbprint()),
        }
    }

    /// What a refresh token is bound to: RFC 8705 §4, those of public clients to the certificate. Those of others are
    /// bound to the client, which may come with a newer certificate.
    pub fn of_refresh_token(&self, client: &Client) -> Option<&str> {
        self.certificate().filter(|_| client.is_public())
    }
}

/// The sender of a token request.
///
/// # Errors
/// `invalid_grant`: the refresh token is bound to another certificate; it stays good. `invalid_request`: the client's
/// tokens are bound to its certificate, and it shows none.
pub fn bind(cx: &Cx, client: &Client, authorization: &Authorization) -> Result<Sender, Refusal> {
    let presented = cx.certificate.as_ref();
    if let (Source::RefreshToken(..), Some(standing)) = (&authorization.source, &authorization.standing)
        && let Some(bound) = &standing.refresh_certificate
        && !presented.is_some_and(|shown| constant_time_eq(shown.thumbprint().as_bytes(), bound.as_bytes()))
    {
        return Err(invalid_grant("refresh token is bound to another certificate"));
    }
    if !client.metadata.tls_client_certificate_bound_access_tokens {
        return Ok(Sender::Anybody);
    }
    match presented {
        Some(certificate) => Ok(Sender::Certificate(Arc::clone(certificate))),
        None => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "The tokens of this client are bound to its certificate: connect with one.",
        )),
    }
}
