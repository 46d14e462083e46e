//! Entries in this process, bounded: when the room is used up nothing is dropped, new entries are refused (AC-184).

use super::{Backend, Durability, Reply, StoreError};
use crate::clock::Clock;
use crate::time::{Seconds, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Names, values and what keeping them costs: room for a quarter of a million sessions.
const ROOM: usize = 192 * 1024 * 1024;
/// The name, and its places in the two maps.
const OVERHEAD: usize = 250;

pub(super) struct Memory {
    clock: Arc<dyn Clock>,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_name: HashMap<Arc<str>, Entry>,
    by_end: BTreeSet<(i64, Arc<str>)>,
    used: usize,
}

struct Entry {
    value: Box<[u8]>,
    hits: u64,
    end: Timestamp,
}

impl Memory {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            entries: Mutex::default(),
        }
    }

    /// The live entries, and the time.
    fn entries(&self) -> (MutexGuard<'_, Entries>, Timestamp) {
        let now = self.clock.now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.drop_expired(now);
        (entries, now)
    }
}

impl Entries {
    fn drop_expired(&mut self, now: Timestamp) {
        while let Some((_, name)) = self.by_end.first().filter(|(end, _)| *end <= now.0).cloned() {
            self.remove(&name);
        }
    }

    fn insert(&mut self, name: &str, entry: Entry) -> Result<(), StoreError> {
        let size = entry.value.len() + OVERHEAD;
        let freed = self.by_name.get(name).map_or(0, |old| old.value.len() + OVERHEAD);
        if self.used - freed + size > ROOM {
            return Err(StoreError::Full);
        }
        self.remove(name);
        self.used += size;
        let name: Arc<str> = name.into();
        self.by_end.insert((entry.end.0, Arc::clone(&name)));
        self.by_name.insert(name, entry);
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Option<Entry> {
        let (name, entry) = self.by_name.remove_entry(name)?;
        self.by_end.remove(&(entry.end.0, name));
        self.used -= entry.value.len() + OVERHEAD;
        Some(entry)
    }
}

fn value(value: &[u8], end: Timestamp) -> Entry {
    Entry {
        value: value.into(),
        hits: 0,
        end,
    }
}

impl Backend for Memory {
    fn durability(&self) -> Durability {
        Durability::PerProcess
    }

    fn put<'a>(&'a self, name: &'a str, new: &'a [u8], ttl: Seconds) -> Reply<'a, ()> {
        let (mut entries, now) = self.entries();
        let result = entries.insert(name, value(new, now + ttl));
        Box::pin(std::future::ready(result))
    }

    fn get<'a>(&'a self, name: &'a str) -> Reply<'a, Option<Vec<u8>>> {
        let found = self
            .entries()
            .0
            .by_name
            .get(name)
            .map(|entry| entry.value.to_vec());
        Box::pin(std::future::ready(Ok(found)))
    }

    fn take<'a>(&'a self, name: &'a str) -> Reply<'a, Option<Vec<u8>>> {
        let found = self.entries().0.remove(name).map(|entry| entry.value.into_vec());
        Box::pin(std::future::ready(Ok(found)))
    }

    fn claim<'a>(&'a self, name: &'a str, new: &'a [u8], ttl: Seconds) -> Reply<'a, bool> {
        let (mut entries, now) = self.entries();
        let result = match entries.by_name.contains_key(name) {
            true => Ok(false),
            false => entries.insert(name, value(new, now + ttl)).map(|()| true),
        };
        Box::pin(std::future::ready(result))
    }

    fn count<'a>(&'a self, name: &'a str, ttl: Seconds) -> Reply<'a, u64> {
        let (mut entries, now) = self.entries();
        let result = if let Some(entry) = entries.by_name.get_mut(name) {
            entry.hits = entry.hits.saturating_add(1);
            Ok(entry.hits)
        } else {
            let first = Entry {
                hits: 1,
                ..value(b"", now + ttl)
            };
            entries.insert(name, first).map(|()| 1)
        };
        Box::pin(std::future::ready(result))
    }

    fn forget<'a>(&'a self, name: &'a str) -> Reply<'a, ()> {
        self.entries().0.remove(name);
        Box::pin(std::future::ready(Ok(())))
    }
}
