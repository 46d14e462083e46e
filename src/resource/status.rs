//! Status lists (draft-ietf-oauth-status-list §8.3): whether a good token has ended before its `exp`. A list is fetched
//! when a token names it, kept for its `ttl`, renewed in the background shortly before that, and relied upon until its
//! own `exp` while no newer one can be had.

use super::Denied;
use super::fetch::{Http, MAX_BYTES, Pause, Renewed};
use super::keys::Keys;
use crate::clock::Clock;
use crate::jose::{Claims, Statuses, TYP_STATUS_LIST};
use crate::time::{Seconds, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A list that cannot be had is asked for at most once a second; otherwise its `ttl` says when.
const PAUSE: Pause = Pause::AfterFailure(Duration::from_secs(1));
/// For this long after a fetch that has brought nothing the issuer counts as away.
const OUTAGE: Duration = Duration::from_secs(15);
/// A list of a million tokens, one byte each, and never more: a few bytes can unpack to a thousand times as many.
const MAX_UNPACKED: usize = 1024 * 1024;
/// Lists kept at one time.
const MAX_LISTS: usize = 1_024;
/// What an issuer may say about how long a list is kept (draft-ietf-oauth-status-list §11.5).
const TTL: std::ops::RangeInclusive<i64> = 1..=600;
/// For a list that says nothing of it.
const DEFAULT_TTL: i64 = 60;
/// The longest that a list is relied upon.
const MAX_LIFE: Seconds = Seconds(86_400);

/// What to do with a good token while its status list cannot be fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusOutage {
    /// Go by the last copy until its `exp`; then refuse for the time being (503). Who was signed out after the copy was
    /// made stays in for that long.
    #[default]
    LastCopy,
    /// Refuse for the time being (503) as soon as the copy is older than its `ttl`.
    Refuse,
    /// Go by the last copy however old it is, and let tokens through that it says nothing about: an outage of the issuer
    /// is none here, and a sign-out does not count during one.
    Accept,
}

/// The status lists of an issuer.
pub(super) struct Lists {
    issuer: url::Url,
    name: String,
    http: Http,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
    lists: Mutex<HashMap<String, Arc<Renewed<List>>>>,
}

#[derive(Clone)]
struct List {
    statuses: Arc<Statuses>,
    issued: Timestamp,
    expires: Timestamp,
    ttl: i64,
    /// When the fetch began.
    asked: Timestamp,
}

impl Lists {
    pub(super) fn new(
        issuer: url::Url,
        name: &str,
        http: Http,
        keys: Arc<Keys>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            issuer,
            name: name.to_owned(),
            http,
            keys,
            clock,
            lists: Mutex::default(),
        }
    }

    /// Whether the token with these verified claims still stands; one without a status does.
    pub(super) async fn check(self: &Arc<Self>, claims: &Claims, outage: StatusOutage) -> Result<(), Denied> {
        let Some(status) = claims.members().get("status") else {
            return Ok(());
        };
        let refused = Denied::InvalidToken;
        let reference = status
            .get("status_list")
            .ok_or(refused("a status of an unknown kind"))?;
        let index = reference.get("idx").and_then(serde_json::Value::as_u64);
        let uri = reference.get("uri").and_then(serde_json::Value::as_str);
        let (Some(index), Some(uri)) = (index, uri) else {
            return Err(refused("a malformed status"));
        };
        // Nobody is called upon to fetch something from elsewhere.
        if !url::Url::parse(uri).is_ok_and(|url| url.origin() == self.issuer.origin()) {
            return Err(refused("a status list that is not the issuer's"));
        }
        let Some(list) = self.list(uri, outage).await? else {
            return Ok(());
        };
        match list.statuses.get(index) {
            Some(0) => Ok(()),
            Some(_) => Err(refused("revoked")),
            // draft-ietf-oauth-status-list §8.3: no statement can be made, so it must be rejected.
            None => Err(refused("beyond its status list")),
        }
    }

    /// The list to go by; `None`: there is none, and that is let pass.
    async fn list(self: &Arc<Self>, uri: &str, outage: StatusOutage) -> Result<Option<Arc<List>>, Denied> {
        let entry = self.entry(uri);
        let asked = Instant::now();
        let now = self.clock.now();
        let last = entry.loaded().map(|(list, _)| list);
        if let Some(list) = &last
            && list.is_fresh(now)
        {
            if now.since(list.asked).0 * 4 >= list.ttl * 3 && !entry.is_fetching() {
                let (lists, entry, uri) = (Arc::clone(self), Arc::clone(&entry), uri.to_owned());
                tokio::spawn(async move { lists.renew(&entry, &uri, asked).await });
            }
            return Ok(last);
        }
        let is_enough = match outage {
            StatusOutage::Accept => true,
            StatusOutage::LastCopy => last.as_ref().is_some_and(|list| now < list.expires),
            StatusOutage::Refuse => false,
        };
        // During an outage one request waits for the next try, and all others go by what there is.
        let is_away = entry.failed().is_some_and(|at| at.elapsed() < OUTAGE);
        if is_enough && is_away && entry.is_fetching() {
            return Ok(last);
        }
        match self.renew(&entry, uri, asked).await {
            Some(list) => Ok(Some(list)),
            None if is_enough => Ok(last),
            None => Err(Denied::Unavailable),
        }
    }

    async fn renew(
        self: &Arc<Self>,
        entry: &Arc<Renewed<List>>,
        uri: &str,
        asked: Instant,
    ) -> Option<Arc<List>> {
        let held = entry.loaded().map(|(list, _)| list);
        let (lists, uri) = (Arc::clone(self), uri.to_owned());
        let fetch = async move {
            let fetched = lists.fetch(&uri, held).await;
            if fetched.is_none() {
                tracing::warn!(uri, "the status list cannot be fetched");
            }
            fetched
        };
        entry.fetch_since(asked, PAUSE, fetch).await
    }

    async fn fetch(self: &Arc<Self>, uri: &str, held: Option<Arc<List>>) -> Option<List> {
        let asked = self.clock.now();
        let token = self.http.get(uri, "application/statuslist+jwt").await?;
        let token = std::str::from_utf8(&token).ok()?.trim_ascii();
        let claims = self.keys.verify(MAX_BYTES, token, TYP_STATUS_LIST).await.ok()?;
        // draft-ietf-oauth-status-list §8.3: the list that the token names, and no other.
        let is_it = claims.text("sub") == Some(uri);
        if !is_it || claims.text("iss").is_some_and(|issuer| issuer != self.name) {
            return None;
        }
        let now = self.clock.now();
        let issued = claims.time("iat").ok()??;
        let expires = claims
            .time("exp")
            .ok()?
            .unwrap_or(now + MAX_LIFE)
            .min(now + MAX_LIFE);
        if issued > now + super::SKEW || expires <= now {
            return None;
        }
        let ttl = match claims.members().get("ttl") {
            Some(ttl) => ttl.as_i64()?.clamp(*TTL.start(), *TTL.end()),
            None => DEFAULT_TTL,
        };
        // A server that is a moment behind, or a copy that somebody sends again, makes no ended token good.
        if let Some(held) = held.filter(|held| held.issued > issued && held.expires > now) {
            return Some(List {
                asked,
                ..(*held).clone()
            });
        }
        let statuses = Statuses::read(claims.members().get("status_list")?, MAX_UNPACKED).ok()?;
        Some(List {
            statuses: Arc::new(statuses),
            issued,
            expires,
            ttl,
            asked,
        })
    }

    fn entry(&self, uri: &str) -> Arc<Renewed<List>> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = lists.get(uri) {
            return Arc::clone(entry);
        }
        if lists.len() >= MAX_LISTS {
            let now = self.clock.now();
            lists.retain(|_, entry| entry.loaded().is_some_and(|(list, _)| list.is_fresh(now)));
            if lists.len() >= MAX_LISTS {
                lists.clear();
            }
        }
        Arc::clone(lists.entry(uri.to_owned()).or_default())
    }
}

impl List {
    fn is_fresh(&self, now: Timestamp) -> bool {
        (0..self.ttl).contains(&now.since(self.asked).0) && now < self.expires
    }
}
