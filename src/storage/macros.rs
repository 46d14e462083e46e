//! The macros that run one SQL text on either database. The text is a literal: a test prepares each one on both.

/// Runs `$run` with `$e` bound to the connection behind an [`Sql`]; on Postgres no longer than callers should wait.
macro_rules! on {
    ($at:expr, $e:ident => $run:expr) => {
        match $at {
            $crate::storage::Sql::SqlitePool(pool) => held!(pool, $e => $run).await,
            $crate::storage::Sql::SqliteTx($e) => $run.await.map_err($crate::storage::StorageError::from),
            $crate::storage::Sql::PgPool(pool) => $crate::storage::deadline::bounded(held!(pool, $e => $run)).await,
            $crate::storage::Sql::PgTx($e) => {
                $crate::storage::deadline::bounded(async { $run.await.map_err($crate::storage::StorageError::from) }).await
            }
        }
    };
}

/// Runs `$run` with `$e` bound to a connection of the pool.
macro_rules! held {
    ($pool:expr, $e:ident => $run:expr) => {
        async {
            let mut held = $crate::storage::deadline::Held::acquire($pool).await?;
            let outcome = {
                let $e = held.connection();
                $run.await
            };
            held.settle(outcome)
        }
    };
}

/// The number of rows that a statement changed.
macro_rules! execute {
    ($at:expr, $sql:literal $(, $bind:expr)* $(,)?) => {
        on!($at, e => async { sqlx::query($sql)$(.bind($bind))*.execute(e).await.map(|done| done.rows_affected()) })
    };
}

/// At most one row.
macro_rules! fetch_optional {
    ($at:expr => $row:ty, $sql:literal $(, $bind:expr)* $(,)?) => {
        on!($at, e => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(e))
    };
}

/// Exactly one row.
macro_rules! fetch_one {
    ($at:expr => $row:ty, $sql:literal $(, $bind:expr)* $(,)?) => {
        on!($at, e => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(e))
    };
}

/// All rows.
macro_rules! fetch_all {
    ($at:expr => $row:ty, $sql:literal $(, $bind:expr)* $(,)?) => {
        on!($at, e => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(e))
    };
}

/// A struct whose fields are columns of the same name, readable from either database.
macro_rules! row {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> for $name {
            fn from_row(row: &'r sqlx::sqlite::SqliteRow) -> sqlx::Result<Self> {
                use sqlx::Row;
                Ok(Self { $($field: row.try_get(stringify!($field))?,)* })
            }
        }

        impl<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> for $name {
            fn from_row(row: &'r sqlx::postgres::PgRow) -> sqlx::Result<Self> {
                use sqlx::Row;
                Ok(Self { $($field: row.try_get(stringify!($field))?,)* })
            }
        }
    };
}
