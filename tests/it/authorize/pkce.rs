//! PKCE at the authorization endpoint (RFC 7636 §4.3, §4.4.1).

use super::allowed;
use crate::support::{CHALLENGE, TestApp, VERIFIER};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};

/// OAuth 2.1 §4.1.2.1 · AC-033
#[tokio::test]
async fn every_client_needs_a_challenge_unless_the_operator_says_otherwise() {
    let app = TestApp::new().await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    for client in [app.web().await, app.spa().await, app.native().await] {
        let mut alice = allowed(&app, &client).await;
        let before = app.count("grants").await;
        let answer = alice.get(&client.authorize_url(&without)).await;
        answer.back_with(client.redirect_uri(), "invalid_request");
        assert_eq!(answer.returned("state").as_deref(), Some("the-state"));
        assert_eq!(app.count("grants").await, before);
    }
    let lenient = Metadata {
        require_pkce: false,
        ..profile(Profile::Web, vec!["https://old.test/cb".to_owned()])
    };
    let lenient = app.client("old", lenient).await;
    let mut alice = app.alice().await;
    let code = lenient.code(&mut alice, &without).await;
    lenient
        .redeem_with(&code, &[("code_verifier", "")])
        .await
        .tokens();
    let public = Metadata {
        require_pkce: false,
        ..profile(Profile::Spa, vec!["https://pub.test/cb".to_owned()])
    };
    let public = app.client("pub", public).await;
    let answer = alice.get(&public.authorize_url(&without)).await;
    answer.back_with("https://pub.test/cb", "invalid_request");
}

/// RFC 7636 §4.2, §4.3 · OAuth 2.1 §4.1.1 · AC-034, AC-035: also where PKCE is optional.
#[tokio::test]
async fn a_challenge_that_is_not_s256_is_refused() {
    let app = TestApp::new().await;
    let strict = app.web().await;
    let lenient = Metadata {
        require_pkce: false,
        ..profile(Profile::Web, vec!["https://old.test/cb".to_owned()])
    };
    let lenient = app.client("old", lenient).await;
    for client in [strict, lenient] {
        let mut alice = allowed(&app, &client).await;
        let before = app.count("grants").await;
        for method in ["plain", "", "S512", "s256", "S256 ", "S256,plain", "none"] {
            let url = client.authorize_url(&[("code_challenge_method", method)]);
            let answer = alice.get(&url).await;
            assert_eq!(answer.status, 303, "{method}");
            answer.back_with(client.redirect_uri(), "invalid_request");
        }
        let (short, long) = (&CHALLENGE[..42], format!("{CHALLENGE}A"));
        let (padded, longest) = (format!("{CHALLENGE}="), "A".repeat(129));
        let odd = ["=", "+", "/", " ", ".", "~", "é", "\n"].map(|c| format!("{}{c}", &CHALLENGE[..42]));
        let shapes = [short, &long, &padded, &longest, "A"];
        for challenge in shapes.into_iter().chain(odd.iter().map(String::as_str)) {
            let url = client.authorize_url(&[("code_challenge", challenge)]);
            let answer = alice.get(&url).await;
            assert_eq!(answer.status, 303, "{challenge:?}");
            answer.back_with(client.redirect_uri(), "invalid_request");
        }
        let method_alone = alice.get(&client.authorize_url(&[("code_challenge", "")])).await;
        method_alone.back_with(client.redirect_uri(), "invalid_request");
        assert_eq!(app.count("grants").await, before);
    }
}

/// RFC 7636 §4.6 · oidcc-ensure-request-with-valid-pkce-succeeds
#[tokio::test]
async fn a_code_with_a_challenge_is_redeemed_with_its_verifier_only() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let mut alice = allowed(&app, &spa).await;
    let code = spa.code(&mut alice, &[]).await;
    for verifier in ["", CHALLENGE, &VERIFIER[..42]] {
        let answer = spa.redeem_with(&code, &[("code_verifier", verifier)]).await;
        answer.refused(400, "invalid_grant");
    }
    spa.redeem(&code).await.tokens();
}
