//! The table of errors: names, statuses, texts. Every code is provoked once, as a client would meet it.

mod faults;
mod provoked;

use crate::support::source::rust;
use keywright::oauth::error::ErrorCode;
use std::collections::HashSet;

/// RFC 6749 §5.2 `error_description`: no quote, no backslash, no control or non-ASCII character.
pub fn is_describable(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// RFC 6749 §5.2, §4.1.2.1 · RFC 6750 §3.1 · RFC 8628 §3.5
#[test]
fn every_code_has_one_name_a_fitting_status_and_a_source() {
    let mut names = HashSet::new();
    for code in ErrorCode::ALL {
        let (name, status, section) = code.row();
        assert!(names.insert(name), "{name} twice");
        assert!(
            name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name}"
        );
        let expected = match name {
            "invalid_client" | "invalid_token" => 401,
            "insufficient_scope" => 403,
            "server_error" => 500,
            "temporarily_unavailable" => 503,
            _ => 400,
        };
        assert_eq!(status, expected, "{name}");
        let source = section.starts_with("RFC ") || section.starts_with("OIDC ");
        assert!(source && section.contains(" §"), "{name}: {section}");
    }
}

/// Design §8: real clients give up on anything else, so only a bearer error may be 403.
#[test]
fn the_token_endpoint_knows_four_statuses() {
    for code in ErrorCode::ALL {
        let (name, status, _) = code.row();
        let elsewhere = matches!(name, "insufficient_scope" | "server_error");
        assert!(elsewhere || [400, 401, 503].contains(&status), "{name}");
    }
}

/// RFC 6749 §5.2 · AC-245: texts are literals, and each literal may be sent.
#[test]
fn every_description_in_the_source_may_be_sent() {
    let mut seen = 0;
    for file in rust("src/oauth").into_iter().chain(rust("src/http")) {
        let code = file.code();
        let code = code.split("#[cfg(test)]").next().unwrap();
        for literal in literals(code) {
            // What is written as a sentence is a text for people: descriptions, and nothing else in these folders.
            if literal.starts_with(|c: char| c.is_ascii_uppercase()) && literal.ends_with('.') {
                assert!(is_describable(&literal), "{}: {literal}", file.path);
                assert!(!literal.contains('{'), "{}: {literal}", file.path);
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "only {seen} descriptions were found");
}

/// Design §5: a broken database can never look like a decision.
#[test]
fn nothing_turns_a_fault_into_a_refusal() {
    for file in rust("src") {
        for from in ["StorageError", "Fault", "KeyringError", "sqlx::Error"] {
            let conversion = format!("impl From<{from}> for Refusal");
            assert!(!file.text.contains(&conversion), "{}", file.path);
        }
    }
}

/// The string literals of a piece of Rust without comments.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                // A character literal; of a lifetime only the tick is passed over.
                let escaped = chars.peek() == Some(&'\\');
                let mut ahead = chars.clone();
                if ahead.nth(1) == Some('\'') || escaped {
                    chars.next();
                    while chars.next().is_some_and(|c| c != '\'') {}
                }
            }
            '"' => found.push(literal(&mut chars)),
            _ => {}
        }
    }
    found
}

/// The rest of a literal, its escapes resolved as far as they matter here.
fn literal(chars: &mut impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => return text,
            '\\' => match chars.next() {
                Some('\n') => text.push(' '), // an indented continuation, close enough
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => return text,
            },
            c => text.push(c),
        }
    }
    text
}

/// The walk itself can find what it looks for.
#[test]
fn literals_are_found_with_their_escapes() {
    let code = r#"fn f<'a>(x: &'a str) { g("A b."); h('"', "C \"d\"."); i('\'', b'"', "e") }"#;
    assert_eq!(literals(code), ["A b.", "C \"d\".", "e"]);
    assert!(is_describable("A b.") && !is_describable("C \"d\".") && !is_describable("\\"));
    assert!(!is_describable("é") && !is_describable("a\tb"));
}
