//! The lists themselves. What has ended is read with one statement for any number of resource servers that ask, and a
//! list is signed again only when its bits have changed or its time is over.

use super::turn::Turn;
use super::{LIST_SIZE, LONGEST_TOKEN, uri, uri_of_all};
use crate::cx::Cx;
use crate::jose::{StatusList, TYP_STATUS_LIST};
use crate::oauth::error::Fault;
use crate::storage::status;
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// What was read is used for this long.
const FRESH: Seconds = Seconds(5);
/// A list that another server has just begun is looked for at most this often.
const AGAIN: Duration = Duration::from_millis(250);
/// A resource server may rely on a list for this many times its `ttl` while it cannot fetch a newer one.
const LASTS: i64 = 10;

/// The lists of this process.
#[derive(Default)]
pub(super) struct Lists {
    read: RwLock<Option<Arc<Ended>>>,
    reading: Turn,
    signed: Mutex<HashMap<i64, Arc<Document>>>,
}

/// What has ended, by list.
struct Ended {
    read_at: Timestamp,
    loaded: Instant,
    /// In order.
    lists: Vec<i64>,
    bits: HashMap<i64, Bits>,
}

/// Positions in one list, both ends included.
type Bits = Vec<(usize, usize)>;

/// A signed list.
pub struct Document {
    /// A JWT, `application/statuslist+jwt`.
    pub token: Bytes,
    /// Names this version of it (RFC 9110 §8.8.3), in quotes.
    pub etag: String,
    issued: Timestamp,
    bits: Bits,
}

/// draft-ietf-oauth-status-list §5.1
#[derive(Serialize)]
struct ListClaims<'a> {
    iss: &'a str,
    sub: String,
    iat: i64,
    exp: i64,
    ttl: i64,
    status_list: StatusList,
}

/// The list with this number; `None` if no live token can refer to it.
///
/// # Errors
/// The database fails, or there is no signing key.
pub async fn list(cx: &Cx, number: i64) -> Result<Option<Arc<Document>>, Fault> {
    let lists = &cx.app.status.lists;
    let mut ended = lists.ended(cx).await?;
    if ended.lists.last().is_none_or(|last| number > *last) {
        ended = lists.newer(cx, AGAIN).await?;
    }
    if ended.lists.binary_search(&number).is_err() {
        return Ok(None);
    }
    let bits = ended.bits.get(&number).cloned().unwrap_or_default();
    if let Some(document) = lists.signed(number, &bits, cx.now, cx.app.config.tokens.status_ttl) {
        return Ok(Some(document));
    }
    let document = Arc::new(sign(cx, number, ended.read_at, bits)?);
    let mut signed = lists.signed.lock().unwrap_or_else(PoisonError::into_inner);
    signed.retain(|known, _| ended.lists.binary_search(known).is_ok());
    signed.insert(number, Arc::clone(&document));
    Ok(Some(document))
}

/// The addresses of all lists (draft-ietf-oauth-status-list §9.3).
///
/// # Errors
/// The database fails.
pub async fn aggregation(cx: &Cx) -> Result<Value, Fault> {
    let ended = cx.app.status.lists.ended(cx).await?;
    let uris: Vec<String> = ended.lists.iter().map(|list| uri(&cx.app, *list)).collect();
    Ok(json!({ "status_lists": uris }))
}

impl Lists {
    async fn ended(&self, cx: &Cx) -> Result<Arc<Ended>, Fault> {
        match self.known(cx.now) {
            Some(ended) => Ok(ended),
            None => self.newer(cx, Duration::MAX).await,
        }
    }

    /// What has ended, read unless that was done less than `again` ago; one reads for all who wait.
    async fn newer(&self, cx: &Cx, again: Duration) -> Result<Arc<Ended>, Fault> {
        let look = async {
            let known = self.known(cx.now);
            if let Some(ended) = known.filter(|ended| ended.loaded.elapsed() < again) {
                return Ok(ended);
            }
            let ended = Arc::new(read(cx).await?);
            *self.read.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ended));
            Ok(ended)
        };
        self.reading.run(look).await
    }

    /// A block in this list was taken here: what was read is too old if it does not know the list.
    pub(super) fn expect(&self, list: i64) {
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        read.take_if(|ended| ended.lists.binary_search(&list).is_err());
    }

    fn known(&self, now: Timestamp) -> Option<Arc<Ended>> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back makes nothing last longer.
        let fresh = |ended: &&Arc<Ended>| now.since(ended.read_at).0.abs() < FRESH.0;
        read.as_ref().filter(fresh).cloned()
    }

    fn signed(&self, number: i64, bits: &Bits, now: Timestamp, ttl: Seconds) -> Option<Arc<Document>> {
        let signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        let good =
            |document: &&Arc<Document>| now.since(document.issued).0.abs() < ttl.0 && document.bits == *bits;
        signed.get(&number).filter(good).cloned()
    }
}

async fn read(cx: &Cx) -> Result<Ended, Fault> {
    // Taken before the database is asked: what comes back may already be old.
    let loaded = Instant::now();
    let lists = status::lists(cx.app.db.read(), LIST_SIZE, cx.now).await?;
    let mut rows = status::ended(cx.app.db.read(), cx.now - LONGEST_TOKEN, cx.now).await?;
    rows.sort_unstable();
    rows.dedup();
    let mut bits: HashMap<i64, Bits> = HashMap::new();
    for row in rows {
        for list in row.first_index / LIST_SIZE..=row.last_index / LIST_SIZE {
            // A range that began in an earlier list begins at the first position of this one.
            let position = |index: i64| usize::try_from(index - list * LIST_SIZE).unwrap_or(0);
            let last = row.last_index.min(list * LIST_SIZE + LIST_SIZE - 1);
            bits.entry(list)
                .or_default()
                .push((position(row.first_index), position(last)));
        }
    }
    Ok(Ended {
        read_at: cx.now,
        loaded,
        lists,
        bits,
    })
}

fn sign(cx: &Cx, number: i64, read_at: Timestamp, bits: Bits) -> Result<Document, Fault> {
    let size = usize::try_from(LIST_SIZE).map_err(Fault::internal)?;
    let set = bits.iter().flat_map(|&(first, last)| first..=last);
    let ttl = cx.app.config.tokens.status_ttl.0;
    let claims = ListClaims {
        iss: cx.app.config.public_url.as_str(),
        sub: uri(&cx.app, number),
        iat: read_at.0,
        exp: read_at.0.saturating_add(ttl.saturating_mul(LASTS)),
        ttl,
        status_list: StatusList::of_bits(size, set, uri_of_all(&cx.app)).map_err(Fault::internal)?,
    };
    let keys = cx.app.keyring.set();
    let algs = keys.algs();
    let alg = algs.first().ok_or_else(|| Fault::internal("no signing key"))?;
    let token = keys
        .sign(alg, TYP_STATUS_LIST, &claims)
        .map_err(Fault::internal)?;
    let hash = digest(&SHA256, token.as_bytes());
    let hash = hash.as_ref().get(..12).unwrap_or_default();
    Ok(Document {
        etag: format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash)),
        token: token.into(),
        issued: read_at,
        bits,
    })
}
