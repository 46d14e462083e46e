//! Entries in Redis 6.2 or later: one connection that is made again when it breaks.

use super::{Backend, Durability, Reply, StoreError, in_time};
use crate::secret::Secret;
use crate::time::Seconds;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, RedisError, Script, cmd};
use std::time::Duration;

const NAME: &str = "redis";

/// A counter and its lifetime in one step, so that none stays for ever.
const COUNT: &str = "local hits = redis.call('INCR', KEYS[1])
if hits == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return hits";

pub(super) struct Redis {
    connection: ConnectionManager,
    count: Script,
}

impl Redis {
    pub(super) fn new(url: &Secret) -> Result<Self, StoreError> {
        let refused = |error: RedisError| StoreError::Unavailable {
            store: NAME,
            reason: error.to_string(),
        };
        let client = Client::open(url.expose()).map_err(refused)?;
        // A failed attempt is tried again by the next operation.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(Some(Duration::from_secs(2)));
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(client, config).map_err(refused)?,
            count: Script::new(COUNT),
        })
    }

    /// An operation that may be sent twice: the first try may meet a connection that has broken meanwhile.
    async fn repeatable<T: FromRedisValue>(&self, command: Cmd) -> Result<T, StoreError> {
        in_time(NAME, async {
            match command.query_async(&mut self.connection.clone()).await {
                Err(error) if broken(&error) => command.query_async(&mut self.connection.clone()).await,
                result => result,
            }
        })
        .await
    }

    /// An operation that must not be sent twice: first a sign of life, so that only one that breaks just now is lost.
    async fn once<T: FromRedisValue>(&self, command: Cmd) -> Result<T, StoreError> {
        self.repeatable::<()>(cmd("PING")).await?;
        in_time(NAME, command.query_async(&mut self.connection.clone())).await
    }
}

fn broken(error: &RedisError) -> bool {
    error.is_io_error() || error.is_connection_dropped() || error.is_unrecoverable_error()
}

fn set(name: &str, value: &[u8], ttl: Seconds) -> Cmd {
    let mut command = cmd("SET");
    command.arg(name).arg(value).arg("EX").arg(ttl.0);
    command
}

fn on(verb: &str, name: &str) -> Cmd {
    let mut command = cmd(verb);
    command.arg(name);
    command
}

impl Backend for Redis {
    /// Redis writes to its disk once a second at best, and a failover loses what was not copied yet.
    fn durability(&self) -> Durability {
        Durability::MayEvict
    }

    fn put<'a>(&'a self, name: &'a str, value: &'a [u8], ttl: Seconds) -> Reply<'a, ()> {
        Box::pin(self.repeatable(set(name, value, ttl)))
    }

    fn get<'a>(&'a self, name: &'a str) -> Reply<'a, Option<Vec<u8>>> {
        Box::pin(self.repeatable(on("GET", name)))
    }

    fn take<'a>(&'a self, name: &'a str) -> Reply<'a, Option<Vec<u8>>> {
        Box::pin(self.once(on("GETDEL", name)))
    }

    fn claim<'a>(&'a self, name: &'a str, value: &'a [u8], ttl: Seconds) -> Reply<'a, bool> {
        let mut command = set(name, value, ttl);
        command.arg("NX");
        Box::pin(async move {
            let stored: Option<String> = self.once(command).await?;
            Ok(stored.is_some())
        })
    }

    fn count<'a>(&'a self, name: &'a str, ttl: Seconds) -> Reply<'a, u64> {
        Box::pin(async move {
            self.repeatable::<()>(cmd("PING")).await?;
            let mut connection = self.connection.clone();
            let mut call = self.count.key(name);
            in_time(NAME, call.arg(ttl.0).invoke_async(&mut connection)).await
        })
    }

    fn forget<'a>(&'a self, name: &'a str) -> Reply<'a, ()> {
        Box::pin(self.repeatable(on("DEL", name)))
    }
}
