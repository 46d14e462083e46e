//! `self_signed_tls_client_auth` (RFC 8705 §2.2): the registered key, whoever signed the certificate.

use super::Stage;
use crate::support::certificates::Certified;
use keywright::oauth::client::{Metadata, jwks};
use keywright::x509::Certificate;
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, date_time_ymd,
};
use serde_json::{Value, json};

/// The key of a certificate as a client registers it.
fn key_of(shown: &Certified) -> Value {
    let certificate = Certificate::read(shown.der.clone().into(), Vec::new()).unwrap();
    jwks::of_certificate(&certificate).unwrap()
}

fn registered(keys: &[Value]) -> Metadata {
    Metadata {
        token_endpoint_auth_method: "self_signed_tls_client_auth".to_owned(),
        scope: "api:read".to_owned(),
        grant_types: vec!["client_credentials".to_owned()],
        jwks: Some(json!({ "keys": keys })),
        ..Metadata::default()
    }
}

/// RFC 8705 §2.2 · AC-158
#[tokio::test]
async fn a_certificate_is_known_by_its_registered_key() {
    let stage = Stage::new().await;
    let (first, second) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let shown = Certified::self_signed("mt", &first, |_| ());
    let other = Certified::self_signed("mt", &second, |_| ());
    stage.app.client("mt", registered(&[key_of(&shown)])).await;
    stage.token(Some(&shown)).await.tokens();
    stage.token(Some(&other)).await.refused(401, "invalid_client");
    stage.token(None).await.refused(401, "invalid_client");
    // A renewed certificate has the same key, and an authority's word is neither needed nor enough.
    let renewed = Certified::self_signed("renewed", &first, |_| ());
    stage.token(Some(&renewed)).await.tokens();
    let certified = stage.authority.certify("mt", |_| ());
    stage.token(Some(&certified)).await.refused(401, "invalid_client");

    // Two keys while one replaces the other, and none of the old one after that.
    let both = registered(&[key_of(&shown), key_of(&other)]);
    stage.app.change_client("mt", &both).await;
    stage.token(Some(&shown)).await.tokens();
    stage.token(Some(&other)).await.tokens();
    stage
        .app
        .change_client("mt", &registered(&[key_of(&other)]))
        .await;
    stage.token(Some(&shown)).await.refused(401, "invalid_client");
    stage.token(Some(&other)).await.tokens();
}

/// RFC 7518 §6 · RFC 8037 §2: with or without the certificate beside the key.
#[tokio::test]
async fn every_kind_of_key_is_told_from_others() {
    let stage = Stage::new().await;
    let kinds = [
        &PKCS_ECDSA_P256_SHA256,
        &PKCS_ECDSA_P384_SHA384,
        &PKCS_ED25519,
        &PKCS_RSA_SHA256,
    ];
    let shown = kinds.map(|kind| {
        let key = KeyPair::generate_for(kind).unwrap();
        Certified::self_signed("mt", &key, |_| ())
    });
    stage.app.client("mt", registered(&[key_of(&shown[0])])).await;
    for (at, own) in shown.iter().enumerate() {
        let mut key = key_of(own);
        key.as_object_mut().unwrap().remove("x5c");
        assert!(jwks::check(&json!({ "keys": [key] })).is_ok());
        stage.app.change_client("mt", &registered(&[key])).await;
        for (other, certificate) in shown.iter().enumerate() {
            let answer = stage.token(Some(certificate)).await;
            assert_eq!(answer.status == 200, at == other, "{at} {other}: {}", answer.body);
        }
    }
}

/// An old certificate tells of a key that should have been replaced.
#[tokio::test]
async fn a_certificate_out_of_date_is_nobodys() {
    let stage = Stage::new().await;
    let key = KeyPair::generate().unwrap();
    let good = Certified::self_signed("mt", &key, |_| ());
    stage.app.client("mt", registered(&[key_of(&good)])).await;
    let expired = Certified::self_signed("mt", &key, |params| {
        params.not_after = date_time_ymd(2027, 1, 14);
    });
    let early = Certified::self_signed("mt", &key, |params| {
        params.not_before = date_time_ymd(2027, 1, 16);
    });
    for shown in [&expired, &early] {
        stage.token(Some(shown)).await.refused(401, "invalid_client");
    }
    stage.token(Some(&good)).await.tokens();
}

/// RFC 7517 §4.7, §9.2: what is registered is public, whole, and of one key.
#[test]
fn a_set_of_keys_is_looked_at_before_it_is_stored() {
    let key = KeyPair::generate().unwrap();
    let own = key_of(&Certified::self_signed("mt", &key, |_| ()));
    let other = key_of(&Certified::self_signed(
        "mt",
        &KeyPair::generate().unwrap(),
        |_| (),
    ));
    let with = |name: &str, value: Value| {
        let mut key = own.clone();
        key.as_object_mut().unwrap().insert(name.to_owned(), value);
        json!({ "keys": [key] })
    };
    assert!(jwks::check(&json!({ "keys": [own, other] })).is_ok());
    assert!(jwks::check(&with("kid", json!("1"))).is_ok());
    for refused in [
        json!({}),
        json!([]),
        json!({ "keys": [] }),
        json!({ "keys": [1] }),
        json!({ "keys": [{}] }),
        with("d", json!("AA")),
        with("kty", json!("oct")),
        with("x", json!(1)),
        with("x", json!("AA")),
        with("x5c", other["x5c"].clone()),
        with("x5c", json!([])),
        with("x5c", json!(["AA=="])),
        with("x5c", json!("AA==")),
    ] {
        assert!(jwks::check(&refused).is_err(), "{refused}");
    }
}
