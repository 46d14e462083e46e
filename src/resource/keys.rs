//! The issuer's keys: fetched once for any number of waiting requests, renewed in the background, and asked for again
//! because of an unknown `kid` at most once in [`LEAST_INTERVAL`], so that made-up tokens cause no traffic.

use super::Denied;
use crate::jose::{PublicJwk, VerifyKey};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Renewed in the background from this age on; the issuer lets them be kept for five minutes.
const RENEW_AFTER: Duration = Duration::from_secs(300);
/// Not used any more from this age on: a key that the issuer has taken back must not live for ever.
const MAX_AGE: Duration = Duration::from_secs(86_400);
/// Between two fetches, whatever tokens come in.
const LEAST_INTERVAL: Duration = Duration::from_secs(10);
/// No honest document is larger.
const MAX_BYTES: usize = 512 * 1024;

type Set = Arc<HashMap<String, VerifyKey>>;

/// The keys of an issuer.
pub(super) struct Keys {
    issuer: String,
    http: reqwest::Client,
    loaded: RwLock<Option<(Set, Instant)>>,
    /// When the last fetch began; held while one is under way.
    fetching: Mutex<Option<Instant>>,
}

impl Keys {
    pub(super) fn new(issuer: &str) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(5))
            .build()?;
        Ok(Self {
            issuer: issuer.to_owned(),
            http,
            loaded: RwLock::default(),
            fetching: Mutex::default(),
        })
    }

    /// The keys as they are known, fetched if they are not.
    pub(super) async fn known(self: &Arc<Self>) -> Result<Set, Denied> {
        match self.loaded() {
            Some((set, at)) if at.elapsed() < MAX_AGE => {
                if at.elapsed() >= RENEW_AFTER {
                    let keys = Arc::clone(self);
                    tokio::spawn(async move {
                        // What is known stays in use; the next request tries again.
                        let _renewed = keys.fetch_since(at).await;
                    });
                }
                Ok(set)
            }
            _ => self.newer().await,
        }
    }

    /// The keys after another look at the issuer, unless the last one was a moment ago.
    pub(super) async fn newer(&self) -> Result<Set, Denied> {
        self.fetch_since(Instant::now()).await
    }

    /// One fetch for all who wait: whoever comes second finds what the first has loaded.
    async fn fetch_since(&self, asked: Instant) -> Result<Set, Denied> {
        let mut fetching = self.fetching.lock().await;
        let current = self.loaded();
        if let Some((set, at)) = &current
            && *at >= asked
        {
            return Ok(Arc::clone(set));
        }
        if fetching.is_some_and(|last| last.elapsed() < LEAST_INTERVAL) {
            return match current {
                Some((set, at)) if at.elapsed() < MAX_AGE => Ok(set),
                _ => Err(Denied::Unavailable),
            };
        }
        *fetching = Some(Instant::now());
        let Some(keys) = self.fetch().await else {
            tracing::warn!(issuer = self.issuer, "the keys of the issuer cannot be fetched");
            return match current {
                Some((set, at)) if at.elapsed() < MAX_AGE => Ok(set),
                _ => Err(Denied::Unavailable),
            };
        };
        let set = Arc::new(keys);
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) =
            Some((Arc::clone(&set), Instant::now()));
        Ok(set)
    }

    fn loaded(&self) -> Option<(Set, Instant)> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self) -> Option<HashMap<String, VerifyKey>> {
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
        let mut answer = self.http.get(url).send().await.ok()?.error_for_status().ok()?;
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.ok()? {
            if body.len() + part.len() > MAX_BYTES {
                return None;
            }
            body.extend_from_slice(&part);
        }
        serde_json::from_slice(&body).ok()
    }
}
