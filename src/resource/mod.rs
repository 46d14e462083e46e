//! For resource servers, not for this server: checks the access tokens of a Keywright issuer (RFC 9068 §4), and says no
//! as RFC 6750 §3 and RFC 9470 want it. Example: examples/resource_server.rs. Tests: tests/it/resource.rs.

mod access;
mod denied;
mod keys;
mod protect;

pub use access::{Access, Require};
pub use denied::Denied;
pub use protect::{Protect, Protected};

use crate::clock::{Clock, SystemClock};
use crate::jose::{Claims, TYP_ACCESS_TOKEN, VerifyError, VerifyKey, verify};
use crate::time::Seconds;
use keys::Keys;
use std::sync::Arc;

/// How far ahead the issuer's clock may be.
const SKEW: Seconds = Seconds(10);

/// A resource server: whose tokens it takes, and as whom it is named in them.
pub struct Resource {
    issuer: String,
    audience: String,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
}

/// The resource server cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The issuer is not an https address; plain http is for loopback only.
    #[error("the issuer must be an https address, or http on loopback")]
    Issuer,
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}

impl Resource {
    /// Takes tokens of `issuer` (as in `iss`, without a trailing slash) for `audience` (as in `aud`). Nothing is fetched
    /// yet: keys are loaded at the first token, and the issuer may start later than this.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn new(issuer: &str, audience: &str) -> Result<Self, SetupError> {
        Self::with_clock(issuer, audience, Arc::new(SystemClock))
    }

    /// As [`Resource::new`], with another clock; tests move it.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn with_clock(issuer: &str, audience: &str, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let url = url::Url::parse(issuer).map_err(|_| SetupError::Issuer)?;
        let is_loopback = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
            return Err(SetupError::Issuer);
        }
        Ok(Self {
            keys: Arc::new(Keys::new(issuer)?),
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            clock,
        })
    }

    /// Checks a token: signature, type, issuer, audience, times, and what is required of it.
    ///
    /// # Errors
    /// See [`Denied`].
    pub async fn check(&self, token: &str, require: &Require) -> Result<Access, Denied> {
        self.check_from(token, require, None).await
    }

    /// As [`Resource::check`], for a request whose sender has shown a certificate and proved to hold its key.
    /// `thumbprint` is the SHA-256 hash of the certificate in base64url; a token that is bound to one is good with that
    /// one only (RFC 8705 §3), and with none it is refused.
    ///
    /// # Errors
    /// See [`Denied`].
    pub async fn check_from(
        &self,
        token: &str,
        require: &Require,
        thumbprint: Option<&str>,
    ) -> Result<Access, Denied> {
        let claims = self.verified(token).await?;
        let refused = Denied::InvalidToken;
        if claims.text("iss") != Some(self.issuer.as_str()) {
            return Err(refused("another issuer"));
        }
        if !claims.is_for(&self.audience) {
            return Err(refused("another audience"));
        }
        let now = self.clock.now();
        claims
            .check_times(now, SKEW)
            .map_err(|_| refused("expired, or not valid yet"))?;
        // RFC 9068 §2.2: all of these are required.
        for name in ["sub", "client_id", "jti"] {
            claims.text(name).ok_or(refused("a required claim is missing"))?;
        }
        if let Some(confirmation) = claims.members().get("cnf")
            && (thumbprint.is_none() || *confirmation != serde_json::json!({ "x5t#S256": thumbprint }))
        {
            return Err(refused("bound to another sender"));
        }
        let access = Access::new(claims);
        require.check(&access, now)?;
        Ok(access)
    }

    /// A key that is not known is looked for once more at the issuer, which may have changed its keys.
    async fn verified(&self, token: &str) -> Result<Claims, Denied> {
        let check = |keys: Arc<std::collections::HashMap<String, VerifyKey>>| {
            verify(token, |kid: &str| keys.get(kid).cloned(), &[TYP_ACCESS_TOKEN])
        };
        let verdict = match check(self.keys.known().await?) {
            Err(VerifyError::UnknownKey) => check(self.keys.newer().await?),
            verdict => verdict,
        };
        verdict.map_err(|_| Denied::InvalidToken("the signature or its header is not good"))
    }
}
