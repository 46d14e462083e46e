//! The only file that asks which database it is: pools, transactions, and the macros that run one text on either.

use super::deadline::{HeldTx, Place};
use super::pool::{self, LIMIT, Pool};
use super::{Result, StorageError};
use crate::time::Seconds;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Postgres, Sqlite};
use std::fs::File;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// An open database.
#[derive(Clone)]
pub enum Db {
    /// The embedded database: one writer connection, several readers.
    Sqlite {
        /// Exactly one connection, so writers queue here and never meet "database is locked".
        writer: Pool<Sqlite>,
        /// Read-only connections.
        readers: Pool<Sqlite>,
        /// Held while this process serves; a second server on the file is refused.
        lock: Option<Arc<File>>,
    },
    /// Postgres 15 or later.
    Postgres(Pool<Postgres>),
}

/// How to open a database.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Connections of the Postgres pool; readers of the SQLite one.
    pub max_connections: u32,
    /// SQLite: whether each acknowledged write survives a power cut (`synchronous=FULL`).
    pub durable: bool,
}

/// Where a statement runs.
pub enum Sql<'a> {
    /// On the embedded database.
    Sqlite(Place<'a, Sqlite>),
    /// On Postgres.
    Postgres(Place<'a, Postgres>),
}

/// A write transaction. Dropped without [`Tx::commit`], it is rolled back.
pub enum Tx {
    /// On the one writer connection.
    Sqlite(HeldTx<Sqlite>),
    /// On Postgres.
    Postgres(HeldTx<Postgres>),
}

impl Db {
    /// Opens the embedded database, creating the file (0600) if it is missing.
    ///
    /// # Errors
    /// The file cannot be created or opened.
    pub async fn open_sqlite(path: &Path, options: Options) -> Result<Self> {
        let synchronous = if options.durable {
            SqliteSynchronous::Full
        } else {
            SqliteSynchronous::Normal
        };
        create_private(path).map_err(sqlx::Error::Io)?;
        let connect = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(LIMIT)
            .disable_statement_logging();
        let writer = pool::open(connect.clone(), 1, false).await?;
        let size = options.max_connections.min(4);
        let readers = pool::open(connect.read_only(true), size as usize, false).await?;
        Ok(Self::Sqlite {
            writer,
            readers,
            lock: None,
        })
    }

    /// Connects to Postgres.
    ///
    /// # Errors
    /// The address is not understood or the server cannot be reached.
    pub async fn open_postgres(url: &str, options: Options) -> Result<Self> {
        let connect = PgConnectOptions::from_str(url)?
            .application_name("keywright")
            .disable_statement_logging();
        let pool = pool::open(connect, options.max_connections as usize, true).await?;
        Ok(Self::Postgres(pool))
    }

    /// Makes this process the only server on an SQLite file; Postgres takes any number.
    ///
    /// # Errors
    /// Another server holds the file.
    pub fn lock_for_serving(&mut self, path: &Path) -> std::io::Result<()> {
        if let Self::Sqlite { lock, .. } = self {
            let file = create_private(&path.with_extension("lock"))?;
            file.try_lock().map_err(|_| {
                std::io::Error::new(
                    std::io::ErrorKind::AddrInUse,
                    "another keywright server uses this file",
                )
            })?;
            *lock = Some(Arc::new(file));
        }
        Ok(())
    }

    /// Runs the migrations that are missing; refuses a database of a newer version.
    ///
    /// # Errors
    /// The database is newer than this program, or a migration fails.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            // `run_direct`, as the future of `run` on a connection cannot be sent between threads.
            Self::Sqlite { writer, .. } => {
                let connection = &mut *pool::get(writer).await?;
                super::migrate::all().run_direct(None, connection, false).await?;
            }
            Self::Postgres(pool) => {
                let connection = &mut *pool::get(pool).await?;
                super::migrate::all().run_direct(None, connection, false).await?;
                // A rotation changes no indexed column: free space in the page keeps it a heap-only update.
                sqlx::query("ALTER TABLE grants SET (fillfactor = 70)")
                    .execute(&mut *connection)
                    .await?;
                // Counts of attempts are not worth a write to disk that somebody waits for.
                sqlx::raw_sql(
                    "DO $$ BEGIN
                       IF (SELECT relpersistence FROM pg_class WHERE oid = CAST('attempts' AS regclass)) = 'p'
                       THEN ALTER TABLE attempts SET UNLOGGED; END IF;
                     END $$",
                )
                .execute(connection)
                .await?;
            }
        }
        Ok(())
    }

    /// Whether several servers may use it at one time.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// `sqlite` or `postgres`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// For statements that only read.
    pub fn read(&self) -> Sql<'_> {
        match self {
            Self::Sqlite { readers, .. } => Sql::Sqlite(Place::Pool(readers)),
            Self::Postgres(pool) => Sql::Postgres(Place::Pool(pool)),
        }
    }

    /// For one statement that writes; it commits by itself.
    pub fn write(&self) -> Sql<'_> {
        match self {
            Self::Sqlite { writer, .. } => Sql::Sqlite(Place::Pool(writer)),
            Self::Postgres(pool) => Sql::Postgres(Place::Pool(pool)),
        }
    }

    /// Begins a write transaction.
    ///
    /// # Errors
    /// The database cannot be reached in time.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(HeldTx::<Sqlite>::begin(writer).await?),
            Self::Postgres(pool) => Tx::Postgres(HeldTx::<Postgres>::begin(pool).await?),
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<()> {
        fetch_one!(self.read() => (i64,), "SELECT CAST(1 AS BIGINT)")?;
        Ok(())
    }

    /// Creates another database on the same Postgres server; SQLite has one per file.
    ///
    /// # Errors
    /// The name is taken, or this role may not create databases.
    pub async fn create_database(&self, name: &str) -> Result<()> {
        if let Self::Postgres(pool) = self {
            let quoted = name.replace('"', "\"\"");
            sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{quoted}\"")))
                .execute(&mut *pool::get(pool).await?)
                .await?;
        }
        Ok(())
    }

    /// Closes all connections after their current statement; SQLite folds its log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                pool::close(readers).await;
                pool::close(writer).await;
            }
            Self::Postgres(pool) => pool::close(pool).await,
        }
    }
}

impl Tx {
    /// For a statement inside the transaction.
    pub fn sql(&mut self) -> Sql<'_> {
        match self {
            Self::Sqlite(tx) => Sql::Sqlite(Place::Tx(tx.connection())),
            Self::Postgres(tx) => Sql::Postgres(Place::Tx(tx.connection())),
        }
    }

    /// Makes the transaction's writes durable.
    ///
    /// # Errors
    /// The database did not confirm: the writes may or may not be there.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Opens or creates a file that only its owner may read.
fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl StorageError {
    /// Waiting for a connection took longer than a caller should wait, or the server is gone.
    pub fn is_unavailable(&self) -> bool {
        use sqlx::Error::{Io, PoolClosed, Protocol, Tls, WorkerCrashed};
        match &self.0 {
            // What a connection says that ends in the middle of an answer is no protocol; the next one may be whole.
            PoolClosed | WorkerCrashed | Io(_) | Tls(_) | Protocol(_) => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| passes(&code)),
            _ => false,
        }
    }

    /// For a caller that would only wait for what has just kept another one waiting in vain.
    pub fn timed_out() -> Self {
        Self(pool::timed_out())
    }

    /// How long a refused caller should wait before it tries again.
    pub const RETRY_AFTER: Seconds = Seconds(2);
}

/// Postgres: 57P shutting down or starting up, 53 too many connections or disk full, 25006 read-only, 40 serialization
/// failure or deadlock. SQLite: 5 locked by another process, 13 disk full; extended codes have the kind in the low byte.
fn passes(code: &str) -> bool {
    let sqlite_kind = match code.len() {
        5 => None,
        _ => code.parse().ok().map(|code: u32| code & 0xff),
    };
    let postgres = code.len() == 5
        && (code.starts_with("57P") || code.starts_with("53") || code.starts_with("40") || code == "25006");
    postgres || matches!(sqlite_kind, Some(5 | 13))
}
