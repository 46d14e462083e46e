//! Durable, relational storage. One SQL text and one migrations folder serve SQLite and Postgres.
//! Every function takes [`Sql`], the place to run at: the reader pool, the writer pool or a transaction.
//! Tests: tests/it/storage.rs runs each function on both databases.

#[macro_use]
mod macros;

pub mod api_keys;
pub mod attempts;
pub mod challenges;
pub mod clients;
pub mod consents;
mod deadline;
pub mod denied_tokens;
pub mod device_codes;
mod dialect;
pub mod email_changes;
pub mod ephemeral;
pub mod events;
pub mod factors;
pub mod grants;
pub mod interactions;
pub mod mail_links;
mod migrate;
pub mod outbox;
pub mod passkeys;
pub mod password_failures;
mod pool;
pub mod purge;
mod row;
pub mod sessions;
pub mod setup_links;
pub mod signing_keys;
mod standing;
pub mod status;
pub mod users;

pub use dialect::{Db, Options, Sql, Tx};
pub use pool::Pool;

/// Something went wrong between us and the database. It can never become a protocol refusal.
#[derive(Debug, thiserror::Error)]
#[error("database: {0}")]
pub struct StorageError(#[source] sqlx::Error);

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl From<sqlx::migrate::MigrateError> for StorageError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self(sqlx::Error::Migrate(Box::new(error)))
    }
}

impl StorageError {
    /// The row exists already (UNIQUE or PRIMARY KEY).
    pub fn is_unique_violation(&self) -> bool {
        self.0
            .as_database_error()
            .is_some_and(|error| error.is_unique_violation())
    }
}

/// The result of a storage function.
pub type Result<T, E = StorageError> = std::result::Result<T, E>;
