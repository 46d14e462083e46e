//! A store of one test.

use crate::support::stores::Which;
use crate::support::{create_database, postgres_server};
use keywright::clock::{Clock, ManualClock};
use keywright::config::StoreUrl;
use keywright::entropy::{Entropy, SystemEntropy};
use keywright::ephemeral::{Kind, Store};
use keywright::id;
use keywright::storage::{Db, Options, ephemeral};
use keywright::time::{Seconds, Timestamp};
use keywright::vault::Vault;
use redis::AsyncCommands;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

pub const KIND: Kind = Kind("test");
pub const LONG: Seconds = Seconds(600);

pub struct At {
    pub which: Which,
    pub store: Arc<Store>,
    url: StoreUrl,
    db: Db,
    clock: Arc<ManualClock>,
    _directory: TempDir,
}

impl At {
    pub async fn new(which: Which) -> Option<Self> {
        Some(Self::at(which, which.url()?).await)
    }

    pub async fn at(which: Which, url: StoreUrl) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            max_connections: 10,
            durable: false,
        };
        let db = match postgres_server().filter(|_| which == Which::Database) {
            Some(server) => Db::open_postgres(&create_database(&server).await, options).await,
            None => Db::open_sqlite(&directory.path().join("db"), options).await,
        };
        let db = db.unwrap();
        db.migrate().await.unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000)));
        let entropy: &dyn Entropy = &SystemEntropy;
        let store = open(&url, &db, &clock, entropy.bytes());
        Self {
            which,
            store,
            url,
            db,
            clock,
            _directory: directory,
        }
    }

    /// The same store as a server with another data key sees it.
    pub fn stranger(&self) -> Arc<Store> {
        open(&self.url, &self.db, &self.clock, [1; 32])
    }

    /// Waits until an entry of this lifetime, made now, is near its end.
    pub async fn almost(&self, ttl: Seconds) {
        match self.which {
            Which::Memory | Which::Database => self.clock.advance(ttl.0 - 1),
            _ => tokio::time::sleep(Duration::from_secs(u64::try_from(ttl.0 - 1).unwrap())).await,
        }
    }

    /// Waits until an entry of this lifetime, made now, is gone.
    pub async fn after(&self, ttl: Seconds) {
        let ttl_seconds = u64::try_from(ttl.0).unwrap();
        let real = match self.which {
            Which::Memory | Which::Database => return self.clock.advance(ttl.0),
            Which::Redis => Duration::from_millis(ttl_seconds * 1_000 + 200),
            // Its clock ticks once a second.
            Which::Memcached => Duration::from_millis(ttl_seconds * 1_000 + 2_300),
        };
        tokio::time::sleep(real).await;
    }

    pub async fn put(&self, key: &str, value: &[u8]) {
        self.store.put(KIND, key, value, LONG).await.unwrap();
    }

    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.store.get(KIND, key).await.unwrap()
    }

    pub async fn take(&self, key: &str) -> Option<Vec<u8>> {
        self.store.take(KIND, key).await.unwrap()
    }

    pub async fn claim(&self, key: &str, value: &[u8]) -> bool {
        self.store.claim(KIND, key, value, LONG).await.unwrap()
    }

    pub async fn count(&self, key: &str) -> u64 {
        self.store.count(KIND, key, LONG).await.unwrap()
    }

    /// What the store itself holds; memory cannot be read from outside.
    pub async fn raw(&self, key: &str) -> Option<Vec<u8>> {
        let name = self.store.name("value", KIND, key);
        match (&self.url, self.which) {
            (_, Which::Database) => ephemeral::get(self.db.read(), &name, self.clock.now())
                .await
                .unwrap(),
            (StoreUrl::Redis(url), _) => redis(url.expose()).await.get(name).await.unwrap(),
            (StoreUrl::Memcached(address), _) => {
                use async_memcached::AsciiProtocol;
                let found = memcached(address).await.get(name).await.unwrap();
                found.and_then(|found| found.data)
            }
            _ => None,
        }
    }

    /// Writes into the store behind the server's back.
    pub async fn plant(&self, key: &str, value: &[u8]) {
        let name = self.store.name("value", KIND, key);
        match (&self.url, self.which) {
            (_, Which::Database) => {
                let end = self.clock.now() + LONG;
                ephemeral::put(self.db.write(), &name, value, end).await.unwrap();
            }
            (StoreUrl::Redis(url), _) => redis(url.expose())
                .await
                .set::<_, _, ()>(name, value)
                .await
                .unwrap(),
            (StoreUrl::Memcached(address), _) => {
                use async_memcached::AsciiProtocol;
                memcached(address)
                    .await
                    .set(name, value, None, None)
                    .await
                    .unwrap();
            }
            _ => {}
        }
    }
}

fn open(url: &StoreUrl, db: &Db, clock: &Arc<ManualClock>, data_key: [u8; 32]) -> Arc<Store> {
    let vault = Vault::new(&data_key);
    Arc::new(Store::open(url, db, &vault, clock.clone(), Arc::new(SystemEntropy)).unwrap())
}

async fn redis(url: &str) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

async fn memcached(address: &str) -> async_memcached::Client {
    async_memcached::Client::new(format!("tcp://{address}"))
        .await
        .unwrap()
}

/// A key that no other test uses.
pub fn key() -> String {
    id::random::<16>(&SystemEntropy)
}
