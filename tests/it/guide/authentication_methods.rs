//! Authentication methods compared: how each works, and whether the server keeps state for it.

use super::parts;
use crate::account::authenticator::Said;
use crate::account::passkey;
use crate::resource::{IssuerServer, call, example};
use crate::support::{TestApp, USERS};
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
