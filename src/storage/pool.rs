//! Connections that are kept open between statements. The pool of the driver asks a connection for a sign of life each
//! time that it is given back, which doubles the round trips; here it is asked only after a rest.
//! Tests: tests/it/outage.rs.

use super::{Result, StorageError};
use deadpool::Runtime;
use deadpool::managed::{
    self, Manager, Metrics, PoolError, QueueMode, RecycleError, RecycleResult, Timeouts,
};
use sqlx::{ConnectOptions, Connection, Database};
use std::io::ErrorKind;
use std::time::Duration;

/// How long a caller waits for a connection, or on Postgres for connection and statement together, before it gets 503.
pub(super) const LIMIT: Duration = Duration::from_millis(2_500);

/// A Postgres connection is replaced after this long, so that a pool follows when servers change places.
const MAX_AGE: Duration = Duration::from_secs(1_800);

/// A Postgres connection that rested for longer is asked for a sign of life before it is used: after a restart of the
/// database server the pool is full of dead ones.
const TRUSTED_REST: Duration = Duration::from_secs(1);

type Options<DB> = <<DB as Database>::Connection as Connection>::Options;

/// Makes the connections of a [`Pool`].
pub struct Connector<DB: Database> {
    options: Options<DB>,
    /// Whether there is a server that can go away.
    remote: bool,
}

/// Open connections to one database.
pub type Pool<DB> = managed::Pool<Connector<DB>>;

impl<DB: Database> Manager for Connector<DB> {
    type Type = DB::Connection;
    type Error = sqlx::Error;

    async fn create(&self) -> sqlx::Result<DB::Connection> {
        // Boxed, as it is rare and large: inline, it would be moved about with every statement.
        Box::pin(self.options.connect()).await
    }

    async fn recycle(
        &self,
        connection: &mut DB::Connection,
        metrics: &Metrics,
    ) -> RecycleResult<sqlx::Error> {
        if self.remote && metrics.age() > MAX_AGE {
            return Err(RecycleError::message("too old"));
        }
        if self.remote && metrics.last_used() > TRUSTED_REST {
            Box::pin(connection.ping()).await.map_err(RecycleError::Backend)?;
        }
        Ok(())
    }
}

/// A pool to a file on this machine, or to a server.
///
/// # Errors
/// The first connection cannot be made.
pub(super) async fn open<DB: Database>(options: Options<DB>, size: usize, remote: bool) -> Result<Pool<DB>> {
    let limit = Some(LIMIT);
    let pool = managed::Pool::builder(Connector { options, remote })
        .max_size(size)
        // The one that was used last is warm, at both ends; the others rest, and may end.
        .queue_mode(QueueMode::Lifo)
        .timeouts(Timeouts {
            wait: limit,
            create: limit,
            recycle: limit,
        })
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| sqlx::Error::Configuration(Box::new(error)))?;
    drop(get(&pool).await?);
    Ok(pool)
}

/// A connection.
///
/// # Errors
/// None is free in time, or a new one cannot be made.
pub(super) async fn get<DB: Database>(pool: &Pool<DB>) -> Result<managed::Object<Connector<DB>>> {
    let connection = pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) => error,
        PoolError::Closed => sqlx::Error::PoolClosed,
        PoolError::Timeout(_) => timed_out(),
        other @ (PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => {
            sqlx::Error::Configuration(Box::new(other))
        }
    });
    connection.map_err(StorageError::from)
}

/// Closes the connections that rest, and each other one when it is given back.
pub(super) async fn close<DB: Database>(pool: &Pool<DB>) {
    let resting = pool.retain(|_, _| false).removed;
    pool.close();
    for connection in resting {
        // The process ends; a server sees that by itself.
        let _ended = connection.close().await;
    }
}

/// Nobody knows whether a statement without an answer was done.
pub(super) fn timed_out() -> sqlx::Error {
    sqlx::Error::Io(ErrorKind::TimedOut.into())
}
