//! What must be named by a test.

use super::none;
use crate::support::source::rust;
use keywright::oauth::error::ErrorCode;

#[test]
fn every_error_code_is_expected_by_a_test() {
    let tests: Vec<_> = rust("tests/it")
        .into_iter()
        .filter(|file| !file.path.contains("/tidy/"))
        .collect();
    let mut broken = Vec::new();
    for code in ErrorCode::ALL {
        let (wire, variant) = (format!("\"{}\"", code.name()), format!("ErrorCode::{code:?}"));
        if !tests
            .iter()
            .any(|file| file.text.contains(&wire) || file.text.contains(&variant))
        {
            broken.push(code.name().to_owned());
        }
    }
    none("error codes that no test expects", &broken);
}

/// The contract of storage is run on both databases, function by function.
#[test]
fn every_function_of_storage_is_in_its_contract() {
    let tests: String = rust("tests/it/storage")
        .into_iter()
        .map(|file| file.code())
        .collect();
    let mut broken = Vec::new();
    for file in rust("src/storage") {
        let module = file.path.rsplit('/').next().unwrap().trim_end_matches(".rs");
        for (at, begins) in file.text.match_indices("\npub async fn ") {
            let name: String = file.text[at + begins.len()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if !tests.contains(&format!("{module}::{name}(")) {
                broken.push(format!("{module}::{name}"));
            }
        }
    }
    none("functions of storage without a test", &broken);
}
