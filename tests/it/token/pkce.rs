//! PKCE (RFC 7636) from challenge to verifier; the challenge that is sent decides, and S256 is all there is.

use crate::support::{CHALLENGE, RelyingParty, TestApp, VERIFIER};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};

/// A confidential client that may leave PKCE out.
async fn lenient(app: &TestApp) -> RelyingParty<'_> {
    let metadata = Metadata {
        require_pkce: false,
        ..profile(Profile::Web, vec!["https://lenient.test/cb".to_owned()])
    };
    app.client("lenient", metadata).await
}

const WITHOUT: [(&str, &str); 2] = [("code_challenge", ""), ("code_challenge_method", "")];

/// OAuth 2.1 §4.1.2.1 · RFC 9700 §2.1.1 · AC-033
#[tokio::test]
async fn a_request_without_a_challenge_is_refused_unless_the_client_may_leave_it_out() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    for client in [app.web().await, app.spa().await, app.native().await] {
        for changes in [&WITHOUT[..], &WITHOUT[..1]] {
            let answer = alice.get(&client.authorize_url(changes)).await;
            answer.back_with(client.redirect_uri(), "invalid_request");
        }
    }
    let lenient = lenient(&app).await;
    let code = lenient.code(&mut alice, &WITHOUT).await;
    lenient
        .redeem_with(&code, &[("code_verifier", "")])
        .await
        .tokens();
    // The switch is for confidential clients: a public one must use PKCE whatever its record says.
    let metadata = Metadata {
        require_pkce: false,
        ..app.spa_metadata()
    };
    let public = app.client("lenient-spa", metadata).await;
    let answer = alice.get(&public.authorize_url(&WITHOUT)).await;
    answer.back_with(public.redirect_uri(), "invalid_request");
}

/// RFC 7636 §4.3 · AC-034
#[tokio::test]
async fn s256_is_the_only_method() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    for client in [app.web().await, lenient(&app).await] {
        for method in ["plain", "", "S512", "s256", "S256 ", "none"] {
            let answer = alice
                .get(&client.authorize_url(&[("code_challenge_method", method)]))
                .await;
            answer.back_with(client.redirect_uri(), "invalid_request");
        }
    }
}

/// RFC 7636 §4.2 · AC-035
#[tokio::test]
async fn a_challenge_has_43_characters_of_base64url() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let long = "a".repeat(129);
    let broken = [
        CHALLENGE[..42].to_owned(),
        format!("{CHALLENGE}A"),
        long,
        format!("{}=", &CHALLENGE[..42]),
        format!("{}+", &CHALLENGE[..42]),
        format!("{}/", &CHALLENGE[..42]),
        format!("{} ", &CHALLENGE[..42]),
        format!("{}.", &CHALLENGE[..42]),
        format!("{}é", &CHALLENGE[..41]),
        format!("{}é", &CHALLENGE[..42]),
    ];
    for challenge in broken {
        let answer = alice
            .get(&web.authorize_url(&[("code_challenge", &challenge)]))
            .await;
        answer.back_with(web.redirect_uri(), "invalid_request");
    }
}

/// RFC 7636 §4.6 · AC-036 · AC-037 · AC-040: the code stays good for who has the verifier.
#[tokio::test]
async fn only_the_verifier_of_the_challenge_redeems_the_code() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let (short, long) = (&VERIFIER[..42], "a".repeat(129));
    let (newline, space) = (format!("{VERIFIER}\n"), format!("{VERIFIER} "));
    let victim = "M25iVXpKU3puUjFaYWg3T1NDTDQtcW1ROUY5YXlwalNoc0hhakxifmZHag";
    for client in [app.web().await, app.spa().await, lenient(&app).await] {
        let code = client.code(&mut alice, &[]).await;
        for (what, verifier) in [
            ("missing", ""),
            ("of another flow", victim),
            ("the challenge itself", CHALLENGE),
            ("42 characters", short),
            ("129 characters", &long),
            ("with a newline", &newline),
            ("with a space", &space),
            ("with a forbidden character", &VERIFIER.replace('-', "+")),
        ] {
            let answer = client.redeem_with(&code, &[("code_verifier", verifier)]).await;
            assert_eq!(answer.json()["error"], "invalid_grant", "{what}");
            answer.refused(400, "invalid_grant");
        }
        client.redeem(&code).await.tokens();
    }
}

/// RFC 7636 §4.1: 43 to 128 characters of A-Z a-z 0-9 - . _ ~
#[tokio::test]
async fn verifiers_of_every_allowed_length_and_character_work() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let mut alice = app.alice().await;
    for verifier in ["~.-_".repeat(11), "Zz9~".repeat(32)] {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(digest);
        let code = spa.code(&mut alice, &[("code_challenge", &challenge)]).await;
        spa.redeem_with(&code, &[("code_verifier", &verifier)])
            .await
            .tokens();
    }
}

/// RFC 9700 §2.1.1, §4.8.2 · AC-038: an attacker who removed the challenge is noticed.
#[tokio::test]
async fn a_verifier_for_a_code_without_challenge_is_a_downgrade() {
    let app = TestApp::new().await;
    let lenient = lenient(&app).await;
    let mut alice = app.alice().await;
    let code = lenient.code(&mut alice, &WITHOUT).await;
    for verifier in [VERIFIER, "x"] {
        lenient
            .redeem_with(&code, &[("code_verifier", verifier)])
            .await
            .refused(400, "invalid_request");
    }
}
