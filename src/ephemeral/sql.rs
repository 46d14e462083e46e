//! Entries in the database: one statement per operation.

use super::{Backend, Durability, Reply};
use crate::clock::Clock;
use crate::storage::{Db, ephemeral};
use crate::time::Seconds;
use std::sync::Arc;

pub(super) struct InSql {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl InSql {
    pub(super) fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock }
    }
}

impl Backend for InSql {
    fn durability(&self) -> Durability {
        Durability::Durable
    }

    fn put<'a>(&'a self, name: &'a str, value: &'a [u8], ttl: Seconds) -> Reply<'a, ()> {
        let end = self.clock.now() + ttl;
        Box::pin(async move { Ok(ephemeral::put(self.db.write(), name, value, end).await?) })
    }

    fn get<'a>(&'a self, name: &'a str) -> Reply<'a, Option<Vec<u8>>> {
        let now = self.clock.now();
        Box::pin(async move { Ok(ephemeral::get(self.db.read(), name, now).await?) })
    }

    fn take<'a>(&'a self, name: &'a str) -> Reply<'a, Option<Vec<u8>>> {
        let now = self.clock.now();
        Box::pin(async move { Ok(ephemeral::take(self.db.write(), name, now).await?) })
    }

    fn claim<'a>(&'a self, name: &'a str, value: &'a [u8], ttl: Seconds) -> Reply<'a, bool> {
        let now = self.clock.now();
        Box::pin(async move { Ok(ephemeral::claim(self.db.write(), name, value, now + ttl, now).await?) })
    }

    fn count<'a>(&'a self, name: &'a str, ttl: Seconds) -> Reply<'a, u64> {
        let now = self.clock.now();
        Box::pin(async move {
            let hits = ephemeral::count(self.db.write(), name, now + ttl, now).await?;
            Ok(u64::try_from(hits).unwrap_or(u64::MAX))
        })
    }

    fn forget<'a>(&'a self, name: &'a str) -> Reply<'a, ()> {
        Box::pin(async move { Ok(ephemeral::forget(self.db.write(), name).await?) })
    }
}
