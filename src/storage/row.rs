//! Reads rows column by column; see `row!`.

use sqlx::{Column, ColumnIndex, Decode, Row, Type};
use std::ops::RangeFrom;

/// The place of the next column.
pub(super) type At = RangeFrom<usize>;

/// What is read from neighboring columns.
pub(super) trait Columns<R>: Sized {
    /// Reads them, and moves `at` behind them.
    fn read(row: &R, at: &mut At) -> sqlx::Result<Self>;
}

/// The next column. That it has this name is checked in builds for tests, which run each statement.
pub(super) fn column<'r, R, T>(row: &'r R, at: &mut At, name: &str) -> sqlx::Result<T>
where
    R: Row,
    usize: ColumnIndex<R>,
    T: Decode<'r, R::Database> + Type<R::Database>,
{
    let at = at.next().unwrap_or_default();
    debug_assert_eq!(row.columns().get(at).map(Column::name), Some(name), "column {at}");
    row.try_get(at)
}
