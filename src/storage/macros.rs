//! The macros that run one SQL text on either database. The text is a literal: a test prepares each one on both.

/// Runs `$run` with `$e` bound to the connection behind an [`Sql`]; on Postgres no longer than callers should wait.
macro_rules! on {
    ($at:expr, $e:ident => $run:expr) => {
        match $at {
            $crate::storage::Sql::Sqlite(place) => held!(place, $e => $run).await,
            $crate::storage::Sql::Postgres(place) => {
                $crate::storage::deadline::bounded(held!(place, $e => $run)).await
            }
        }
    };
}

/// Runs `$run` with `$e` bound to a connection of the place.
macro_rules! held {
    ($place:expr, $e:ident => $run:expr) => {
        async {
            let mut held = $crate::storage::deadline::AnyHeld::acquire($place).await?;
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

/// A struct whose fields are the columns of a statement, of the same names and in the same order: looking up dozens of
/// names takes longer than reading the values. Its last field may be such a struct, for the columns after them.
macro_rules! row {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        $(..$(#[$rest_meta:meta])* pub $rest:ident: $rest_type:ty)?
    }) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            $($(#[$rest_meta])* pub $rest: $rest_type,)?
        }
        row!(@read sqlx::sqlite::SqliteRow, $name { $($field)* $(..$rest)? });
        row!(@read sqlx::postgres::PgRow, $name { $($field)* $(..$rest)? });
    };
    (@read $row:ty, $name:ident { $($field:ident)* $(..$rest:ident)? }) => {
        impl $crate::storage::row::Columns<$row> for $name {
            fn read(row: &$row, at: &mut $crate::storage::row::At) -> sqlx::Result<Self> {
                Ok(Self {
                    $($field: $crate::storage::row::column(row, at, stringify!($field))?,)*
                    $($rest: $crate::storage::row::Columns::read(row, at)?,)?
                })
            }
        }

        impl sqlx::FromRow<'_, $row> for $name {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                $crate::storage::row::Columns::read(row, &mut (0..))
            }
        }
    };
}
