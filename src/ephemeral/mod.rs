//! Short-lived state under a key, with a lifetime: six operations, each atomic, on memory, SQL, Redis or Memcached.
//! Keys are hashed to one length and values sealed for their kind and key, so that the store learns neither and a value
//! copied to another key is refused. Tests: tests/it/ephemeral.rs runs one contract on each backend.

mod memcached;
mod memory;
mod open;
mod redis;
mod sql;

use crate::entropy::Entropy;
use crate::storage::StorageError;
use crate::time::Seconds;
use crate::vault::{Purpose, Vault, open_under, seal_under};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Connecting and one operation together: beyond this a caller gets 503 rather than waiting.
const LIMIT: Duration = Duration::from_millis(2_500);
/// Memcached takes a longer lifetime for a date.
const LONGEST: Seconds = Seconds(30 * 86_400);
/// Sealed, it is well below what every backend takes.
pub const MAX_VALUE: usize = 64 * 1024;

/// What an entry is for; two kinds never share an entry.
#[derive(Clone, Copy, Debug)]
pub struct Kind(pub &'static str);

/// What becomes of an entry before its lifetime is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Gone with the process, unknown to other processes.
    PerProcess,
    /// The store may drop it when it runs out of memory, restarts or fails over.
    MayEvict,
    /// As safe as the database.
    Durable,
}

/// The store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached or did not answer in time. What was asked may have been done or not.
    #[error("{store}: {reason}")]
    Unavailable {
        /// Which store.
        store: &'static str,
        /// For our log.
        reason: String,
    },
    /// Its memory is full; nothing was dropped to make room.
    #[error("memory store: full")]
    Full,
    /// The value is larger than [`MAX_VALUE`].
    #[error("the value is too large for a store")]
    TooLarge,
    /// The value could not be sealed.
    #[error("the value could not be sealed")]
    Seal,
    /// The database fails.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// What a backend does: names are hashed, values sealed, lifetimes from one second to thirty days.
trait Backend: Send + Sync {
    fn durability(&self) -> Durability;
    fn put<'a>(&'a self, name: &'a str, value: &'a [u8], ttl: Seconds) -> Reply<'a, ()>;
    fn get<'a>(&'a self, name: &'a str) -> Reply<'a, Option<Vec<u8>>>;
    fn take<'a>(&'a self, name: &'a str) -> Reply<'a, Option<Vec<u8>>>;
    fn claim<'a>(&'a self, name: &'a str, value: &'a [u8], ttl: Seconds) -> Reply<'a, bool>;
    fn count<'a>(&'a self, name: &'a str, ttl: Seconds) -> Reply<'a, u64>;
    fn forget<'a>(&'a self, name: &'a str) -> Reply<'a, ()>;
}

/// A store.
pub struct Store {
    backend: Box<dyn Backend>,
    vault: Vault,
    entropy: Arc<dyn Entropy>,
}

impl Store {
    fn new(backend: Box<dyn Backend>, vault: &Vault, entropy: Arc<dyn Entropy>) -> Self {
        // Keys of its own: nothing stored here means anything elsewhere.
        let vault = Vault::new(&vault.mac(Purpose::Digest, &[b"ephemeral"]));
        Self {
            backend,
            vault,
            entropy,
        }
    }

    /// What becomes of entries before their lifetime is over.
    pub fn durability(&self) -> Durability {
        self.backend.durability()
    }

    /// Stores a value, whatever was there.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put(&self, kind: Kind, key: &str, value: &[u8], ttl: Seconds) -> Result<(), StoreError> {
        let sealed = self.seal(kind, key, value)?;
        self.backend
            .put(&self.name("value", kind, key), &sealed, bounded(ttl))
            .await
    }

    /// The value; one that was made elsewhere, for another key or was changed is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn get(&self, kind: Kind, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sealed = self.backend.get(&self.name("value", kind, key)).await?;
        Ok(sealed.and_then(|sealed| self.unseal(kind, key, &sealed)))
    }

    /// The value, for one caller only: it is gone afterwards.
    ///
    /// # Errors
    /// See [`StoreError`]; then the value may be gone or not.
    pub async fn take(&self, kind: Kind, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sealed = self.backend.take(&self.name("value", kind, key)).await?;
        Ok(sealed.and_then(|sealed| self.unseal(kind, key, &sealed)))
    }

    /// Stores a value if there is none; of any number of callers one gets `true`.
    ///
    /// # Errors
    /// See [`StoreError`]; then nobody may get `true`.
    pub async fn claim(&self, kind: Kind, key: &str, value: &[u8], ttl: Seconds) -> Result<bool, StoreError> {
        let sealed = self.seal(kind, key, value)?;
        self.backend
            .claim(&self.name("value", kind, key), &sealed, bounded(ttl))
            .await
    }

    /// Adds one to a counter and gives the sum. The first hit sets its lifetime.
    ///
    /// # Errors
    /// See [`StoreError`]; then the hit may be counted or not.
    pub async fn count(&self, kind: Kind, key: &str, ttl: Seconds) -> Result<u64, StoreError> {
        self.backend
            .count(&self.name("count", kind, key), bounded(ttl))
            .await
    }

    /// Removes the value and the counter of a key.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn forget(&self, kind: Kind, key: &str) -> Result<(), StoreError> {
        self.backend.forget(&self.name("value", kind, key)).await?;
        self.backend.forget(&self.name("count", kind, key)).await
    }

    /// The name under which the store knows an entry: 46 characters of `[A-Za-z0-9_:-]`, whatever the key (AC-183).
    pub fn name(&self, shape: &'static str, kind: Kind, key: &str) -> String {
        let parts = [shape.as_bytes(), kind.0.as_bytes(), key.as_bytes()];
        format!(
            "kw:{}",
            URL_SAFE_NO_PAD.encode(self.vault.mac(Purpose::Digest, &parts))
        )
    }

    /// Each entry has a sealing key of its own, so random nonces suffice however often it is written.
    fn seal(&self, kind: Kind, key: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        if value.len() > MAX_VALUE {
            return Err(StoreError::TooLarge);
        }
        seal_under(&self.sealing_key(kind, key), &*self.entropy, b"ephemeral", value).ok_or(StoreError::Seal)
    }

    fn unseal(&self, kind: Kind, key: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let value = open_under(&self.sealing_key(kind, key), b"ephemeral", sealed);
        if value.is_none() {
            tracing::warn!(
                kind = kind.0,
                "an entry of the store was not made by this server, or changed"
            );
        }
        value
    }

    fn sealing_key(&self, kind: Kind, key: &str) -> [u8; 32] {
        self.vault
            .mac(Purpose::Checksum, &[kind.0.as_bytes(), key.as_bytes()])
    }
}

fn bounded(ttl: Seconds) -> Seconds {
    ttl.clamp(Seconds(1), LONGEST)
}

/// Runs an operation on a remote store, or gives up in time.
async fn in_time<T, E: std::fmt::Display>(
    store: &'static str,
    operation: impl Future<Output = Result<T, E>>,
) -> Result<T, StoreError> {
    let unavailable = |reason: String| StoreError::Unavailable { store, reason };
    match tokio::time::timeout(LIMIT, operation).await {
        Ok(result) => result.map_err(|error| unavailable(error.to_string())),
        Err(_) => Err(unavailable("no answer in time".to_owned())),
    }
}
