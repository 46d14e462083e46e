//! A limit of one test: five attempts in four seconds, which pass by the test's clock, or in real seconds where the
//! store measures them.

use crate::support::create_database;
use crate::support::postgres_server;
use crate::support::stores::Which;
use keywright::clock::{Clock, ManualClock, SystemClock};
use keywright::config::StoreUrl;
use keywright::entropy::{Entropy, SystemEntropy};
use keywright::ephemeral::Store;
use keywright::identity::email::CanonicalEmail;
use keywright::identity::login_limit::{Counting, Key, LoginLimit, Rate, Refused, Reservation};
use keywright::storage::{Db, Options};
use keywright::time::{Seconds, Timestamp};
use keywright::vault::Vault;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

pub const WINDOW: i64 = 4;
pub const RATE: Rate = Rate {
    attempts: 5,
    window: Seconds(WINDOW),
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Memory,
    Sqlite,
    Postgres,
    Redis,
    Memcached,
}

pub struct At {
    pub place: Place,
    pub limit: Arc<LoginLimit>,
    /// The same limit as another server has it; in memory there is no other.
    pub elsewhere: Arc<LoginLimit>,
    counting: Counting,
    clock: Option<Arc<ManualClock>>,
    _directory: TempDir,
}

impl At {
    pub async fn new(place: Place) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            max_connections: 10,
            durable: false,
        };
        let db = match place {
            Place::Postgres => {
                let url = create_database(&postgres_server()?).await;
                Db::open_postgres(&url, options).await.unwrap()
            }
            _ => {
                let file = directory.path().join("db");
                Db::open_sqlite(&file, options).await.unwrap()
            }
        };
        db.migrate().await.unwrap();
        let url = match place {
            Place::Redis => Which::Redis.url()?,
            Place::Memcached => Which::Memcached.url()?,
            _ => StoreUrl::Database,
        };
        let entropy: &dyn Entropy = &SystemEntropy;
        let vault = Vault::new(&entropy.bytes());
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000)));
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let store = Store::open(&url, &db, &vault, clock.clone(), Arc::clone(&entropy));
        let store = Arc::new(store.unwrap());
        let counting = match place {
            Place::Memory => Counting::Memory,
            Place::Sqlite | Place::Postgres => Counting::InSql(db, store, entropy),
            Place::Redis | Place::Memcached => Counting::Slots(store),
        };
        let limit = Arc::new(counting.limit("test", RATE));
        let elsewhere = match place {
            Place::Memory => Arc::clone(&limit),
            _ => Arc::new(counting.limit("test", RATE)),
        };
        Some(Self {
            place,
            limit,
            elsewhere,
            counting,
            clock: Some(clock).filter(|_| !matches!(place, Place::Redis | Place::Memcached)),
            _directory: directory,
        })
    }

    /// A limit for something else in the same place.
    pub fn other(&self) -> LoginLimit {
        self.counting.limit("other", RATE)
    }

    pub fn now(&self) -> Timestamp {
        match &self.clock {
            Some(clock) => clock.now(),
            None => SystemClock.now(),
        }
    }

    pub async fn pass(&self, seconds: i64) {
        match &self.clock {
            Some(clock) => clock.advance(seconds),
            None => tokio::time::sleep(Duration::from_secs(seconds.try_into().unwrap())).await,
        }
    }

    pub async fn attempt(&self, keys: &[Key]) -> Result<Reservation<'_>, i64> {
        outcome(self.limit.reserve(keys, self.now()).await)
    }

    /// Admits exactly this many, and refuses the next.
    pub async fn admits(&self, expected: usize, keys: &[Key]) {
        for number in 0..expected {
            let admitted = self.attempt(keys).await;
            assert!(admitted.is_ok(), "attempt {number}: {:?}", admitted.err());
        }
        assert!(self.attempt(keys).await.is_err());
    }

    /// A time to wait that was announced for attempts of this moment.
    pub fn is_whole_window(&self, wait: i64) -> bool {
        match self.clock {
            Some(_) => wait == WINDOW + 1,
            None => (WINDOW..=WINDOW + 1).contains(&wait),
        }
    }
}

pub fn outcome(result: Result<Reservation<'_>, Refused>) -> Result<Reservation<'_>, i64> {
    result.map_err(|refused| match refused {
        Refused::TooMany(wait) => wait.0,
        Refused::Fault(fault) => panic!("{fault}"),
    })
}

pub fn account(name: &str) -> Key {
    Key::email(&CanonicalEmail::parse(&format!("{name}@x.example")).unwrap())
}

pub fn peer(address: &str) -> Key {
    Key::ip(address.parse().unwrap())
}
