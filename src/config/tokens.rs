//! `[tokens]`: how long the things handed out are good for.

use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::time::Seconds;

/// Lifetimes of what is handed out.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Access tokens.
    pub access_token: Seconds,
    /// ID tokens.
    pub id_token: Seconds,
    /// Authorization codes.
    pub authorization_code: Seconds,
    /// A refresh token that is not used.
    pub refresh_token_idle: Seconds,
    /// A refresh token and its successors together, used or not.
    pub refresh_token_absolute: Seconds,
    /// How long a rotated refresh token still gives the same successor.
    pub refresh_grace: Seconds,
    /// Device codes and their user codes.
    pub device_code: Seconds,
    /// The least time between two polls of a device.
    pub device_interval: Seconds,
    /// Whether access tokens name a status list, and the lists are published.
    pub status_list: bool,
    /// How long a resource server may keep a list before it looks again.
    pub status_ttl: Seconds,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "tokens.access_token",
        Kind::Duration,
        "15m",
        "Lifetime of an access token (1m to 30m).",
    ),
    Setting::new(
        "tokens.id_token",
        Kind::Duration,
        "1h",
        "Lifetime of an ID token.",
    ),
    Setting::new(
        "tokens.authorization_code",
        Kind::Duration,
        "60s",
        "Lifetime of an authorization code (at most 10m; 60s or less recommended).",
    ),
    Setting::new(
        "tokens.refresh_token_idle",
        Kind::Duration,
        "7d",
        "Lifetime of a refresh token that is not used.",
    ),
    Setting::new(
        "tokens.refresh_token_absolute",
        Kind::Duration,
        "30d",
        "Lifetime of a refresh token and its successors together.",
    ),
    Setting::new(
        "tokens.refresh_grace",
        Kind::Duration,
        "0s",
        "How long a rotated refresh token still gives the same successor (at most 60s).",
    ),
    Setting::new(
        "tokens.device_code",
        Kind::Duration,
        "10m",
        "Lifetime of a device code.",
    ),
    Setting::new(
        "tokens.device_interval",
        Kind::Duration,
        "5s",
        "Least time between two polls of a device.",
    ),
    Setting::new(
        "tokens.status_list",
        Kind::Boolean,
        "true",
        "Whether access tokens name a status list, at `/status/…`, that tells resource servers which of them have ended.",
    ),
    Setting::new(
        "tokens.status_ttl",
        Kind::Duration,
        "30s",
        "How long a resource server keeps a list before it looks again (5s to 5m); without a newer one it may rely on it ten times as long.",
    ),
];

impl Tokens {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            // `oauth::status::LONGEST_TOKEN` goes by this range.
            access_token: reader.duration("tokens.access_token", "1m"..="30m"),
            id_token: reader.duration("tokens.id_token", "1m"..="1d"),
            // RFC 6749 §4.1.2: "A maximum authorization code lifetime of 10 minutes is RECOMMENDED."
            authorization_code: reader.duration("tokens.authorization_code", "5s"..="10m"),
            refresh_token_idle: reader.duration("tokens.refresh_token_idle", "1m"..="3650d"),
            refresh_token_absolute: reader.duration("tokens.refresh_token_absolute", "1m"..="3650d"),
            refresh_grace: reader.duration("tokens.refresh_grace", "0s"..="60s"),
            device_code: reader.duration("tokens.device_code", "1m"..="1h"),
            device_interval: reader.duration("tokens.device_interval", "1s"..="60s"),
            status_list: reader.boolean("tokens.status_list"),
            status_ttl: reader.duration("tokens.status_ttl", "5s"..="5m"),
        }
    }
}
