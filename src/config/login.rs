//! `[login]`: the limiter of failed logins.

use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::time::Seconds;

/// The limiter of failed logins.
#[derive(Clone, Debug)]
pub struct Login {
    /// Failed logins per address and per account before further ones are refused.
    pub attempts: u32,
    /// The span of time in which they are counted.
    pub window: Seconds,
    /// Wrong passwords in a row that lock an account.
    pub lock_after: u32,
    /// Failed sign-ins within a minute, of all accounts together, that a server warns of.
    pub alert_after: u32,
    /// How long a sign-in on a device that is not known waits then.
    pub alert_delay: Seconds,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "login.attempts",
        Kind::Integer,
        "5",
        "Failed logins per address and per account before further ones are refused.",
    ),
    Setting::new(
        "login.window",
        Kind::Duration,
        "15m",
        "The span of time in which they are counted.",
    ),
    Setting::new(
        "login.lock_after",
        Kind::Integer,
        "10",
        "Wrong passwords in a row that lock an account (3 to 100).",
    ),
    Setting::new(
        "login.alert_after",
        Kind::Integer,
        "100",
        "Failed sign-ins within a minute, of all accounts together, that a server warns of in its log.",
    ),
    Setting::new(
        "login.alert_delay",
        Kind::Duration,
        "1s",
        "How long a sign-in on a device that is not known waits then, until a minute has fewer failures (at most 5s).",
    ),
];

impl Login {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            attempts: reader.integer("login.attempts", 1..=10_000),
            window: reader.duration("login.window", "1s"..="1d"),
            lock_after: reader.integer("login.lock_after", 3..=100), // SP 800-63B-4 §3.2.2: at most 100
            alert_after: reader.integer("login.alert_after", 1..=1_000_000),
            alert_delay: reader.duration("login.alert_delay", "0s"..="5s"),
        }
    }
}
