//! Connections while they are in use. A Postgres server that has vanished without a word answers nothing at all, and the
//! driver would wait for it as long as TCP does. Tests: tests/it/outage.rs.

use super::pool::{self, Connector, LIMIT, Pool, timed_out};
use super::{Result, StorageError};
use deadpool::managed::Object;
use sqlx::{Database, Executor, Postgres, Sqlite};
use std::future::Future;

/// A connection for one statement. Unless the statement came to its end the connection is closed: what is left of its
/// answer must not be taken for that of the next one, and a lost one would keep its place in the pool.
pub(super) struct Held<DB: Database> {
    connection: Option<Object<Connector<DB>>>,
    settled: bool,
}

impl<DB: Database> Held<DB> {
    /// Takes a connection from the pool.
    pub(super) async fn acquire(pool: &Pool<DB>) -> Result<Self> {
        Ok(Self {
            connection: Some(pool::get(pool).await?),
            settled: false,
        })
    }

    /// What the statement runs on.
    pub(super) fn connection(&mut self) -> &mut DB::Connection {
        match self.connection.as_deref_mut() {
            Some(connection) => connection,
            None => unreachable!("only dropping takes it"),
        }
    }

    /// What became of the statement.
    pub(super) fn settle<T>(mut self, result: sqlx::Result<T>) -> Result<T> {
        self.settled = !matches!(result, Err(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)));
        result.map_err(StorageError::from)
    }
}

impl<DB: Database> Drop for Held<DB> {
    fn drop(&mut self) {
        if !self.settled {
            // Gives up the connection, and its place in the pool.
            drop(self.connection.take().map(Object::take));
        }
    }
}

/// Where a connection comes from.
pub enum Place<'a, DB: Database> {
    /// A pool.
    Pool(&'a Pool<DB>),
    /// A transaction, which has its connection.
    Tx(&'a mut DB::Connection),
}

/// A connection from either place. One kind for both, as each statement is compiled for each kind.
pub(super) enum AnyHeld<'a, DB: Database> {
    Pooled(Held<DB>),
    Tx(&'a mut DB::Connection),
}

impl<'a, DB: Database> AnyHeld<'a, DB> {
    /// Takes a connection from the pool, or that of the transaction.
    pub(super) async fn acquire(place: Place<'a, DB>) -> Result<Self> {
        Ok(match place {
            Place::Pool(pool) => Self::Pooled(Held::acquire(pool).await?),
            Place::Tx(connection) => Self::Tx(connection),
        })
    }

    /// What the statement runs on.
    pub(super) fn connection(&mut self) -> &mut DB::Connection {
        match self {
            Self::Pooled(held) => held.connection(),
            Self::Tx(connection) => connection,
        }
    }

    /// What became of the statement.
    pub(super) fn settle<T>(self, result: sqlx::Result<T>) -> Result<T> {
        match self {
            Self::Pooled(held) => held.settle(result),
            Self::Tx(_) => result.map_err(StorageError::from),
        }
    }
}

/// A connection for one transaction. Unless it was committed the connection is closed, and the database rolls back: one
/// that hangs would keep its place in the pool.
pub struct HeldTx<DB: Database> {
    held: Held<DB>,
}

impl HeldTx<Postgres> {
    pub(super) async fn begin(pool: &Pool<Postgres>) -> Result<Self> {
        bounded(Self::begin_with(pool, "BEGIN")).await
    }

    pub(super) async fn commit(self) -> Result<()> {
        bounded(self.finish()).await
    }
}

impl HeldTx<Sqlite> {
    /// Takes the write lock at once: a transaction that reads and then writes fails with "database is locked".
    pub(super) async fn begin(pool: &Pool<Sqlite>) -> Result<Self> {
        Self::begin_with(pool, "BEGIN IMMEDIATE").await
    }

    pub(super) async fn commit(self) -> Result<()> {
        self.finish().await
    }
}

impl<DB: Database> HeldTx<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    async fn begin_with(pool: &Pool<DB>, begin: &'static str) -> Result<Self> {
        let mut held = Held::acquire(pool).await?;
        sqlx::raw_sql(begin).execute(held.connection()).await?;
        Ok(Self { held })
    }

    /// What a statement of the transaction runs on.
    pub(super) fn connection(&mut self) -> &mut DB::Connection {
        self.held.connection()
    }

    /// Without an answer it may have been done or not.
    async fn finish(mut self) -> Result<()> {
        let done = sqlx::raw_sql("COMMIT").execute(self.held.connection()).await;
        self.held.settle(done)?;
        Ok(())
    }
}

/// Runs a step on Postgres, or gives up.
pub(super) async fn bounded<T>(step: impl Future<Output = Result<T>>) -> Result<T> {
    let outcome = tokio::time::timeout(LIMIT, step).await;
    outcome.unwrap_or_else(|_| Err(timed_out().into()))
}
