//! Redirects to a program on the user's own device (RFC 8252 §7): any port, and nothing else.

use super::allowed;
use crate::support::TestApp;
use keywright::oauth::client::registration::{Profile, profile};

/// RFC 8252 §7.3 · AC-024
#[tokio::test]
async fn a_native_client_chooses_its_loopback_port() {
    let app = TestApp::new().await;
    let redirects = ["http://127.0.0.1/cb", "http://[::1]:3000/cb?a=1"].map(str::to_owned);
    let native = app
        .client("nat", profile(Profile::Native, redirects.to_vec()))
        .await;
    let mut alice = app.alice().await;
    for redirect_uri in [
        "http://127.0.0.1:1024/cb",
        "http://127.0.0.1:51004/cb",
        "http://127.0.0.1:65535/cb",
        "http://127.0.0.1/cb",
        "http://[::1]/cb?a=1",
        "http://[::1]:9/cb?a=1",
    ] {
        let answer = native
            .authorize(&mut alice, &[("redirect_uri", redirect_uri)])
            .await;
        assert!(
            answer.location().starts_with(redirect_uri),
            "{}",
            answer.location()
        );
        let code = answer.returned("code").unwrap();
        native
            .redeem_with(&code, &[("redirect_uri", redirect_uri)])
            .await
            .tokens();
    }
}

/// RFC 8252 §7.3 · AC-024, AC-025, AC-027
#[tokio::test]
async fn a_native_client_chooses_nothing_but_the_port() {
    let app = TestApp::new().await;
    let native = app.native().await;
    let mut alice = allowed(&app, &native).await;
    let before = app.holdings().await;
    for redirect_uri in [
        "http://127.0.0.1:1024/cb2",
        "http://127.0.0.1:1024/cb?x=1",
        "http://127.0.0.1:1024/cb#f",
        "http://127.0.0.1:1024",
        "https://127.0.0.1:1024/cb",
        "http://127.0.0.1.evil.test:80/cb",
        "http://127.0.0.1@evil.test/cb",
        "http://127.0.0.1:9@evil.test/cb",
        "http://evil@127.0.0.1:9/cb",
        "http://127.0.0.2:9/cb",
        "http://127.1:9/cb",
        "http://2130706433/cb",
        "http://0x7f000001/cb",
        "http://017700000001/cb",
        "http://0.0.0.0:9/cb",
        "http://[::ffff:127.0.0.1]:9/cb",
        "http://[::1]:9/cb",
        "http://localhost:9/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:00080/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:18446744073709551696/cb",
        "http://127.0.0.1:-1/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:80a/cb",
        "http://127.0.0.1:٨٠/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:9:9/cb",
        "com.example.app:/cb2",
        "com.example.app:/cb?x=1",
        "com.example.app://cb",
        "COM.EXAMPLE.APP:/cb",
        "com.example.app.evil:/cb",
    ] {
        let url = native.authorize_url(&[("redirect_uri", redirect_uri)]);
        let answer = alice.get(&url).await;
        assert_eq!(answer.status, 400, "{redirect_uri}");
        answer.error_page();
    }
    assert_eq!(app.holdings().await, before);
}

/// OAuth 2.1 §8.4.2 · AC-026: a port is free for native clients only.
#[tokio::test]
async fn a_web_client_on_loopback_keeps_its_port() {
    let app = TestApp::new().await;
    let redirects = vec![
        "http://127.0.0.1:5173/cb".to_owned(),
        "http://localhost:5173/cb".to_owned(),
    ];
    let spa = app.client("spa", profile(Profile::Spa, redirects)).await;
    let mut alice = allowed(&app, &spa).await;
    assert!(
        spa.authorize(&mut alice, &[])
            .await
            .location()
            .starts_with("http://127.0.0.1:5173/cb?code=")
    );
    for redirect_uri in [
        "http://127.0.0.1:5174/cb",
        "http://localhost:5174/cb",
        "http://127.0.0.1/cb",
    ] {
        let url = spa.authorize_url(&[("redirect_uri", redirect_uri)]);
        alice.get(&url).await.error_page();
    }
}
