//! Which backend a URL names: one row each.

use super::memcached::Memcached;
use super::memory::Memory;
use super::redis::Redis;
use super::sql::InSql;
use super::{Backend, Store, StoreError};
use crate::clock::Clock;
use crate::config::StoreUrl;
use crate::entropy::Entropy;
use crate::storage::Db;
use crate::vault::Vault;
use std::sync::Arc;

impl Store {
    /// The store that a URL names. It is reached at the first use, so that a server starts while its store is down.
    ///
    /// # Errors
    /// The URL names no usable address.
    pub fn open(
        url: &StoreUrl,
        db: &Db,
        vault: &Vault,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let backend: Box<dyn Backend> = match url {
            StoreUrl::Memory => Box::new(Memory::new(clock)),
            StoreUrl::Database => Box::new(InSql::new(db.clone(), clock)),
            StoreUrl::Redis(url) => Box::new(Redis::new(url)?),
            StoreUrl::Memcached(address) => Box::new(Memcached::new(address)),
        };
        Ok(Self::new(backend, vault, entropy))
    }
}
