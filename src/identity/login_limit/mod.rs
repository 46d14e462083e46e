//! Counts attempts in a sliding window (AC-196 to AC-202). An attempt counts before the password is looked at and is
//! given back after a success, so that a hundred at once get no more tries than a hundred in a row. Servers that share
//! a database or a store share the counts. Tests: tests/it/limits/, tests/it/pages/login_limit.rs.

mod in_sql;
mod key;
mod memory;
mod slots;

pub use key::Key;

use crate::clock::Clock;
use crate::config::{Config, StoreUrl};
use crate::entropy::Entropy;
use crate::ephemeral::{Store, StoreError};
use crate::oauth::error::Fault;
use crate::storage::Db;
use crate::time::{Seconds, Timestamp};
use crate::vault::Vault;
use in_sql::{Counted, InSql};
use memory::Memory;
use slots::Slots;
use std::sync::Arc;

/// Counts that are kept in memory; about 100 bytes each.
const CAPACITY: usize = 100_000;

/// The attempt is not admitted.
#[derive(Debug)]
pub enum Refused {
    /// There were too many; the next can be after this many seconds, at least one.
    TooMany(Seconds),
    /// Nobody can tell: the store or the database fails.
    Fault(Fault),
}

/// At most so many attempts per key in any span of the window.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// One or more.
    pub attempts: u32,
    /// The span.
    pub window: Seconds,
}

/// One kind of attempts, counted apart from others.
pub struct LoginLimit(Counts);

enum Counts {
    Memory(Memory),
    InSql(InSql),
    Slots(Slots),
}

/// An admitted attempt. Dropped, it stays counted; the caller gives it back after a success.
#[must_use = "an attempt that succeeds is given back with `refund`"]
pub struct Reservation<'a> {
    limit: &'a LoginLimit,
    place: Place,
}

enum Place {
    Memory(u64),
    InSql(Vec<Counted>),
    Slots(Vec<String>),
}

/// Where attempts are counted: in Redis or Memcached if the sessions are there, in SQL if several servers may share the
/// database, else in this process, as there is no other.
pub enum Counting {
    /// This process.
    Memory,
    /// The database; the store gives the names of rows.
    InSql(Db, Arc<Store>, Arc<dyn Entropy>),
    /// Redis or Memcached.
    Slots(Arc<Store>),
}

impl Counting {
    /// Chooses by the configuration. A store is reached at the first use.
    ///
    /// # Errors
    /// A URL names no usable address.
    pub fn open(
        config: &Config,
        db: &Db,
        vault: &Vault,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let open = |url| Store::open(url, db, vault, Arc::clone(clock), Arc::clone(entropy)).map(Arc::new);
        Ok(match &config.stores.url {
            url @ (StoreUrl::Redis(_) | StoreUrl::Memcached(_)) => Self::Slots(open(url)?),
            StoreUrl::Memory | StoreUrl::Database if db.is_shared() => {
                Self::InSql(db.clone(), open(&StoreUrl::Database)?, Arc::clone(entropy))
            }
            StoreUrl::Memory | StoreUrl::Database => Self::Memory,
        })
    }

    /// A limit of its own; `name` keeps its counts apart from those of other limits.
    pub fn limit(&self, name: &'static str, rate: Rate) -> LoginLimit {
        LoginLimit(match self {
            Self::Memory => Counts::Memory(Memory::new(rate, CAPACITY)),
            Self::InSql(db, names, entropy) => Counts::InSql(InSql::new(
                name,
                rate,
                db.clone(),
                Arc::clone(names),
                Arc::clone(entropy),
            )),
            Self::Slots(store) => Counts::Slots(Slots::new(name, rate, Arc::clone(store))),
        })
    }
}

impl LoginLimit {
    /// Counts one attempt under all of `keys`, or under none if one of them has no attempt left.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn reserve(&self, keys: &[Key], now: Timestamp) -> Result<Reservation<'_>, Refused> {
        let place = match &self.0 {
            Counts::Memory(memory) => Place::Memory(memory.reserve(keys, now).map_err(Refused::TooMany)?),
            Counts::InSql(sql) => Place::InSql(sql.reserve(keys, now).await?),
            Counts::Slots(slots) => Place::Slots(slots.reserve(keys, now).await?),
        };
        Ok(Reservation { limit: self, place })
    }

    /// Forgets the attempts under `key`: a success clears the account, never the peer (AC-211). If that fails they stay
    /// counted.
    pub async fn reset(&self, key: Key) {
        match &self.0 {
            Counts::Memory(memory) => memory.reset(key),
            Counts::InSql(sql) => sql.give_back(Vec::new(), Some(key)).await,
            Counts::Slots(slots) => slots.give_back(Vec::new(), Some(key)).await,
        }
    }
}

impl Reservation<'_> {
    /// Takes the attempt out of the count. If that fails it stays counted.
    pub async fn refund(self) {
        self.give_back(None).await;
    }

    /// Takes the attempt out of the count, and forgets those under `key`, at the price of one of the two.
    pub async fn refund_and_reset(self, key: Key) {
        self.give_back(Some(key)).await;
    }

    async fn give_back(self, reset: Option<Key>) {
        match (&self.limit.0, self.place) {
            (Counts::Memory(memory), Place::Memory(id)) => {
                memory.forget(id);
                reset.into_iter().for_each(|key| memory.reset(key));
            }
            (Counts::InSql(sql), Place::InSql(counted)) => sql.give_back(counted, reset).await,
            (Counts::Slots(slots), Place::Slots(taken)) => slots.give_back(taken, reset).await,
            _ => unreachable!("a reservation is of its own limit"),
        }
    }
}
