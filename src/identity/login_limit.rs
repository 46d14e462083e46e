//! Counts login attempts in a sliding window (AC-196 to AC-202). An attempt counts before the password is looked at
//! and is given back after a success, so that a hundred at once get no more tries than a hundred in a row.
//!
//! All is in memory: a restart forgets it, and each process counts for itself.

use super::email::CanonicalEmail;
use crate::time::{Seconds, Timestamp};
use aws_lc_rs::digest::{SHA256, digest};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whose attempts are counted together. Holds a hash, so that all keys have one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 16]);

impl Key {
    /// An account, whether it exists or not.
    pub fn email(email: &CanonicalEmail) -> Self {
        Self::hash("email", email.as_str().as_bytes())
    }

    /// A peer: an IPv4 address, also when written in IPv6, or the /64 that one IPv6 customer has (AC-201).
    pub fn ip(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::hash("ipv4", &address.octets()),
            IpAddr::V6(address) => Self::hash("ipv6", &(address.to_bits() >> 64).to_be_bytes()),
        }
    }

    /// A known device of an account, which has a count of its own (AC-206).
    pub fn device(account: &str, device: &str) -> Self {
        Self::hash("device", format!("{account}/{device}").as_bytes())
    }

    fn hash(kind: &str, value: &[u8]) -> Self {
        let hash = digest(&SHA256, &[kind.as_bytes(), &[0], value].concat());
        let mut key = [0; 16];
        key.iter_mut()
            .zip(hash.as_ref())
            .for_each(|(to, from)| *to = *from);
        Self(key)
    }
}

/// The attempt is not admitted; the next can be after this many seconds, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub Seconds);

/// The limiter. One per process.
pub struct LoginLimit {
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

/// An admitted attempt. Dropped, it stays counted; the caller gives it back after a success.
#[must_use = "an attempt that succeeds is given back with `refund`"]
pub struct Reservation<'a> {
    limit: &'a LoginLimit,
    id: u64,
}

impl LoginLimit {
    /// At most `attempts` (one or more) per key in any span of `window`. At most `capacity` counts are kept (about 100 bytes each);
    /// beyond that the oldest are forgotten first.
    pub fn new(attempts: usize, window: Seconds, capacity: usize) -> Self {
        Self {
            attempts: attempts.max(1),
            window,
            capacity,
            log: Mutex::default(),
        }
    }

    /// Counts one attempt under all of `keys`, or under none if one of them has no attempt left.
    pub fn reserve(&self, keys: &[Key], now: Timestamp) -> Result<Reservation<'_>, RetryAfter> {
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
            return Err(RetryAfter(free_at.since(now)));
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
        Ok(Reservation { limit: self, id })
    }

    /// Forgets the attempts under `key`: a success clears the account, never the peer (AC-211).
    pub fn reset(&self, key: Key) {
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

impl Reservation<'_> {
    /// Takes the attempt out of the count.
    pub fn refund(self) {
        self.limit.lock().forget(self.id);
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
    use super::{CanonicalEmail, Key, LoginLimit, RetryAfter};
    use crate::time::{Seconds, Timestamp};
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn email(text: &str) -> Key {
        Key::email(&CanonicalEmail::parse(text).unwrap())
    }

    fn ip(text: &str) -> Key {
        Key::ip(text.parse().unwrap())
    }

    fn limit() -> LoginLimit {
        LoginLimit::new(5, Seconds(900), 10_000)
    }

    /// AC-196
    #[test]
    fn the_sixth_attempt_waits_and_is_told_how_long() {
        let limit = limit();
        for second in 0..5 {
            assert!(limit.reserve(&[email("a@x.example")], Timestamp(second)).is_ok());
        }
        let sixth = limit.reserve(&[email("A@X.example"), ip("192.0.2.1")], Timestamp(10));
        assert_eq!(sixth.err(), Some(RetryAfter(Seconds(891))));
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
            drop(limit.reserve(&[account, peer], Timestamp(0)));
        }
        for _ in 0..20 {
            limit
                .reserve(&[account, peer], Timestamp(0))
                .ok()
                .unwrap()
                .refund();
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

    /// AC-201
    #[test]
    fn addresses_of_one_customer_are_one_peer() {
        assert_eq!(ip("2001:db8:1:2::1"), ip("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(ip("2001:db8:1:2::1"), ip("2001:db8:1:3::1"));
        assert_eq!(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
        assert_ne!(ip("192.0.2.1"), ip("192.0.2.2"));
    }

    #[test]
    fn memory_is_bounded() {
        let limit = LoginLimit::new(5, Seconds(900), 100);
        for n in 0..1_000 {
            drop(limit.reserve(&[email(&format!("a{n}@x.example"))], Timestamp(n)));
            let log = limit.lock();
            assert!(log.order.len() <= 100 && log.by_key.len() <= 100);
        }
        drop(limit.reserve(&[email("a@x.example")], Timestamp(5_000)));
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
                    Err(RetryAfter(Seconds(wait))) => {
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
