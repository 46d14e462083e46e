//! Attempts in a shared store: each key has as many slots as there are attempts, and a slot that is claimed is free again
//! after the window. That is a window which slides, on any store that can claim. A slot that the store drops to make room
//! is an attempt more; the lock of an account is counted in SQL.

use super::{Key, Rate, Refused};
use crate::ephemeral::{Kind, Store, StoreError};
use crate::time::{Seconds, Timestamp};
use std::sync::Arc;

pub(super) struct Slots {
    kind: Kind,
    rate: Rate,
    store: Arc<Store>,
}

impl Slots {
    pub(super) fn new(name: &'static str, rate: Rate, store: Arc<Store>) -> Self {
        let attempts = rate.attempts.max(1);
        Self {
            kind: Kind(name),
            rate: Rate { attempts, ..rate },
            store,
        }
    }

    pub(super) async fn reserve(&self, keys: &[Key], now: Timestamp) -> Result<Vec<String>, Refused> {
        let mut taken = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            let refused = match self.claim(key, now).await {
                Ok(Some(slot)) => {
                    taken.push(slot);
                    continue;
                }
                Ok(None) => self.wait(keys.iter().skip(number), now).await,
                Err(error) => Err(error),
            };
            self.give_back(taken, None).await;
            return Err(match refused {
                Ok(wait) => Refused::TooMany(wait),
                Err(error) => Refused::Fault(error.into()),
            });
        }
        Ok(taken)
    }

    /// The first free slot of a key.
    async fn claim(&self, key: &Key, now: Timestamp) -> Result<Option<String>, StoreError> {
        for slot in self.slots(key) {
            let time = now.0.to_string();
            if self
                .store
                .claim(self.kind, &slot, time.as_bytes(), self.rate.window)
                .await?
            {
                return Ok(Some(slot));
            }
        }
        Ok(None)
    }

    /// How long until each of the keys has a free slot, at least one second.
    async fn wait(&self, keys: impl Iterator<Item = &Key>, now: Timestamp) -> Result<Seconds, StoreError> {
        let mut longest = Seconds(1);
        for key in keys {
            longest = longest.max(self.wait_for(key, now).await?);
        }
        Ok(longest)
    }

    async fn wait_for(&self, key: &Key, now: Timestamp) -> Result<Seconds, StoreError> {
        let mut oldest = None;
        for slot in self.slots(key) {
            let Some(time) = self.store.get(self.kind, &slot).await? else {
                return Ok(Seconds(1)); // free
            };
            let time = String::from_utf8(time).ok().and_then(|text| text.parse().ok());
            let time = Timestamp(time.unwrap_or(now.0));
            oldest = Some(oldest.map_or(time, |oldest: Timestamp| oldest.min(time)));
        }
        // Seconds are cut off: one more, so that who waits as long as told is not told to wait again.
        let free_at = oldest.unwrap_or(now) + self.rate.window + Seconds(1);
        Ok(free_at.since(now))
    }

    /// Frees slots, and all of one key. If it fails, they stay taken until the window has passed.
    pub(super) async fn give_back(&self, taken: Vec<String>, reset: Option<Key>) {
        let all = reset.iter().flat_map(|key| self.slots(key));
        let mut slots: Vec<String> = taken.into_iter().chain(all).collect();
        slots.sort_unstable();
        slots.dedup();
        for slot in slots {
            if let Err(error) = self.store.take(self.kind, &slot).await {
                tracing::warn!(%error, "attempts stay counted");
                return;
            }
        }
    }

    fn slots(&self, key: &Key) -> impl Iterator<Item = String> {
        let key = key.text();
        (0..self.rate.attempts).map(move |number| format!("{key}/{number}"))
    }
}
