//! Random input: it may be refused, it must not panic.

use super::{Keys, encode};
use keywright::jose::Alg;
use keywright::jose::import::import_pem;
use proptest::prelude::*;
use serde_json::json;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_verifier_panic(text in "\\PC{0,200}", parts in prop::collection::vec("[A-Za-z0-9_=.-]{0,80}", 0..5)) {
        let keys = Keys::shared();
        prop_assert!(keys.verify(&text).is_err());
        prop_assert!(keys.verify(&parts.join(".")).is_err());
        let header = keys.of(Alg::ES256).header().to_string();
        let near = format!("{}.{}", encode(header), parts.join("."));
        prop_assert!(keys.verify(&near).is_err());
        let _ = import_pem(&text);
    }

    #[test]
    fn no_json_makes_the_verifier_panic(header in "[{}\\[\\]\",:a-z0-9\\\\]{0,60}", claims in "\\PC{0,60}") {
        let keys = Keys::shared();
        let key = keys.of(Alg::ES256);
        let _ = keys.verify(&key.signed(&header, &claims));
        let _ = keys.verify(&key.signed(&key.header().to_string(), &claims));
    }

    #[test]
    fn a_changed_character_never_verifies(at in 0..10_000_usize, letter in "[A-Za-z0-9_.-]") {
        let keys = Keys::shared();
        let token = keys.of(Alg::ES256).signer.sign("at+jwt", &json!({"sub": "a"})).unwrap();
        let at = at % token.len();
        prop_assume!(token[at..=at] != *letter);
        let changed = format!("{}{letter}{}", &token[..at], &token[at + 1..]);
        prop_assert!(keys.verify(&changed).is_err());
    }
}
