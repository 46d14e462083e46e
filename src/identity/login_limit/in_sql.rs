//! Attempts in the database: a statement to count one under two keys, and a statement to give it back.

use super::{Key, Rate, Refused};
use crate::entropy::Entropy;
use crate::ephemeral::{Kind, Store};
use crate::id;
use crate::storage::attempts::{self, Limit};
use crate::storage::{self, Db};
use crate::time::{Seconds, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub(super) struct InSql {
    kind: Kind,
    attempts: i32,
    window: Seconds,
    db: Db,
    names: Arc<Store>,
    entropy: Arc<dyn Entropy>,
    /// A clock that is set back must not bring the order of a log into disorder.
    latest: AtomicI64,
}

/// What one statement has counted.
pub(super) struct Counted {
    names: Pair,
    entry: String,
}

/// One or two names of rows; one is there twice.
type Pair = (String, String);

impl InSql {
    pub(super) fn new(
        name: &'static str,
        rate: Rate,
        db: Db,
        names: Arc<Store>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            kind: Kind(name),
            attempts: i32::try_from(rate.attempts.max(1)).unwrap_or(i32::MAX),
            window: rate.window,
            db,
            names,
            entropy,
            latest: AtomicI64::new(0),
        }
    }

    /// Two keys at a time, which is all that anybody has.
    pub(super) async fn reserve(&self, keys: &[Key], now: Timestamp) -> Result<Vec<Counted>, Refused> {
        let now = Timestamp(self.latest.fetch_max(now.0, Ordering::SeqCst).max(now.0));
        let mut counted = Vec::new();
        for pair in keys.chunks(2) {
            match self.reserve_pair(&self.pair(pair), now).await {
                Ok(more) => counted.push(more),
                Err(refused) => {
                    self.give_back(counted, None).await;
                    return Err(refused);
                }
            }
        }
        Ok(counted)
    }

    async fn reserve_pair(&self, names: &Pair, now: Timestamp) -> Result<Counted, Refused> {
        let fault = |error: storage::StorageError| Refused::Fault(error.into());
        // Seconds are cut off, not rounded: 900 apart may be 899.1 s. An attempt counts until more than the window has passed.
        let limit = Limit {
            attempts: self.attempts,
            from: now - self.window,
        };
        let both = (names.0.as_str(), names.1.as_str());
        let entry = attempts::entry(now, &id::random::<9>(&*self.entropy));
        let end = now + self.window + Seconds(1);
        let added = attempts::add(self.db.write(), both, &entry, limit, end).await;
        let added = added.map_err(fault)?;
        let counted = Counted {
            names: names.clone(),
            entry,
        };
        if added.contains(&names.0) && added.contains(&names.1) {
            return Ok(counted);
        }
        if !added.is_empty() {
            self.give_back(vec![counted], None).await;
        }
        let full = attempts::full(self.db.read(), both, limit).await.map_err(fault)?;
        let free_at = full
            .into_iter()
            .max()
            .map(|oldest| oldest + self.window + Seconds(1));
        // None: somebody has given one back meanwhile.
        Err(Refused::TooMany(free_at.map_or(Seconds(1), |at| at.since(now))))
    }

    /// Takes attempts out of the count and forgets all of one key. If it fails, they stay counted.
    pub(super) async fn give_back(&self, counted: Vec<Counted>, reset: Option<Key>) {
        let mut emptied = reset.map(|key| self.name(&key)).unwrap_or_default();
        let nothing = Counted {
            names: Pair::default(),
            entry: "-".to_owned(),
        };
        let alone = counted.is_empty().then_some(nothing);
        for counted in counted.into_iter().chain(alone) {
            let names = (counted.names.0.as_str(), counted.names.1.as_str());
            let now = Timestamp(self.latest.load(Ordering::SeqCst));
            let given = attempts::give_back(self.db.write(), names, &counted.entry, &emptied, now).await;
            if let Err(error) = given {
                tracing::warn!(%error, "an attempt stays counted");
            }
            emptied = String::new();
        }
    }

    fn pair(&self, keys: &[Key]) -> Pair {
        let mut names = keys.iter().map(|key| self.name(key));
        let first = names.next().unwrap_or_default();
        let second = names.next().unwrap_or_else(|| first.clone());
        (first, second)
    }

    fn name(&self, key: &Key) -> String {
        self.names.name("attempts", self.kind, &key.text())
    }
}
