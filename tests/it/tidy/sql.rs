//! One SQL text for two databases: what only one of them understands is not used.

use super::none;
use crate::support::source::{files, rust, sql_literals};

/// Not portable, or not safe while old and new servers run side by side.
const REFUSED: &[(&str, &str)] = &[
    ("::", "a cast of one database: write CAST(… AS …)"),
    ("= ANY", "arrays"),
    ("NOW()", "the time is cx.now"),
    ("CURRENT_TIMESTAMP", "the time is cx.now"),
    ("FOR UPDATE", "row locks belong to dialect.rs"),
    ("ILIKE", "LIKE on canonical text"),
    ("->", "JSON operators"),
    ("@>", "JSON operators"),
    ("JSON_", "JSON functions"),
    (
        "SELECT *",
        "a column that a newer server added breaks the prepared statement of an older one",
    ),
    ("RANDOM()", "randomness comes from entropy.rs"),
];

#[test]
fn statements_are_portable() {
    let mut broken = Vec::new();
    let literals = sql_literals();
    assert!(literals.len() > 50, "the statements are not found any more");
    for (path, sql) in literals {
        let upper = sql.to_uppercase();
        for (refused, why) in REFUSED {
            if upper.contains(refused) {
                broken.push(format!("{path}: `{refused}` ({why}) in {sql}"));
            }
        }
        // Postgres gives NUMERIC, SQLite INTEGER.
        for (at, _) in upper.match_indices("SUM(") {
            if !upper[..at].ends_with("CAST(") {
                broken.push(format!("{path}: SUM without CAST in {sql}"));
            }
        }
    }
    none("statements that one database does not take", &broken);
}

/// Instants and numbers are `BIGINT`, JSON is `TEXT`; both databases read these names alike.
#[test]
fn migrations_use_the_common_types() {
    const TYPES: [&str; 4] = ["TEXT", "BIGINT", "BOOLEAN", "BYTEA"];
    const REFUSED: [&str; 9] = [
        "INTEGER",
        "SERIAL",
        "AUTOINCREMENT",
        "TIMESTAMP",
        "JSON",
        "UUID",
        "VARCHAR",
        "BLOB",
        "REAL",
    ];
    let mut broken = Vec::new();
    for file in files("migrations") {
        let statements: Vec<&str> = file
            .text
            .lines()
            .map(|line| line.split("--").next().unwrap())
            .collect();
        let upper = statements.join("\n").to_uppercase();
        let words: Vec<&str> = upper
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .collect();
        for refused in REFUSED {
            if words.contains(&refused) {
                broken.push(format!("{}: {refused}", file.path));
            }
        }
        assert!(TYPES.iter().any(|known| words.contains(known)), "{}", file.path);
    }
    none("types that are not the same on both databases", &broken);
}

/// The test that prepares every statement finds them by the macros.
#[test]
fn sql_lives_in_the_macros_of_storage() {
    const BEGINNINGS: [&str; 4] = ["\"SELECT ", "\"INSERT INTO ", "\"DELETE FROM ", "\"UPDATE "];
    let mut broken = Vec::new();
    for file in rust("src") {
        let code = file.code();
        let in_storage = file.path.starts_with("src/storage/");
        if !in_storage && BEGINNINGS.iter().any(|begins| code.contains(begins)) {
            broken.push(format!("{}: a statement", file.path));
        }
        let runs_it_by_itself = ["macros.rs", "dialect.rs"]
            .iter()
            .all(|name| !file.path.ends_with(name));
        if runs_it_by_itself && code.contains("sqlx::query") {
            broken.push(format!("{}: sqlx::query", file.path));
        }
    }
    none("statements outside the macros", &broken);
}
