//! For resource servers, not for this server: checks the access tokens of a Keywright issuer (RFC 9068 §4), asks its
//! status lists whether they have ended before their time, and says no as RFC 6750 §3 and RFC 9470 want it.
//! Example: examples/resource_server.rs. Tests: tests/it/resource.rs.

mod access;
mod denied;
mod fetch;
mod keys;
mod protect;
mod status;

pub use access::{Access, Require};
pub use denied::Denied;
pub use protect::{Protect, Protected};
pub use status::StatusOutage;

use crate::clock::{Clock, SystemClock};
use crate::jose::TYP_ACCESS_TOKEN;
use crate::jose::verify::MAX_TOKEN_BYTES;
use crate::time::Seconds;
use fetch::Http;
use keys::Keys;
use status::Lists;
use std::sync::Arc;

/// How far ahead the issuer's clock may be.
const SKEW: Seconds = Seconds(10);

/// A resource server: whose tokens it takes, and as whom it is named in them.
pub struct Resource {
    issuer: String,
    audience: String,
    keys: Arc<Keys>,
    lists: Arc<Lists>,
    on_status_outage: StatusOutage,
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
        let http = Http::new()?;
        let keys = Arc::new(Keys::new(issuer, http.clone()));
        let lists = Lists::new(url, issuer, http, Arc::clone(&keys), Arc::clone(&clock));
        Ok(Self {
            keys,
            lists: Arc::new(lists),
            on_status_outage: StatusOutage::default(),
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            clock,
        })
    }

    /// Says what happens to good tokens while their status list cannot be fetched.
    #[must_use]
    pub fn on_status_outage(mut self, outage: StatusOutage) -> Self {
        self.on_status_outage = outage;
        self
    }

    /// Checks a token: signature, type, issuer, audience, times, whether it has ended before its time, and what is
    /// required of it.
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
        let claims = self.keys.verify(MAX_TOKEN_BYTES, token, TYP_ACCESS_TOKEN).await?;
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
        // draft-ietf-oauth-status-list §8.3: only for a token that is good otherwise.
        self.lists.check(&claims, self.on_status_outage).await?;
        let access = Access::new(claims);
        require.check(&access, now)?;
        Ok(access)
    }
}
