//! `[passwords]`: rules for passwords and the cost of hashing them with argon2id (RFC 9106).

use super::reader::{Reader, integer};
use super::setting::{Kind, Setting};
use std::path::PathBuf;

/// Password rules and hashing cost.
#[derive(Clone, Debug)]
pub struct Passwords {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes of one hash.
    pub parallelism: u32,
    /// Hashes computed at one time.
    pub workers: u32,
    /// Logins that may wait for a worker; further ones are asked to come again.
    pub queue: u32,
    /// The least length of a new password of an account without a second factor, in characters.
    pub min_length: u32,
    /// The least length of a new password of an account with a second factor, in characters.
    pub min_length_with_mfa: u32,
    /// A filter of passwords that nobody may choose.
    pub blocklist: Option<PathBuf>,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "passwords.memory_kib",
        Kind::Integer,
        "19456",
        "argon2id memory in KiB (at least 19456).",
    ),
    Setting::new(
        "passwords.iterations",
        Kind::Integer,
        "2",
        "argon2id passes (at least 2).",
    ),
    Setting::new("passwords.parallelism", Kind::Integer, "1", "argon2id lanes."),
    Setting::new(
        "passwords.workers",
        Kind::IntegerOrAuto,
        "auto",
        "Hashes computed at one time; `auto`: one per processor core.",
    ),
    Setting::new(
        "passwords.queue",
        Kind::Integer,
        "64",
        "Logins that may wait for a worker; further ones are asked to come again.",
    ),
    Setting::new(
        "passwords.min_length",
        Kind::Integer,
        "15",
        "Least length of a new password of an account without a second factor (at least 8).",
    ),
    Setting::new(
        "passwords.min_length_with_mfa",
        Kind::Integer,
        "8",
        "Least length of a new password of an account with a second factor (at least 8).",
    ),
    Setting::new(
        "passwords.blocklist",
        Kind::Path,
        "",
        "A file of `keywright blocklist build`: passwords that nobody may choose.",
    ),
];

impl Passwords {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            memory_kib: reader.integer("passwords.memory_kib", 8..=4_194_304),
            iterations: reader.integer("passwords.iterations", 1..=100),
            parallelism: reader.integer("passwords.parallelism", 1..=64),
            workers: reader.with("passwords.workers", |text| match text {
                "auto" => Ok(cores()),
                text => integer(text, &(1..=1_024)).map_err(|error| error + ", or `auto`"),
            }),
            queue: reader.integer("passwords.queue", 1..=100_000),
            min_length: reader.integer("passwords.min_length", 8..=128),
            min_length_with_mfa: reader.integer("passwords.min_length_with_mfa", 8..=128),
            blocklist: reader.with("passwords.blocklist", |text| {
                Ok(Some(PathBuf::from(text)).filter(|path| !path.as_os_str().is_empty()))
            }),
        }
    }
}

fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
}
