//! Every SQL text is understood by both databases.

use super::databases::databases;
use crate::support::source::sql_literals;
use keywright::storage::Db;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, Statement};

#[tokio::test]
async fn both_databases_prepare_every_statement() {
    let literals = sql_literals();
    for db in databases().await {
        for (path, sql) in &literals {
            let text = AssertSqlSafe(sql.clone()).into_sql_str();
            let parameters = match &db.db {
                Db::Sqlite { writer, .. } => writer
                    .get()
                    .await
                    .unwrap()
                    .prepare(text)
                    .await
                    .map(|s| count(s.parameters())),
                Db::Postgres(pool) => pool
                    .get()
                    .await
                    .unwrap()
                    .prepare(text)
                    .await
                    .map(|s| count(s.parameters())),
            };
            let parameters =
                parameters.unwrap_or_else(|error| panic!("{}: {path}: {error}\n{sql}", db.name()));
            assert_eq!(
                parameters,
                highest_placeholder(sql),
                "{}: {path}\n{sql}",
                db.name()
            );
        }
    }
}

fn count<T>(parameters: Option<sqlx::Either<&[T], usize>>) -> usize {
    match parameters {
        Some(sqlx::Either::Left(types)) => types.len(),
        Some(sqlx::Either::Right(number)) => number,
        None => 0,
    }
}

fn highest_placeholder(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1).map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    });
    numbers.max().unwrap_or(0)
}
