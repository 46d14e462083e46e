//! What an attacker hands in (RFC 8725, AC-109, AC-175): each is refused, for its own reason.

use super::{Key, Keys, encode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use keywright::jose::{Alg, VerifyError};
use serde_json::{Value, json};

/// RFC 8725 §3.1 · AC-175: the header cannot choose the algorithm.
#[test]
fn the_algorithm_is_that_of_the_key() {
    let keys = Keys::shared();
    for key in &keys.0 {
        for alg in [
            "none", "None", "NONE", "nOnE", "", "HS256", "HS512", "RS384", "ES384", "Ed25519", "rs256",
        ] {
            let token = key.signed(&key.header_with("alg", alg.into()), "{}");
            assert_eq!(
                keys.verify(&token).unwrap_err(),
                VerifyError::WrongAlgorithm,
                "{alg}"
            );
            let (unsigned, _) = token.rsplit_once('.').unwrap();
            assert!(keys.verify(&format!("{unsigned}.")).is_err());
        }
        for alg in [json!(null), json!(["RS256"]), json!({"name": "RS256"}), json!(0)] {
            let token = key.signed(&key.header_with("alg", alg), "{}");
            assert_eq!(keys.verify(&token).unwrap_err(), VerifyError::WrongAlgorithm);
        }
        // The other algorithm of the same key type is refused as well.
        for alg in Alg::ALL.into_iter().filter(|alg| *alg != key.signer.alg()) {
            let token = key.signed(&key.header_with("alg", alg.name().into()), "{}");
            assert_eq!(keys.verify(&token).unwrap_err(), VerifyError::WrongAlgorithm);
        }
    }
}

/// RFC 8725 §2.1 · AC-175: a public key is not an HMAC secret.
#[test]
fn an_hmac_with_the_public_key_is_refused() {
    let keys = Keys::shared();
    for key in &keys.0 {
        let public = serde_json::to_string(key.signer.public()).unwrap();
        let jwk: Value = serde_json::from_str(&public).unwrap();
        let number = jwk.get("n").or(jwk.get("x")).unwrap().as_str().unwrap();
        let decoded = URL_SAFE_NO_PAD.decode(number).unwrap();
        for secret in [public.as_bytes(), number.as_bytes(), &decoded] {
            for alg in ["HS256", key.signer.alg().name()] {
                let input = format!("{}.{}", encode(key.header_with("alg", alg.into())), encode("{}"));
                let secret = EncodingKey::from_secret(secret);
                let mac = jsonwebtoken::crypto::sign(input.as_bytes(), &secret, Algorithm::HS256).unwrap();
                assert!(keys.verify(&format!("{input}.{mac}")).is_err());
            }
        }
    }
}

/// AC-109 · AC-175: `kid` is looked up exactly and goes nowhere else.
#[test]
fn a_kid_matches_exactly_or_not_at_all() {
    let keys = Keys::shared();
    let key = keys.of(Alg::ES256);
    let kid = key.signer.kid();
    let kids = [
        "../../etc/passwd".into(),
        "/dev/null".into(),
        "' OR 1=1 --".into(),
        "http://evil.example/key".into(),
        String::new(),
        format!("{kid}\0"),
        format!(" {kid}"),
        format!("{kid}="),
        kid.to_ascii_uppercase(),
        kid.chars().take(10).collect(),
    ];
    for kid in kids {
        let token = key.signed(&key.header_with("kid", kid.clone().into()), "{}");
        assert_eq!(keys.verify(&token).unwrap_err(), VerifyError::UnknownKey, "{kid}");
    }
    for kid in [json!(null), json!([kid]), json!(0)] {
        let token = key.signed(&key.header_with("kid", kid), "{}");
        assert_eq!(keys.verify(&token).unwrap_err(), VerifyError::UnknownKey);
    }
    let absent = key.signed(r#"{"alg":"ES256","typ":"at+jwt"}"#, "{}");
    assert_eq!(keys.verify(&absent).unwrap_err(), VerifyError::UnknownKey);
}

/// RFC 8725 §3.10 · AC-109 · AC-175: a token cannot bring its key or change what is signed.
#[test]
fn headers_that_change_the_rules_are_refused() {
    let keys = Keys::shared();
    let key = keys.of(Alg::ES256);
    let jwk = serde_json::to_value(key.signer.public()).unwrap();
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["x"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
    ] {
        let token = key.signed(&key.header_with(name, value), "{}");
        assert_eq!(
            keys.verify(&token).unwrap_err(),
            VerifyError::RefusedHeader,
            "{name}"
        );
    }
    let unknown = key.signed(&key.header_with("x-note", json!("ignored")), "{}");
    assert!(
        keys.verify(&unknown).is_ok(),
        "RFC 7515 §4: unknown members are ignored"
    );
}

/// RFC 8725 §3.11: tokens of other kinds are not taken, though signed by the same key.
#[test]
fn the_type_must_be_expected() {
    let keys = Keys::shared();
    let key = keys.of(Alg::EdDSA);
    for typ in [
        json!("JWT"),
        json!("logout+jwt"),
        json!("dpop+jwt"),
        json!(""),
        json!(null),
        json!(["at+jwt"]),
    ] {
        let token = key.signed(&key.header_with("typ", typ.clone()), "{}");
        assert_eq!(keys.verify(&token).unwrap_err(), VerifyError::WrongType, "{typ}");
    }
    let absent = key.signed(
        &json!({"alg": "EdDSA", "kid": key.signer.kid()}).to_string(),
        "{}",
    );
    assert_eq!(keys.verify(&absent).unwrap_err(), VerifyError::WrongType);
    for typ in ["AT+JWT", "application/at+jwt"] {
        let token = key.signed(&key.header_with("typ", typ.into()), "{}");
        assert!(keys.verify(&token).is_ok(), "{typ}");
    }
}

/// AC-175
#[test]
fn a_signature_that_is_missing_or_made_up_is_refused() {
    let keys = Keys::shared();
    for key in &keys.0 {
        let token = key.signer.sign("at+jwt", &json!({"sub": "a"})).unwrap();
        let (input, signature) = token.rsplit_once('.').unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let mut flipped = bytes.clone();
        flipped[10] ^= 1;
        let longer = [bytes.as_slice(), &[0]].concat();
        let forged = [
            Vec::new(),
            vec![0; bytes.len()],
            vec![0xff; bytes.len()],
            flipped,
            longer,
            bytes[1..].to_vec(),
        ];
        for signature in forged {
            let token = format!("{input}.{}", encode(signature));
            assert_eq!(keys.verify(&token).unwrap_err(), VerifyError::WrongSignature);
        }
        let (header, _) = input.split_once('.').unwrap();
        let swapped = format!("{header}.{}.{signature}", encode(r#"{"sub":"b"}"#));
        assert_eq!(keys.verify(&swapped).unwrap_err(), VerifyError::WrongSignature);
    }
    // CVE-2022-21449: r = s = 0 and r, s = n.
    let key = keys.of(Alg::ES256);
    let input = format!("{}.{}", encode(key.header().to_string()), encode("{}"));
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> = (0..32)
        .map(|i| u8::from_str_radix(&order[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    for signature in [vec![0; 64], order.repeat(2)] {
        let token = format!("{input}.{}", encode(signature));
        assert_eq!(keys.verify(&token).unwrap_err(), VerifyError::WrongSignature);
    }
}

#[test]
fn a_foreign_key_with_our_kid_is_refused() {
    let keys = Keys::shared();
    for alg in Alg::ALL {
        let token = Key::new(alg).signed(&keys.of(alg).header().to_string(), "{}");
        assert_eq!(
            keys.verify(&token).unwrap_err(),
            VerifyError::WrongSignature,
            "{alg}"
        );
    }
}

/// RFC 7515 §7.1 · AC-175
#[test]
fn only_the_compact_form_is_read() {
    let keys = Keys::shared();
    let key = keys.of(Alg::ES256);
    let token = key.signer.sign("at+jwt", &json!({"sub": "a"})).unwrap();
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts")
    };
    let flattened = json!({"protected": header, "payload": payload, "signature": signature}).to_string();
    let general = json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]})
        .to_string();
    for text in [
        flattened,
        general,
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        format!("{header}.{payload}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}="),
        format!("{header}.{payload}.{signature}\n"),
        format!(" {token}"),
        format!("{header}\n.{payload}.{signature}"),
        format!("{header}..{signature}"),
    ] {
        assert!(keys.verify(&text).is_err(), "{text:?}");
    }
    let big = key
        .signer
        .sign("at+jwt", &json!({"pad": "x".repeat(16 * 1024)}))
        .unwrap();
    assert_eq!(keys.verify(&big).unwrap_err(), VerifyError::TooLarge);
}

#[test]
fn repeated_members_are_refused_in_header_and_claims() {
    let keys = Keys::shared();
    let key = keys.of(Alg::ES256);
    let kid = key.signer.kid();
    for header in [
        format!(r#"{{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{kid}","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{kid}","x":{{"a":1,"a":2}}}}"#),
        "[]".into(),
        "null".into(),
        format!("{} x", key.header()),
    ] {
        let token = key.signed(&header, "{}");
        assert_eq!(
            keys.verify(&token).unwrap_err(),
            VerifyError::Malformed,
            "{header}"
        );
    }
    for claims in [
        r#"{"sub":"a","sub":"b"}"#,
        r#"{"act":{"sub":"a","sub":"b"}}"#,
        "[]",
        "\"a\"",
        "",
        "{",
        "{}{}",
    ] {
        let token = key.signed(&key.header().to_string(), claims);
        assert_eq!(
            keys.verify(&token).unwrap_err(),
            VerifyError::Malformed,
            "{claims}"
        );
    }
}
