//! The data-encryption key: made at the first start, refused if anybody else could have read it (AC-272).
#![cfg(unix)]

use keywright::config::Config;
use keywright::data_key;
use keywright::entropy::SystemEntropy;
use keywright::secret::Secret;
use std::fs::{Permissions, metadata, set_permissions, write};
use std::os::unix::fs::PermissionsExt;

/// ASVS 13.3.1
#[test]
fn the_first_start_makes_a_key_that_only_its_owner_can_read() {
    let directory = tempfile::tempdir().unwrap();
    let mut keys = Config::default().keys;
    keys.directory = directory.path().join("keys");
    let first = data_key::load(&keys, &SystemEntropy).unwrap();
    assert_eq!(data_key::load(&keys, &SystemEntropy).unwrap(), first, "it stays");
    let file = keys.directory.join("data.key");
    assert_eq!(metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        metadata(&keys.directory).unwrap().permissions().mode() & 0o777,
        0o700
    );
}

/// ASVS 13.2.3 · AC-272
#[test]
fn a_key_that_others_can_read_stops_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let mut keys = Config::default().keys;
    keys.directory = directory.path().join("keys");
    data_key::load(&keys, &SystemEntropy).unwrap();
    let file = keys.directory.join("data.key");
    for mode in [0o640, 0o604, 0o666] {
        set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let problem = data_key::load(&keys, &SystemEntropy).unwrap_err();
        assert!(problem.contains("data.key"), "{problem}");
    }
    set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    assert!(data_key::load(&keys, &SystemEntropy).is_ok());
}

/// ASVS 13.2.3 · AC-272: no short, empty or mistyped key.
#[test]
fn a_key_of_another_length_stops_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let mut keys = Config::default().keys;
    keys.directory = directory.path().to_owned();
    for text in ["", "c2hvcnQ=", "not base64!", &"A".repeat(44), &"A".repeat(64)] {
        keys.data_key = Some(Secret::new(text.to_owned()));
        let configured = data_key::load(&keys, &SystemEntropy).unwrap_err();
        keys.data_key = None;
        let file = keys.directory.join("data.key");
        write(&file, text).unwrap();
        set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        let stored = data_key::load(&keys, &SystemEntropy).unwrap_err();
        for problem in [configured, stored] {
            assert!(problem.contains("base64 of 32 bytes"), "{problem}");
            assert!(text.is_empty() || !problem.contains(text), "{problem}");
        }
    }
}
