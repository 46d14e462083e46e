//! Sees when many sign-ins fail, whoever they are for and wherever they come from: one password tried on thousands of
//! accounts from hundreds of addresses stays below every other limit (AC-210). Each server counts its own.
//! Tests: tests/it/pages/login_limit.rs.

use crate::time::Timestamp;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts the failures of each minute.
pub struct FailureRate {
    limit: u32,
    minute: Mutex<Minute>,
}

#[derive(Default)]
struct Minute {
    number: i64,
    failures: u32,
    /// Of the minute before.
    before: u32,
}

impl FailureRate {
    /// Sees when a minute has `limit` failures.
    pub fn new(limit: u32) -> Self {
        Self {
            limit,
            minute: Mutex::default(),
        }
    }

    /// Counts a failure; whether it is the one that fills the minute.
    pub fn is_reached(&self, now: Timestamp) -> bool {
        let mut minute = self.minute(now);
        minute.failures = minute.failures.saturating_add(1);
        minute.failures == self.limit
    }

    /// Whether this minute is full, or the one before was.
    pub fn is_high(&self, now: Timestamp) -> bool {
        let minute = self.minute(now);
        minute.failures.max(minute.before) >= self.limit
    }

    fn minute(&self, now: Timestamp) -> MutexGuard<'_, Minute> {
        // Every step leaves the count usable, so a panic elsewhere does not spoil it.
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.0.div_euclid(60);
        if minute.number != number {
            *minute = Minute {
                number,
                failures: 0,
                before: if minute.number + 1 == number {
                    minute.failures
                } else {
                    0
                },
            };
        }
        minute
    }
}
