//! Signing keys: announced → active → retiring → gone; on any number of nodes one signs.

use crate::support::{RelyingParty, TestApp};
use keywright::app::App;
use keywright::entropy::SystemEntropy;
use keywright::jose::Alg;
use keywright::jose::generate::generate;
use keywright::keyring::{self, KeyringError};
use keywright::storage::signing_keys::{self, KeyRow};
use keywright::time::Seconds;
use keywright::vault::Vault;
use std::collections::HashMap;
use std::sync::Arc;

const HOUR: Seconds = Seconds(3_600);
const GRANT: [(&str, &str); 1] = [("grant_type", "client_credentials")];

async fn announce(app: &TestApp, alg: Alg, after: Seconds) -> Result<String, KeyringError> {
    let (app, now) = (&app.app, app.app.clock.now());
    keyring::announce(&app.db, &app.vault, &SystemEntropy, alg, now, after).await
}

async fn rows(app: &TestApp, alg: Alg) -> Vec<KeyRow> {
    let rows = signing_keys::list(app.app.db.read()).await.unwrap();
    rows.into_iter().filter(|row| row.alg == alg.name()).collect()
}

async fn state(app: &TestApp, kid: &str) -> Option<String> {
    let rows = signing_keys::list(app.app.db.read()).await.unwrap();
    rows.into_iter().find(|row| row.kid == kid).map(|row| row.state)
}

async fn published(app: &TestApp) -> Vec<String> {
    let jwks = app.get("/jwks").await.json();
    let keys = jwks["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn token(service: &RelyingParty<'_>) -> String {
    service.post("/token", &GRANT).await.tokens().access_token
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// Design §7 · AC-172
#[tokio::test]
async fn a_key_is_announced_then_signs_then_retires_then_is_gone() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let first_token = token(&service).await;
    let old = kid(&first_token);
    let new = announce(&app, Alg::RS256, HOUR).await.unwrap();
    assert_eq!(state(&app, &new).await.as_deref(), Some("announced"));

    // Published at once, signing only when its time has come.
    app.app.refresh_keys().await.unwrap();
    assert!(published(&app).await.contains(&new));
    app.clock.advance(HOUR.0 - 1);
    app.app.refresh_keys().await.unwrap();
    assert_eq!(kid(&token(&service).await), old);
    app.clock.advance(1);
    app.app.refresh_keys().await.unwrap();
    let last_of_old = token(&service).await;
    assert_eq!(kid(&last_of_old), new);
    assert_eq!(state(&app, &new).await.as_deref(), Some("active"));
    assert_eq!(state(&app, &old).await.as_deref(), Some("retiring"));

    // Stays until the last thing it signed is over, and a day longer than anybody stays signed in, for hints.
    let keep = app.app.keep_retired_keys();
    let (tokens, sessions) = (&app.app.config.tokens, &app.app.config.sessions);
    for longest in [tokens.access_token, tokens.id_token, sessions.absolute] {
        assert!(keep.0 >= longest.0 + 86_400);
    }
    app.clock.advance(keep.0);
    app.app.refresh_keys().await.unwrap();
    assert!(published(&app).await.contains(&old));
    app.clock.advance(1);
    app.app.refresh_keys().await.unwrap();
    assert!(!published(&app).await.contains(&old));
    assert_eq!(state(&app, &old).await, None, "the private key is gone too");
    assert!(!service.is_active(&first_token).await);
}

/// One rotation at a time: a second key waits for the first.
#[tokio::test]
async fn an_algorithm_has_one_announced_key() {
    let app = TestApp::new().await;
    announce(&app, Alg::RS256, HOUR).await.unwrap();
    assert!(matches!(
        announce(&app, Alg::RS256, HOUR).await,
        Err(KeyringError::Announced(alg)) if alg == "RS256"
    ));
    announce(&app, Alg::ES256, HOUR).await.unwrap();
    assert_eq!(rows(&app, Alg::RS256).await.len(), 2);
}

/// A new algorithm is not promised before its key signs.
#[tokio::test]
async fn discovery_promises_an_algorithm_when_its_key_is_active() {
    let app = TestApp::new().await;
    let algs = || async {
        let document = app.get("/.well-known/openid-configuration").await.json();
        document["id_token_signing_alg_values_supported"].to_string()
    };
    let kid = announce(&app, Alg::EdDSA, HOUR).await.unwrap();
    app.app.refresh_keys().await.unwrap();
    assert_eq!(algs().await, r#"["RS256","ES256"]"#);
    assert!(published(&app).await.contains(&kid));
    app.clock.advance(HOUR.0);
    app.app.refresh_keys().await.unwrap();
    assert_eq!(algs().await, r#"["RS256","ES256","EdDSA"]"#);
}

/// AC-172: a verifier that keeps the JWKS as long as it may sees no failure through a day with a rotation.
#[tokio::test]
async fn a_caching_verifier_sees_no_failure_across_a_rotation() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let max_age = app.get("/jwks").await.header("cache-control").to_owned();
    let max_age: i64 = max_age.split_once("max-age=").unwrap().1.parse().unwrap();
    assert!(
        max_age < app.app.config.keys.announce.0,
        "published long before it signs"
    );

    let mut cached: Vec<String> = Vec::new();
    let mut fetched = i64::MIN;
    let mut in_use: Vec<(i64, String)> = Vec::new();
    let mut signers: HashMap<String, u32> = HashMap::new();
    for step in 0..(24 * 60) {
        app.clock.advance(60);
        let now = app.app.clock.now().0;
        if step == 300 || step == 800 {
            announce(&app, Alg::RS256, app.app.config.keys.announce)
                .await
                .unwrap();
        }
        if step % 10 == 0 {
            app.app.refresh_keys().await.unwrap();
        }
        if fetched.saturating_add(max_age) <= now {
            (cached, fetched) = (published(&app).await, now);
        }
        if step % 5 == 0 {
            let token = token(&service).await;
            *signers.entry(kid(&token)).or_default() += 1;
            in_use.push((now + 900, token));
        }
        in_use.retain(|(exp, _)| *exp > now);
        for (_, token) in &in_use {
            assert!(cached.contains(&kid(token)), "unknown key at minute {step}");
        }
        if let Some((_, oldest)) = in_use.first().filter(|_| step % 7 == 0) {
            assert!(service.is_active(oldest).await, "minute {step}");
        }
    }
    assert_eq!(signers.len(), 3, "two rotations took place");
}

/// The nodes of one database agree, whoever looks first and however often.
#[tokio::test]
async fn two_nodes_never_end_with_two_active_keys() {
    let app = TestApp::new().await;
    let other = app.another().await;
    for round in 0..5 {
        announce(&app, Alg::RS256, Seconds(0)).await.unwrap();
        announce(&other, Alg::ES256, Seconds(0)).await.unwrap();
        let (a, b, c, d) = tokio::join!(
            app.app.refresh_keys(),
            other.app.refresh_keys(),
            other.app.refresh_keys(),
            app.app.refresh_keys()
        );
        for result in [a, b, c, d] {
            result.unwrap();
        }
        app.app.refresh_keys().await.unwrap();
        other.app.refresh_keys().await.unwrap();
        for alg in [Alg::RS256, Alg::ES256] {
            let rows = rows(&app, alg).await;
            let active = rows.iter().filter(|row| row.state == "active").count();
            let announced = rows.iter().filter(|row| row.state == "announced").count();
            assert_eq!((active, announced), (1, 0), "{alg}, round {round}");
        }
        assert_eq!(published(&app).await, published(&other).await);
    }
}

/// Two operators rotate at once: one is told that a key is announced already.
#[tokio::test]
async fn of_two_announcements_at_once_one_counts() {
    let app = TestApp::new().await;
    let other = app.another().await;
    let (a, b) = tokio::join!(
        announce(&app, Alg::ES256, HOUR),
        announce(&other, Alg::ES256, HOUR)
    );
    assert!(a.is_ok() != b.is_ok());
    assert_eq!(rows(&app, Alg::ES256).await.len(), 2);
}

/// The first start of several nodes on an empty database.
#[tokio::test]
async fn nodes_that_start_together_end_with_one_key_of_each_algorithm() {
    let app = TestApp::new().await;
    let config = app.elsewhere().await;
    let db = keywright::app::open(&config).await.unwrap();
    db.migrate().await.unwrap();
    let node = || App::build(config.clone(), app.clock.clone(), Arc::new(SystemEntropy));
    let (a, b, c) = tokio::join!(node(), node(), node());
    let rows = signing_keys::list(db.read()).await.unwrap();
    let mut algs: Vec<_> = rows
        .iter()
        .map(|row| (row.alg.as_str(), row.state.as_str()))
        .collect();
    algs.sort_unstable();
    assert_eq!(algs, [("ES256", "active"), ("RS256", "active")]);
    let jwks = [a, b, c].map(|node| node.unwrap().documents().jwks.clone());
    assert!(jwks.iter().all(|document| *document == jwks[0]));
}

/// What one node signs the other verifies, from the moment at which the new key signs.
#[tokio::test]
async fn a_node_that_has_not_looked_again_still_verifies_what_the_new_key_signs() {
    let app = TestApp::new().await;
    let service = app.service().await;
    announce(&app, Alg::RS256, HOUR).await.unwrap();
    let late = app.another().await;
    app.clock.advance(HOUR.0);
    app.app.refresh_keys().await.unwrap();
    let new = token(&service).await;
    let old = token(&service.on(&late)).await;
    assert_ne!(kid(&new), kid(&old));
    for node in [&app, &late] {
        assert!(service.on(node).is_active(&new).await && service.on(node).is_active(&old).await);
    }
}

/// Encryption at rest: the database alone is no use, and a row copied under another name does not open.
#[tokio::test]
async fn private_keys_are_sealed_under_the_data_key_and_their_own_name() {
    let app = TestApp::new().await;
    let der = generate(Alg::EdDSA, &SystemEntropy).unwrap();
    let (db, vault, now) = (&app.app.db, &app.app.vault, app.app.clock.now());
    let imported = keyring::import(db.write(), vault, &SystemEntropy, Alg::EdDSA, &der, now, HOUR).await;
    imported.unwrap();
    let stored = rows(&app, Alg::EdDSA).await.remove(0).private_key;
    for part in der.expose().chunks_exact(8) {
        assert!(!stored.windows(8).any(|window| window == part));
    }
    let wrong = Vault::new(&[1; 32]);
    let loaded = keyring::Keyring::load(&app.app.db, &wrong).await;
    assert!(matches!(loaded, Err(KeyringError::Sealed(_))));
    let mut row = rows(&app, Alg::ES256).await.remove(0);
    (row.kid, row.state) = ("copy".to_owned(), "announced".to_owned());
    assert!(signing_keys::insert(app.app.db.write(), &row).await.unwrap());
    let before = published(&app).await;
    assert!(matches!(
        app.app.refresh_keys().await,
        Err(KeyringError::Sealed(kid)) if kid == "copy"
    ));
    assert_eq!(published(&app).await, before, "the loaded keys stay");
}
