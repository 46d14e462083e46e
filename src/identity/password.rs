//! Passwords: argon2id (RFC 9106) on a bounded pool of threads. An unknown user costs what a known one costs (AC-194).
//!
//! A password is taken exactly as received, in Unicode normal form C, nothing cut, trimmed or folded
//! (SP 800-63B-4 §3.1.1.2, RFC 8265 §4.2.2): an "é" is the same password from every keyboard.

mod blocklist;
mod imported;
mod phc;
mod policy;
mod pool;

pub use blocklist::Blocklist;
use imported::Imported;
pub use imported::{NotImportable, importable};
pub use phc::{Cost, CostError};
pub use policy::{Context, MAX_LENGTH, PasswordProblem, check_new, length};

use crate::entropy::Entropy;
use crate::secret::{Secret, constant_time_eq};
use phc::{HASH_BYTES, SALT_BYTES, Stored};
use pool::{Computed, Job, Pool, Work};
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The one place that hashes and verifies passwords.
pub struct Passwords {
    cost: Cost,
    pool: Pool,
}

/// All workers are busy and the queue is full: answer 503 with `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

/// The result of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The password is the stored one.
    pub matches: bool,
    /// It matches, and was stored at a lower cost than new ones or elsewhere: store a new hash of it.
    pub rehash: bool,
}

impl Passwords {
    /// Starts `workers` threads, each with the memory of one hash while it has work; `queue` more requests may wait.
    pub fn new(cost: Cost, workers: usize, queue: usize) -> std::io::Result<Self> {
        Ok(Self {
            cost,
            pool: Pool::start(workers, queue)?,
        })
    }

    /// How many hashes were computed since the start.
    pub fn computed(&self) -> u64 {
        self.pool.computed()
    }

    /// The hash to store for a new password, in the PHC string format.
    pub async fn hash(&self, password: Secret, entropy: &dyn Entropy) -> Result<String, Busy> {
        let salt = entropy.bytes::<SALT_BYTES>().to_vec();
        let hash = self.compute(&password, salt.clone(), self.cost).await?;
        Ok(Stored {
            cost: self.cost,
            salt,
            hash,
        }
        .write())
    }

    /// Compares with what is stored. `None` (no such user, or one without a password) never matches and takes as long.
    pub async fn verify(&self, password: Secret, stored: Option<String>) -> Result<Verdict, Busy> {
        if let Some(imported) = stored.as_deref().and_then(Imported::parse) {
            // As typed: elsewhere it was not normalized.
            let typed = Zeroizing::new(password.expose().to_owned());
            let computed = self.run(typed, Work::Bcrypt(imported)).await?;
            let matches = matches!(computed, Computed::Matches(true));
            return Ok(Verdict {
                matches,
                rehash: matches,
            });
        }
        let known = stored.as_deref().and_then(Stored::parse);
        let is_known = known.is_some();
        let Stored { cost, salt, hash } = known.unwrap_or_else(|| self.nobody());
        let computed = self.compute(&password, salt, cost).await?;
        let matches = constant_time_eq(&computed, &hash) && is_known;
        let rehash = matches && cost.is_weaker_than(self.cost);
        Ok(Verdict { matches, rehash })
    }

    /// Stands in for a row that is not there.
    fn nobody(&self) -> Stored {
        Stored {
            cost: self.cost,
            salt: vec![0; SALT_BYTES],
            hash: [0; HASH_BYTES],
        }
    }

    async fn compute(&self, password: &Secret, salt: Vec<u8>, cost: Cost) -> Result<[u8; HASH_BYTES], Busy> {
        match self
            .run(normalize(password.expose()), Work::Argon2 { salt, cost })
            .await?
        {
            Computed::Hash(hash) => Ok(hash),
            Computed::Matches(_) => Err(Busy),
        }
    }

    async fn run(&self, password: Zeroizing<String>, work: Work) -> Result<Computed, Busy> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            password,
            work,
            reply,
        };
        self.pool.submit(job).map_err(|_| Busy)?;
        // No answer means that the work failed or the server stops: both are for the caller to try again.
        answer.await.map_err(|_| Busy)
    }
}

/// The text that is hashed, both when a password is set and when it is checked.
fn normalize(password: &str) -> Zeroizing<String> {
    // Room for the longest result, so that growing leaves no copy behind: NFC takes at most three times the bytes.
    let mut normal = Zeroizing::new(String::with_capacity(password.len() * 3));
    normal.extend(password.nfc());
    normal
}

#[cfg(test)]
mod tests {
    use super::{Busy, Cost, Passwords, Verdict};
    use crate::entropy::SystemEntropy;
    use crate::secret::Secret;
    use std::time::Duration;

    const NO: Verdict = Verdict {
        matches: false,
        rehash: false,
    };
    const YES: Verdict = Verdict {
        matches: true,
        rehash: false,
    };
    const WEAK: Verdict = Verdict {
        matches: true,
        rehash: true,
    };

    fn passwords(memory_kib: u32) -> Passwords {
        Passwords::new(Cost::new(memory_kib, 2, 1).unwrap(), 2, 16).unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    /// AC-213
    #[tokio::test]
    async fn a_password_is_verified_as_set() {
        let passwords = passwords(64);
        for text in [
            "",
            " spaced ",
            "nul\0inside",
            "🦀",
            "Zoe\u{301}",
            &"x".repeat(5_000),
        ] {
            let stored = passwords.hash(secret(text), &SystemEntropy).await.unwrap();
            assert!(stored.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{stored}");
            let verify = async |text: &str| passwords.verify(secret(text), Some(stored.clone())).await;
            assert_eq!(verify(text).await, Ok(YES));
            assert_eq!(verify(&format!("{text} ")).await, Ok(NO));
            assert_eq!(verify(&format!("{text}\0")).await, Ok(NO));
            if text.to_uppercase() != *text {
                assert_eq!(verify(&text.to_uppercase()).await, Ok(NO));
            }
        }
        let composed = passwords.hash(secret("Zo\u{e9}"), &SystemEntropy).await.unwrap();
        assert_eq!(
            passwords.verify(secret("Zoe\u{301}"), Some(composed)).await,
            Ok(YES)
        );
    }

    /// RFC 9106 names no vector without secret and data; this one is of the reference implementation (phc-winner-argon2, `test.c`).
    #[tokio::test]
    async fn hashes_of_the_reference_implementation_verify() {
        let stored = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
        let passwords = passwords(64);
        assert_eq!(
            passwords.verify(secret("password"), Some(stored.into())).await,
            Ok(YES)
        );
        assert_eq!(
            passwords.verify(secret("Password"), Some(stored.into())).await,
            Ok(NO)
        );
    }

    #[tokio::test]
    async fn nobody_and_damaged_rows_never_match() {
        let passwords = passwords(64);
        for stored in [
            None,
            Some(""),
            Some("$argon2id$v=19$m=64,t=2,p=1$$"),
            Some("plain"),
        ] {
            let stored = stored.map(str::to_owned);
            assert_eq!(passwords.verify(secret(""), stored.clone()).await, Ok(NO));
            assert_eq!(passwords.verify(secret("plain"), stored).await, Ok(NO));
        }
    }

    #[tokio::test]
    async fn a_cheaper_hash_is_to_be_stored_anew() {
        let stored = passwords(64).hash(secret("a"), &SystemEntropy).await.unwrap();
        let verify = async |memory, text: &str| {
            let verdict = passwords(memory).verify(secret(text), Some(stored.clone())).await;
            verdict.unwrap()
        };
        assert_eq!(verify(128, "a").await, WEAK);
        assert_eq!(verify(128, "b").await, NO);
        assert_eq!(verify(32, "a").await, YES);
    }

    /// AC-210
    #[tokio::test]
    async fn a_full_queue_answers_at_once_and_those_who_left_make_room() {
        let passwords = Passwords::new(Cost::new(65_536, 16, 1).unwrap(), 1, 2).unwrap();
        let mut waiting: Vec<_> = (0..3)
            .map(|_| Box::pin(passwords.verify(secret("a"), None)))
            .collect();
        for request in &mut waiting {
            let polled = tokio::time::timeout(Duration::from_millis(1), request).await;
            assert!(polled.is_err(), "in work or in the queue");
        }
        let refused = tokio::time::timeout(Duration::from_millis(50), passwords.verify(secret("a"), None));
        assert_eq!(refused.await, Ok(Err(Busy)));
        waiting.truncate(1);
        let admitted = tokio::time::timeout(Duration::from_millis(1), passwords.verify(secret("a"), None));
        assert!(admitted.await.is_err(), "admitted, in the queue");
        assert_eq!(waiting.remove(0).await, Ok(NO));
    }
}
