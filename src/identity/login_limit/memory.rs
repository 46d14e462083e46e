//! Attempts in the memory of this process, bounded: when the room is used up the oldest are forgotten first. A restart
//! forgets all.

use super::{Key, Rate};
use crate::time::{Seconds, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) struct Memory {
    attempts: usize,
    window: Seconds,
    capacity: usize,
    log: Mutex<Log>,
}

/// Admitted attempts, in the order of their times.
#[derive(Default)]
struct Log {
    latest: Option<Timestamp>,
    next_id: u64,
    order: BTreeMap<u64, (Timestamp, Vec<Key>)>,
    by_key: HashMap<Key, Vec<(Timestamp, u64)>>,
}

impl Memory {
    /// At most `capacity` counts are kept.
    pub(super) fn new(rate: Rate, capacity: usize) -> Self {
        Self {
            attempts: usize::try_from(rate.attempts.max(1)).unwrap_or(usize::MAX),
            window: rate.window,
            capacity,
            log: Mutex::default(),
        }
    }

    /// The name of the attempt, or how long to wait.
    pub(super) fn reserve(&self, keys: &[Key], now: Timestamp) -> Result<u64, Seconds> {
        let mut log = self.lock();
        // A clock that is set back must not bring the order of the log into disorder.
        let now = log.latest.map_or(now, |latest| latest.max(now));
        log.latest = Some(now);
        // Seconds are cut off, not rounded: 900 apart may be 899.1 s. An attempt counts until more than `window` has passed.
        let counts_from = now - self.window;
        while log
            .order
            .first_key_value()
            .is_some_and(|(_, (time, _))| *time < counts_from)
        {
            log.forget_oldest();
        }
        let free_at = keys
            .iter()
            .filter_map(|key| self.free_at(log.by_key.get(key)?))
            .max();
        if let Some(free_at) = free_at {
            return Err(free_at.since(now));
        }
        let id = log.next_id;
        log.next_id += 1;
        if log.order.len() >= self.capacity {
            log.forget_oldest();
        }
        log.order.insert(id, (now, keys.to_vec()));
        for key in keys {
            log.by_key.entry(*key).or_default().push((now, id));
        }
        Ok(id)
    }

    pub(super) fn forget(&self, id: u64) {
        self.lock().forget(id);
    }

    pub(super) fn reset(&self, key: Key) {
        self.lock().by_key.remove(&key);
    }

    /// When a key with these attempts has one left again; `None` if it has now.
    fn free_at(&self, attempts: &[(Timestamp, u64)]) -> Option<Timestamp> {
        let (blocking, _) = attempts.get(attempts.len().checked_sub(self.attempts)?)?;
        Some(*blocking + self.window + Seconds(1))
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        // Every step leaves the log usable, so a panic elsewhere does not spoil it.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn forget_oldest(&mut self) {
        if let Some(id) = self.order.keys().next().copied() {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: u64) {
        for key in self.order.remove(&id).map(|(_, keys)| keys).unwrap_or_default() {
            self.remove(key, id);
        }
    }

    fn remove(&mut self, key: Key, id: u64) {
        if let Some(attempts) = self.by_key.get_mut(&key) {
            attempts.retain(|(_, other)| *other != id);
            if attempts.is_empty() {
                self.by_key.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Memory, Rate};
    use crate::identity::email::CanonicalEmail;
    use crate::time::{Seconds, Timestamp};
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const RATE: Rate = Rate {
        attempts: 5,
        window: Seconds(900),
    };

    fn email(text: &str) -> Key {
        Key::email(&CanonicalEmail::parse(text).unwrap())
    }

    fn ip(text: &str) -> Key {
        Key::ip(text.parse().unwrap())
    }

    fn limit() -> Memory {
        Memory::new(RATE, 10_000)
    }

    /// AC-196
    #[test]
    fn the_sixth_attempt_waits_and_is_told_how_long() {
        let limit = limit();
        for second in 0..5 {
            assert!(limit.reserve(&[email("a@x.example")], Timestamp(second)).is_ok());
        }
        let sixth = limit.reserve(&[email("A@X.example"), ip("192.0.2.1")], Timestamp(10));
        assert_eq!(sixth.err(), Some(Seconds(891)));
        assert!(limit.reserve(&[email("a@x.example")], Timestamp(900)).is_err());
        assert!(limit.reserve(&[email("a@x.example")], Timestamp(901)).is_ok());
        assert!(limit.reserve(&[email("a@x.example")], Timestamp(901)).is_err());
        for _ in 0..5 {
            assert!(
                limit.reserve(&[ip("192.0.2.1")], Timestamp(902)).is_ok(),
                "a refusal counts nowhere"
            );
        }
    }

    /// AC-211
    #[test]
    fn a_success_gives_its_attempt_back_and_clears_the_account_only() {
        let limit = limit();
        let (account, peer) = (email("a@x.example"), ip("192.0.2.1"));
        for _ in 0..4 {
            limit.reserve(&[account, peer], Timestamp(0)).unwrap();
        }
        for _ in 0..20 {
            limit.forget(limit.reserve(&[account, peer], Timestamp(0)).unwrap());
            limit.reset(account);
        }
        assert!(limit.reserve(&[peer], Timestamp(1)).is_ok());
        assert!(limit.reserve(&[peer], Timestamp(1)).is_err());
        assert!(limit.reserve(&[account], Timestamp(1)).is_ok());
    }

    /// AC-197
    #[test]
    fn of_a_hundred_at_once_five_are_admitted() {
        let (limit, admitted) = (limit(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| {
                    if limit.reserve(&[email("a@x.example")], Timestamp(0)).is_ok() {
                        admitted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(admitted.load(Ordering::SeqCst), 5);
    }

    #[test]
    fn memory_is_bounded() {
        let limit = Memory::new(RATE, 100);
        for n in 0..1_000 {
            limit
                .reserve(&[email(&format!("a{n}@x.example"))], Timestamp(n))
                .unwrap();
            let log = limit.lock();
            assert!(log.order.len() <= 100 && log.by_key.len() <= 100);
        }
        limit.reserve(&[email("a@x.example")], Timestamp(5_000)).unwrap();
        let log = limit.lock();
        assert_eq!((log.order.len(), log.by_key.len()), (1, 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// AC-198
        #[test]
        fn no_span_of_a_window_admits_more(steps in prop::collection::vec(-30..300_i64, 1..200)) {
            let (limit, key) = (limit(), email("a@x.example"));
            let (mut now, mut highest, mut admitted) = (0, i64::MIN, Vec::new());
            for step in steps {
                now += step;
                highest = highest.max(now);
                match limit.reserve(&[key], Timestamp(now)) {
                    Ok(_) => admitted.push(highest),
                    Err(Seconds(wait)) => {
                        prop_assert!((1..=901).contains(&wait));
                        // One second sooner would have been the sixth in a window.
                        let fifth = admitted[admitted.len() - 5];
                        prop_assert_eq!(highest + wait, fifth + 901);
                    }
                }
            }
            for six in admitted.windows(6) {
                prop_assert!(six[5] - six[0] > 900);
            }
        }
    }
}
