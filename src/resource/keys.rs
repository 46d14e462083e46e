//! The issuer's keys: fetched once for any number of waiting requests, renewed in the background, and asked for again
//! because of an unknown `kid` at most once in [`PAUSE`], so that made-up tokens cause no traffic.

use super::Denied;
use super::fetch::{Http, Pause, Renewed};
use crate::jose::{Claims, PublicJwk, VerifyError, VerifyKey, verify_within};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Renewed in the background from this age on; the issuer lets them be kept for five minutes.
const RENEW_AFTER: Duration = Duration::from_secs(300);
/// Not used any more from this age on: a key that the issuer has taken back must not live for ever.
const MAX_AGE: Duration = Duration::from_secs(86_400);
/// Between two fetches, whatever tokens come in.
const PAUSE: Pause = Pause::Always(Duration::from_secs(10));
type Set = Arc<HashMap<String, VerifyKey>>;

/// The keys of an issuer.
pub(super) struct Keys {
    issuer: String,
    http: Http,
    set: Arc<Renewed<HashMap<String, VerifyKey>>>,
}

impl Keys {
    pub(super) fn new(issuer: &str, http: Http) -> Self {
        Self {
            issuer: issuer.to_owned(),
            http,
            set: Arc::default(),
        }
    }

    /// The claims of a token of type `typ` and of up to `limit` bytes that the issuer has signed. A key that is not known
    /// is looked for once more at the issuer, which may have changed its keys.
    pub(super) async fn verify(
        self: &Arc<Self>,
        limit: usize,
        token: &str,
        typ: &str,
    ) -> Result<Claims, Denied> {
        let check = |keys: Set| verify_within(limit, token, |kid: &str| keys.get(kid).cloned(), &[typ]);
        let verdict = match check(self.known().await?) {
            Err(VerifyError::UnknownKey) => check(self.newer().await?),
            verdict => verdict,
        };
        verdict.map_err(|_| Denied::InvalidToken("the signature or its header is not good"))
    }

    /// The keys as they are known, fetched if they are not.
    async fn known(self: &Arc<Self>) -> Result<Set, Denied> {
        match self.set.loaded() {
            Some((set, at)) if at.elapsed() < MAX_AGE => {
                if at.elapsed() >= RENEW_AFTER && !self.set.is_fetching() {
                    let keys = Arc::clone(self);
                    tokio::spawn(async move {
                        // What is known stays in use; the next request tries again.
                        let _renewed = keys.newer().await;
                    });
                }
                Ok(set)
            }
            _ => self.newer().await,
        }
    }

    /// The keys after another look at the issuer, unless the last one was a moment ago.
    async fn newer(self: &Arc<Self>) -> Result<Set, Denied> {
        let keys = Arc::clone(self);
        let fetch = async move { keys.fetch().await };
        if let Some(set) = self.set.fetch_since(Instant::now(), PAUSE, fetch).await {
            return Ok(set);
        }
        match self.set.loaded() {
            Some((set, at)) if at.elapsed() < MAX_AGE => Ok(set),
            _ => Err(Denied::Unavailable),
        }
    }

    async fn fetch(&self) -> Option<HashMap<String, VerifyKey>> {
        let keys = self.fetch_document().await;
        if keys.is_none() {
            tracing::warn!(issuer = self.issuer, "the keys of the issuer cannot be fetched");
        }
        keys
    }

    async fn fetch_document(&self) -> Option<HashMap<String, VerifyKey>> {
        let metadata = self
            .get(&format!("{}/.well-known/openid-configuration", self.issuer))
            .await?;
        // RFC 8414 §3.3: metadata of another issuer must not be used.
        if metadata.get("issuer").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            return None;
        }
        let jwks = self.get(metadata.get("jwks_uri")?.as_str()?).await?;
        // A key of a kind that is not known here is no reason to refuse the others (RFC 7517 §5).
        let keys = jwks.get("keys")?.as_array()?.iter();
        let keys = keys.filter_map(|key| serde_json::from_value::<PublicJwk>(key.clone()).ok());
        let keys = keys.filter_map(|key| Some((key.kid().to_owned(), VerifyKey::new(&key).ok()?)));
        Some(keys.collect())
    }

    async fn get(&self, url: &str) -> Option<Value> {
        serde_json::from_slice(&self.http.get(url, "application/json").await?).ok()
    }
}
