//! `[sessions]`: how long a browser stays signed in.

use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::time::Seconds;

/// Browser sessions.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// A session that is not used.
    pub idle: Seconds,
    /// A session, used or not.
    pub absolute: Seconds,
    /// The pages between an authorization request and its response.
    pub interaction: Seconds,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "sessions.idle",
        Kind::Duration,
        "1d",
        "Sign-in ends after this time without use, or a little earlier (a sixtieth of it, 5 minutes at most).",
    ),
    Setting::new(
        "sessions.absolute",
        Kind::Duration,
        "7d",
        "Sign-in ends after this time in any case.",
    ),
    Setting::new(
        "sessions.interaction",
        Kind::Duration,
        "30m",
        "Time to get from an authorization request through login and consent.",
    ),
];

impl Sessions {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            idle: reader.duration("sessions.idle", "1m"..="365d"),
            absolute: reader.duration("sessions.absolute", "1m"..="365d"),
            interaction: reader.duration("sessions.interaction", "1m"..="1d"),
        }
    }
}
