//! Authentication methods compared: how each works, and whether the server keeps state for it.

use super::parts;
use crate::account::authenticator::Said;
use crate::account::passkey;
use crate::resource::{IssuerServer, call, example};
use crate::support::keys::{gateway, owner, with_api};
use crate::support::secure::Secure;
use crate::support::{API, TestApp, USERS, VERIFIER};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use reqwest::Client;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// "Server stores session, client gets cookie." State: the server's.
#[tokio::test]
async fn session_cookies() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    assert_eq!(app.count("sessions").await, 1);
    let cookie = alice.cookies["__Host-kw-session"].clone();
    assert!(alice.is_signed_in().await);
    // What the server forgets, the cookie cannot bring back.
    app.sign_out_alice().await;
    assert_eq!(alice.cookies["__Host-kw-session"], cookie);
    assert!(!alice.is_signed_in().await);
}

/// "Signed token with claims, client stores." No state: an API needs the issuer's public key and nothing else.
#[tokio::test]
async fn jwt_access_token() {
    let issuer = IssuerServer::new().await;
    let api = example::routes(issuer.resource(&issuer.url));
    let token = issuer.token().await;
    assert_eq!(
        issuer.app.count("sessions").await,
        0,
        "the server keeps no session"
    );
    let bearer = format!("Bearer {token}");
    assert_eq!(call(&api, "GET", "/hello", &[&bearer]).await.status, 200);
    issuer.app.app.db.close().await;
    for _ in 0..3 {
        assert_eq!(call(&api, "GET", "/hello", &[&bearer]).await.status, 200);
    }
    assert_eq!(issuer.fetched.load(Ordering::SeqCst), 1, "its keys, once");
    // Whoever changes a claim has no signature for it.
    let mut pieces: Vec<&str> = token.split('.').collect();
    let payload = pieces[1].replace('J', "K");
    pieces[1] = &payload;
    let forged = format!("Bearer {}", pieces.join("."));
    assert_eq!(call(&api, "GET", "/hello", &[&forged]).await.status, 401);
}

/// "Long-lived token per client; service-to-service, developer APIs; stateless: yes": the API keeps no state. It asks
/// about the key, or is given a signed token in exchange for it that it checks by itself.
#[tokio::test]
async fn api_keys() {
    let app = TestApp::with(with_api).await;
    app.client("svc", owner()).await;
    let (rs, gateway) = (
        app.resource_server("rs", API).await,
        app.client("gateway", gateway()).await,
    );
    let key = app.key_of_client("svc", "api:read", API).await;
    app.clock.advance(89 * 86_400);
    let told = rs.introspect(&key).await;
    assert_eq!(
        (
            told["active"].as_bool(),
            told["sub"].as_str(),
            told["scope"].as_str()
        ),
        (Some(true), Some("svc"), Some("api:read"))
    );
    let token = gateway.exchange(&key, &[]).await.tokens().access_token;
    let claims = app.claims(&token, "at+jwt");
    assert_eq!(
        (claims.text("sub"), claims.text("aud"), claims.text("scope")),
        (Some("svc"), Some(API), Some("api:read"))
    );
    app.clock.advance(86_400);
    assert_eq!(rs.introspect(&key).await["active"], false, "it ends");
}

/// "Both client and server present X.509 certs", in a real handshake. The token is of no use without the certificate.
#[tokio::test]
async fn mtls() {
    let secure = Secure::new().await;
    let metadata = Metadata {
        token_endpoint_auth_method: "tls_client_auth".to_owned(),
        tls_client_auth_subject_dn: Some("CN=web,O=Example".to_owned()),
        tls_client_certificate_bound_access_tokens: true,
        ..profile(Profile::Web, vec!["https://web.test/cb".to_owned()])
    };
    let web = secure.app.client("web", metadata).await;
    let code = web.code(&mut secure.app.alice().await, &[]).await;
    let certificate = secure.authority.certify("web", |_| ());
    let with = secure
        .client()
        .identity(certificate.identity(&[]))
        .build()
        .unwrap();
    let without = secure.client().build().unwrap();
    let redeem = async |http: &Client| {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "web"),
            ("code", &code),
            ("redirect_uri", web.redirect_uri()),
            ("code_verifier", VERIFIER),
        ];
        let request = http.post(format!("{}/token", secure.mtls_url)).form(&form);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let (status, refused) = redeem(&without).await;
    assert_eq!(
        (status.as_u16(), &refused["error"]),
        (401, &json!("invalid_client"))
    );
    let (status, tokens) = redeem(&with).await;
    assert_eq!(status, 200, "{tokens}");
    let token = tokens["access_token"].as_str().unwrap();
    let (_, claims) = parts(token);
    assert_eq!(claims["cnf"], json!({ "x5t#S256": certificate.thumbprint() }));
    for (http, expected) in [(&without, 401), (&with, 200)] {
        let request = http
            .get(format!("{}/userinfo", secure.mtls_url))
            .bearer_auth(token);
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
}

/// "Delegated auth via authorization server", for SSO and third-party sign-in.
#[tokio::test]
async fn oauth2_and_oidc() {
    let app = TestApp::new().await;
    let (shop, forum) = (app.web().await, app.spa().await);
    let mut browser = app.browser();
    let asked = browser.get(&shop.authorize_url(&[])).await;
    let page = browser.follow(&asked).await;
    let signed_in = browser.submit_login(&page, USERS[0].1, USERS[0].2).await;
    let consent = browser.follow(&signed_in).await;
    let back = browser.decide(&consent, "allow").await;
    assert!(back.location().starts_with("https://web.test/cb?"));
    let first = shop.redeem(&back.returned("code").unwrap()).await.tokens();
    // The second app asks, and nobody types a password again.
    let second = forum.tokens(&mut browser, &[]).await;
    let alice = app.user(USERS[0].1).await.id;
    for (tokens, client) in [(first, "web"), (second, "spa")] {
        let claims = app.claims(&tokens.id_token.unwrap(), "JWT");
        assert_eq!(claims.text("sub"), Some(alice.as_str()));
        assert_eq!(claims.text("aud"), Some(client));
        assert_eq!(claims.text("nonce"), Some("the-nonce"));
        let (_, access) = parts(&tokens.access_token);
        assert_eq!(access["client_id"], client);
        assert!(!tokens.access_token.contains(USERS[0].2));
    }
}

/// "Public-key cryptography, biometric": no password, and nothing on the server that could be stolen and used.
#[tokio::test]
async fn passkeys_webauthn() {
    let app = TestApp::new().await;
    let mut key = passkey::add(&mut app.alice().await, 1).await;
    let mut browser = app.browser();
    let (csrf, ceremony, options) = passkey::begin(&mut browser).await;
    assert_eq!(options["publicKey"]["rpId"], "id.example.test");
    assert_eq!(options["publicKey"]["userVerification"], "required");
    let answer = key.assertion(&Said::truth("webauthn.get", &options));
    let phished = key.assertion(&Said {
        origin: "https://id.example.test.evil.test",
        ..Said::truth("webauthn.get", &options)
    });
    let refused = passkey::post_sign_in(&mut browser, &csrf, &ceremony, &phished).await;
    assert_eq!(refused.status, 400);
    // The challenge was used up by the lie.
    let late = passkey::post_sign_in(&mut browser, &csrf, &ceremony, &answer).await;
    assert_eq!(late.status, 400);
    let (csrf, ceremony, options) = passkey::begin(&mut browser).await;
    let answer = key.assertion(&Said::truth("webauthn.get", &options));
    let done = passkey::post_sign_in(&mut browser, &csrf, &ceremony, &answer).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(browser.is_signed_in().await);
}
