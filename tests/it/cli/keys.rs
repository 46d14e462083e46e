//! `keywright key`, `keywright db` and the files that are made at first start.

use super::{Terminal, is_private};
use std::process::Command;

#[test]
fn a_rotation_announces_a_key_before_it_signs() {
    let terminal = Terminal::new();
    let keys = terminal.json(&["key", "list"]);
    let states = |keys: &serde_json::Value| {
        let mut states: Vec<String> = keys
            .as_array()
            .unwrap()
            .iter()
            .map(|key| {
                format!(
                    "{} {}",
                    key["alg"].as_str().unwrap(),
                    key["state"].as_str().unwrap()
                )
            })
            .collect();
        states.sort();
        states
    };
    assert_eq!(states(&keys), ["ES256 active", "RS256 active"]);
    let announced = terminal.json(&["key", "rotate", "--alg", "ES256", "--activate-in", "24h"]);
    assert_eq!(announced["alg"], "ES256");
    assert_eq!(
        states(&terminal.json(&["key", "list"])),
        ["ES256 active", "ES256 announced", "RS256 active"]
    );
    terminal
        .run(&["key", "rotate", "--alg", "ES256"])
        .refused(1, "announced already");

    terminal.json(&["key", "rotate", "--alg", "EdDSA", "--activate-in", "0s"]);
    assert!(states(&terminal.json(&["key", "list"])).contains(&"EdDSA active".to_owned()));
    assert_eq!(terminal.run(&["key", "rotate", "--alg", "HS256"]).code, Some(2));
}

#[test]
fn a_key_of_the_operator_is_taken_from_a_pem_file() {
    let terminal = Terminal::new();
    let arguments = [
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        "own.pem",
    ];
    assert!(
        Command::new("openssl")
            .args(arguments)
            .current_dir(terminal.path())
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(terminal.json(&["key", "import", "own.pem"])["alg"], "ES256");
    terminal
        .run(&["key", "import", "own.pem", "--alg", "RS256"])
        .refused(1, "another kind");
    terminal
        .run(&["key", "import", "missing.pem"])
        .refused(1, "missing.pem");
}

#[test]
fn files_with_secrets_are_private() {
    let terminal = Terminal::new();
    assert_eq!(terminal.json(&["db", "migrate"])["migrated"], true);
    for file in ["data", "data/keywright.db", "keys", "keys/data.key"] {
        assert!(is_private(&terminal.path().join(file)), "{file}");
    }
    let left: Vec<_> = std::fs::read_dir(terminal.path().join("data"))
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(left, ["keywright.db"], "a command leaves no open log behind");
}
