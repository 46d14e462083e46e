//! The tables of the README say what is true.

use super::none;
use crate::support::source::{root, rust};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

#[test]
fn the_table_of_settings_is_current() {
    let readme = readme();
    let (_, rest) = readme.split_once("<!-- config:begin -->").unwrap();
    let (table, _) = rest.split_once("<!-- config:end -->").unwrap();
    assert_eq!(table.trim(), keywright::config::readme_table().trim());
}

#[test]
fn the_table_of_api_errors_is_current() {
    let readme = readme();
    let (_, rest) = readme.split_once("<!-- api:begin -->").unwrap();
    let (table, _) = rest.split_once("<!-- api:end -->").unwrap();
    assert_eq!(table.trim(), keywright::http::ApiError::readme_table().trim());
}

/// A row of "What is implemented": specifications, what, tests.
fn implemented() -> Vec<(String, String)> {
    let readme = readme();
    let (_, rest) = readme.split_once("## What is implemented").unwrap();
    let rows = rest.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let rows: Vec<(String, String)> = rows
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].to_owned(), cells[2].to_owned())
        })
        .collect();
    assert!(rows.len() > 5, "the table is not found any more");
    rows
}

#[test]
fn every_specification_in_the_code_is_in_the_table() {
    let rows = implemented();
    let listed: Vec<&str> = rows
        .iter()
        .flat_map(|(specs, _)| specs.split(',').map(str::trim))
        .collect();
    let mut broken = Vec::new();
    for file in rust("src") {
        // Names may be broken over two lines of a comment.
        let lines = file
            .text
            .lines()
            .map(|line| line.trim_start().trim_start_matches('/').trim_start_matches('!'));
        let text = lines.map(str::trim).collect::<Vec<_>>().join(" ");
        for name in cited(&text) {
            // `OIDC Core §2` is cited by its whole name; a number never continues (`RFC 674` is not `RFC 6749`).
            let same = |spec: &&str| {
                name.strip_prefix(*spec)
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
            };
            if !listed.iter().any(same) {
                let shown: String = name.chars().take(40).collect();
                broken.push(format!("{}: {shown}", file.path));
            }
        }
    }
    none("specifications that the README does not list", &broken);
}

/// The places where a text names a specification, each from its name on.
fn cited(text: &str) -> Vec<&str> {
    let names = ["RFC ", "OIDC ", "OAuth 2.", "FAPI ", "SP 800-"];
    let mut found = Vec::new();
    for name in names {
        for (at, _) in text.match_indices(name) {
            let after = &text[at + name.len()..];
            let named = after.starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase());
            // `OAuth 2.0` alone is the family, and `RFC 6749` the specification.
            let family = name == "OAuth 2."
                && !["1", "0 Multiple", "0 Form"]
                    .iter()
                    .any(|rest| after.starts_with(rest));
            if named && !family {
                found.push(&text[at..]);
            }
        }
    }
    found
}

#[test]
fn the_tests_that_the_table_names_exist() {
    let mut broken = Vec::new();
    for (specs, tests) in implemented() {
        let named: Vec<&str> = tests
            .split('`')
            .filter(|part| part.starts_with("tests/"))
            .collect();
        if named.is_empty() {
            broken.push(format!("{specs}: no test"));
        }
        for test in named {
            if !root().join(test).exists() {
                broken.push(format!("{specs}: {test} does not exist"));
            }
        }
    }
    none("rows without tests", &broken);
}

/// `tests/it/guide/hardening.rs::account_lockout` is a function of that file, and each story of the guide is in the table.
#[test]
fn the_tests_of_methods_and_controls_are_functions() {
    let readme = readme();
    let (_, rest) = readme.split_once("### Methods and controls").unwrap();
    let rows = rest.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 20, "the table is not found any more");
    let mut broken = Vec::new();
    let mut named = Vec::new();
    for row in rows {
        let tests: Vec<&str> = row.split('`').filter(|part| part.starts_with("tests/")).collect();
        if tests.is_empty() {
            broken.push(format!("no test: {row}"));
        }
        for test in tests {
            let (file, function) = test.split_once("::").unwrap_or((test, ""));
            let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
            if !text.contains(&format!("fn {function}()")) {
                broken.push(format!("{test} does not exist"));
            }
            named.push(test.to_owned());
        }
    }
    for file in rust("tests/it/guide") {
        for (at, _) in file.text.match_indices("#[tokio::test") {
            let (_, function) = file.text[at..].split_once("async fn ").unwrap();
            let function = function.split_once('(').unwrap().0;
            let test = format!("{}::{function}", file.path);
            if !named.contains(&test) {
                broken.push(format!("not in the table: {test}"));
            }
        }
    }
    none("rows without tests, or tests without a row", &broken);
}
