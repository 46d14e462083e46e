//! How long a statement may take on Postgres. A server that has vanished without a word answers nothing at all, and
//! the driver would wait for it as long as TCP does. Tests: tests/it/outage.rs.

use super::{Result, StorageError};
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};
use std::future::Future;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::time::Instant;
use tokio::time::error::Elapsed;

/// Waiting for a connection and running one statement together: beyond this a caller gets 503 rather than waiting.
pub(super) const LIMIT: Duration = Duration::from_millis(2_500);

/// A connection for one statement. Unless the statement came to its end the connection is closed: returned to the
/// pool it would keep its place there until the lost answer comes.
pub(super) struct Held {
    connection: PoolConnection<Postgres>,
    ends: Instant,
    settled: bool,
}

impl Held {
    /// Takes a connection from the pool.
    pub(super) async fn acquire(pool: &PgPool) -> Result<Self> {
        let ends = Instant::now() + LIMIT;
        let connection = pool.acquire().await?;
        Ok(Self {
            connection,
            ends,
            settled: false,
        })
    }

    /// When the statement must have ended, and what it runs on.
    pub(super) fn parts(&mut self) -> (Instant, &mut PgConnection) {
        (self.ends, &mut self.connection)
    }

    /// What became of the statement. One that ran out of time may have been done or not.
    pub(super) fn settle<T>(mut self, outcome: Result<sqlx::Result<T>, Elapsed>) -> Result<T> {
        let result = outcome.unwrap_or_else(|_| Err(timed_out()));
        self.settled = !matches!(result, Err(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)));
        result.map_err(StorageError::from)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.settled {
            self.connection.close_on_drop();
        }
    }
}

/// A connection for one transaction. Unless it was committed the connection is closed, and the server rolls back: one
/// that hangs would keep its place in the pool.
pub struct HeldTx {
    connection: PoolConnection<Postgres>,
    committed: bool,
}

impl HeldTx {
    /// Begins a transaction.
    pub(super) async fn begin(pool: &PgPool) -> Result<Self> {
        let mut held = Self {
            connection: pool.acquire().await?,
            committed: false,
        };
        bounded(sqlx::raw_sql("BEGIN").execute(held.connection())).await?;
        Ok(held)
    }

    /// What a statement of the transaction runs on.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Commits. Without an answer it may have been done or not.
    pub(super) async fn commit(mut self) -> Result<()> {
        bounded(sqlx::raw_sql("COMMIT").execute(self.connection())).await?;
        self.committed = true;
        Ok(())
    }
}

impl Drop for HeldTx {
    fn drop(&mut self) {
        if !self.committed {
            self.connection.close_on_drop();
        }
    }
}

/// Runs a step of a transaction, or gives up.
pub(super) async fn bounded<T>(step: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
    let outcome = tokio::time::timeout(LIMIT, step).await;
    outcome
        .unwrap_or_else(|_| Err(timed_out()))
        .map_err(StorageError::from)
}

fn timed_out() -> sqlx::Error {
    sqlx::Error::Io(ErrorKind::TimedOut.into())
}
