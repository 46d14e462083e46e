//! ID tokens (OIDC Core §2).

use crate::support::{RelyingParty, TestApp};
use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright::config::Config;
use keywright::entropy::SystemEntropy;
use keywright::jose::Alg;
use keywright::keyring;
use keywright::oauth::client::Metadata;
use keywright::time::Seconds;
use serde_json::{Value, json};

fn header(token: &str) -> Value {
    let (header, _) = token.split_once('.').unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

/// The claims of the ID token of a whole flow.
async fn id_token(client: &RelyingParty<'_>, changes: &[(&str, &str)]) -> Value {
    let tokens = client.tokens(&mut client.app.alice().await, changes).await;
    let claims = client.app.claims(&tokens.id_token.unwrap(), "JWT");
    Value::Object(claims.into_members())
}

/// OIDC Core §2, §3.1.3.6 · AC-174 · protocol-checks C0, C1-1, C1-3: these claims and no other.
#[tokio::test]
async fn an_id_token_tells_of_the_sign_in_and_nothing_personal() {
    let app = TestApp::new().await;
    let web = app.web().await;
    app.clock.advance(7);
    let mut alice = app.alice().await;
    app.clock.advance(5);
    let scope = "openid profile email phone address offline_access";
    let tokens = web.tokens(&mut alice, &[("scope", scope)]).await;
    let token = tokens.id_token.unwrap();
    let kid = header(&token)["kid"].clone();
    assert_eq!(header(&token), json!({"alg": "RS256", "typ": "JWT", "kid": kid}));
    let claims = app.claims(&token, "JWT").into_members();
    let hash = digest(&SHA256, tokens.access_token.as_bytes());
    let expected = json!({
        "iss": "https://id.example.test",
        "sub": app.user("alice@example.test").await.id,
        "aud": "web",
        "azp": "web",
        "iat": 1_800_000_012,
        "exp": 1_800_003_612,
        "auth_time": 1_800_000_007,
        "nonce": "the-nonce",
        "acr": "urn:keywright:acr:password",
        "amr": ["pwd"],
        "sid": claims["sid"],
        "at_hash": URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]),
    });
    assert_eq!(Value::Object(claims), expected);
}

/// OIDC Core §3.1.2.1 · protocol-checks C1-8 · AC-016: byte for byte, or absent.
#[tokio::test]
async fn the_nonce_comes_back_as_it_was_sent() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let printable: String = (0x20_u8..0x7f).map(char::from).collect();
    for nonce in ["x", &"n".repeat(64), &printable, "\u{e9}\u{4e2d}"] {
        assert_eq!(id_token(&web, &[("nonce", nonce)]).await["nonce"], *nonce);
    }
    let without = id_token(&web, &[("nonce", "")]).await;
    assert!(without.get("nonce").is_none());
}

/// RFC 6749 §3.1.2.1 · OIDC Core §3.1.2.1: no openid, no ID token.
#[tokio::test]
async fn without_openid_there_is_no_id_token() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let tokens = web.tokens(&mut app.alice().await, &[("scope", "email")]).await;
    assert_eq!(tokens.id_token, None);
}

/// OIDC Core §5.4, §5.5: personal claims stand in the ID token if asked for by name, or if the client needs them there.
#[tokio::test]
async fn personal_claims_stand_there_only_when_asked_for() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let scope = ("scope", "openid email profile groups roles");
    let plain = id_token(&web, &[scope]).await;
    assert_eq!(
        (&plain["groups"], &plain["roles"]),
        (&json!(["staff"]), &json!(["member"]))
    );
    assert!(plain.get("email").is_none() && plain.get("name").is_none());
    let claims = r#"{"id_token":{"email":{"essential":true},"email_verified":null,"password_hash":null}}"#;
    let named = id_token(&web, &[scope, ("claims", claims)]).await;
    assert_eq!(named["email"], "alice@example.test");
    assert_eq!(named["email_verified"], true);
    assert!(named.get("password_hash").is_none());
    let metadata = Metadata {
        id_token_claims: true,
        ..web.metadata.clone()
    };
    app.change_client("web", &metadata).await;
    let all = id_token(&web, &[scope]).await;
    assert_eq!(all["email"], "alice@example.test");
    assert_eq!(all["name"], "alice Example");
    assert!(all.get("phone_number").is_none());
}

/// OIDC Core §5.5: a request by name never overwrites what this server says.
#[tokio::test]
async fn claims_asked_for_by_name_cannot_change_who_the_token_is_about() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let honest = id_token(&web, &[]).await;
    let claims = r#"{"id_token":{"iss":{"value":"https://evil.test"},"aud":{"value":"evil"},"exp":{"value":9999999999},
        "auth_time":{"value":1},"acr":{"value":"urn:evil"},"azp":null,"sid":null,"nonce":{"value":"x"}}}"#;
    let asked = id_token(&web, &[("claims", claims)]).await;
    for name in ["iss", "aud", "exp", "auth_time", "acr", "azp", "nonce"] {
        assert_eq!(asked[name], honest[name], "{name}");
    }
}

/// OIDC Core §3.1.3.6 · RFC 8037 §3.1 · OIDC Registration §2 `id_token_signed_response_alg`
#[tokio::test]
async fn each_client_gets_the_algorithm_that_it_registered() {
    let app = TestApp::new().await;
    let web = app.web().await;
    for alg in [Alg::PS256, Alg::EdDSA] {
        let (app, now) = (&app.app, app.app.clock.now());
        keyring::announce(&app.db, &app.vault, &SystemEntropy, alg, now, Seconds(0))
            .await
            .unwrap();
    }
    app.app.refresh_keys().await.unwrap();
    let mut alice = app.alice().await;
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        let metadata = Metadata {
            id_token_signed_response_alg: Some(alg.to_owned()),
            access_token_signed_response_alg: Some(alg.to_owned()),
            ..web.metadata.clone()
        };
        app.change_client("web", &metadata).await;
        let tokens = web.tokens(&mut alice, &[]).await;
        let token = tokens.id_token.unwrap();
        assert_eq!(header(&token)["alg"], alg);
        assert_eq!(header(&tokens.access_token)["alg"], alg);
        assert!(web.is_active(&tokens.access_token).await);
        let hash = digest(
            if alg == "EdDSA" { &SHA512 } else { &SHA256 },
            tokens.access_token.as_bytes(),
        );
        let half = &hash.as_ref()[..hash.as_ref().len() / 2];
        let claims = app.claims(&token, "JWT");
        assert_eq!(claims.text("at_hash").unwrap(), URL_SAFE_NO_PAD.encode(half));
    }
}

/// A client that lost its key gets an honest error, and its code is not burnt.
#[tokio::test]
async fn an_algorithm_without_a_key_spends_nothing() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    let metadata = Metadata {
        id_token_signed_response_alg: Some("EdDSA".to_owned()),
        ..web.metadata.clone()
    };
    app.change_client("web", &metadata).await;
    web.redeem(&code).await.refused(500, "server_error");
    app.change_client("web", &web.metadata).await;
    web.redeem(&code).await.tokens();
}

/// OIDC Core §2: lifetimes are the operator's.
#[tokio::test]
async fn the_lifetime_is_as_configured() {
    let app = TestApp::with(|config: &mut Config| config.tokens.id_token = Seconds(300)).await;
    let claims = id_token(&app.web().await, &[]).await;
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        300
    );
}
