//! What is handed out cannot be guessed (AC-050, ASVS 11.5.1).

use crate::support::{Answer, TestApp};
use keywright::entropy::SystemEntropy;
use keywright::opaque::{Kind, Opaque};
use keywright::time::Timestamp;
use std::collections::{HashMap, HashSet};

/// `kw_ac_` and the like, 22 characters of identifier, an underscore.
const RANDOM_FROM: usize = 29;
const RANDOM: usize = 43;

/// RFC 9700 §4.17.2 · AC-050: 256 random bits each, evenly spread, with nothing of time or order in them.
#[tokio::test]
async fn every_kind_of_secret_has_256_random_bits() {
    let app = TestApp::new().await;
    let row = keywright::id::row(&SystemEntropy, Timestamp(1_800_000_000));
    for kind in [
        Kind::Code,
        Kind::RefreshToken,
        Kind::DeviceCode,
        Kind::ClientSecret,
        Kind::Session,
        Kind::SetupLink,
    ] {
        let mut seen = HashSet::new();
        let mut symbols: HashMap<char, f64> = HashMap::new();
        for _ in 0..2_000 {
            let secret = Opaque::mint(kind, &row, &SystemEntropy, &app.app.vault);
            let random = secret.expose()[RANDOM_FROM..RANDOM_FROM + RANDOM].to_owned();
            // The last character holds four bits only.
            for symbol in random[..RANDOM - 1].chars() {
                *symbols.entry(symbol).or_default() += 1.0;
            }
            assert!(seen.insert(random), "{kind:?} repeats");
        }
        let expected = 2_000.0 * (RANDOM as f64 - 1.0) / 64.0;
        let chi_square: f64 = symbols.values().map(|n| (n - expected).powi(2) / expected).sum();
        // 63 degrees of freedom: beyond 145 once in 10^8.
        assert!(
            symbols.len() == 64 && chi_square < 145.0,
            "{kind:?}: {chi_square}"
        );
    }
}

/// protocol-checks C1-1, C1-37: length and alphabet as clients see them.
#[tokio::test]
async fn codes_and_tokens_are_long_and_of_safe_characters() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let code = web.code(&mut alice, &[]).await;
    let tokens = web.redeem(&code).await.tokens();
    let session = &alice.cookies["__Host-kw-session"];
    let secret = web.secret.as_ref().unwrap();
    let refresh_token = tokens.refresh_token.as_ref().unwrap();
    for value in [&code, refresh_token, session, secret] {
        assert!(value.len() == RANDOM_FROM + RANDOM + 8);
        assert!(
            value
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        );
    }
    assert!(tokens.access_token.bytes().all(|b| b.is_ascii_graphic()));
}

/// RFC 6749 §10.10: two answers share nothing but their grant.
#[tokio::test]
async fn two_tokens_of_one_grant_have_nothing_in_common_but_the_grant() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let first = web.tokens(&mut app.alice().await, &[]).await;
    let second = web.refresh(first.refresh_token.as_ref().unwrap()).await;
    let jti = |answer: &str| app.claims(answer, "at+jwt").text("jti").unwrap().to_owned();
    let (a, b) = (jti(&first.access_token), jti(&second.tokens().access_token));
    let (grant_a, random_a) = a.split_once('.').unwrap();
    let (grant_b, random_b) = b.split_once('.').unwrap();
    assert_eq!(grant_a, grant_b);
    assert_ne!(random_a, random_b);
    assert_eq!(random_a.len(), 22, "128 bits");
    let _: &Answer = &second;
}
