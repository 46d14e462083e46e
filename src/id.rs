//! Identifiers: time-ordered for rows (so that indexes grow at one end), random where order would tell something.

use crate::entropy::Entropy;
use crate::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A row identifier: 32 lower-case hex digits of a UUID version 7 (RFC 9562 §5.7).
pub fn row(entropy: &dyn Entropy, now: Timestamp) -> String {
    let millis = u64::try_from(now.0).unwrap_or(0).saturating_mul(1_000);
    uuid::Builder::from_unix_timestamp_millis(millis, &entropy.bytes::<10>())
        .into_uuid()
        .simple()
        .to_string()
}

/// A user identifier, the `sub` of its tokens: a random UUID version 4 in its usual form.
/// A client identifier never has this form, so the two can never be mistaken (RFC 9700 §4.15).
pub fn user(entropy: &dyn Entropy) -> String {
    uuid::Builder::from_random_bytes(entropy.bytes::<16>())
        .into_uuid()
        .hyphenated()
        .to_string()
}

/// Whether `text` has the form of a user identifier.
pub fn is_user(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

/// `N` random bytes in base64url without padding.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> String {
    URL_SAFE_NO_PAD.encode(entropy.bytes::<N>())
}

/// The 16 bytes of a row identifier.
pub fn row_bytes(id: &str) -> Option<[u8; 16]> {
    uuid::Uuid::try_parse(id).ok().map(uuid::Uuid::into_bytes)
}

/// The row identifier of 16 bytes.
pub fn row_of(bytes: [u8; 16]) -> String {
    uuid::Uuid::from_bytes(bytes).simple().to_string()
}
