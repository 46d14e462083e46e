//! `prompt`, `max_age` and `id_token_hint` (OIDC Core §3.1.2.1): when the user is asked, and when nobody is.

use super::{allowed, id_token};
use crate::support::{Browser, TestApp};
use keywright::entropy::SystemEntropy;
use keywright::jose::generate::generate;
use keywright::jose::{Alg, SigningKey};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use serde_json::json;

const ALICE: (&str, &str) = ("alice@example.test", "correct horse battery");
const BOB: (&str, &str) = ("bob@example.test", "staple mountain river");

/// OIDC Core §3.1.2.6 · AC-008 · oidcc-prompt-none-not-logged-in
#[tokio::test]
async fn with_prompt_none_the_first_thing_to_ask_is_the_error() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let before = app.holdings().await;
    let state = "s".repeat(128);
    let none = [("prompt", "none"), ("state", state.as_str())];
    for (browser, error) in [
        (&mut app.browser(), "login_required"),
        (&mut alice, "consent_required"),
    ] {
        let answer = browser.get(&web.authorize_url(&none)).await;
        answer.back_with("https://web.test/cb?", error);
        assert_eq!(answer.returned("state"), Some(state.clone()));
        assert_eq!(answer.body, "");
    }
    for contradiction in ["none login", "login none", "none consent", "none select_account"] {
        let url = web.authorize_url(&[("prompt", contradiction)]);
        let answer = alice.get(&url).await;
        answer.back_with("https://web.test/cb?", "invalid_request");
    }
    for unknown in ["create", "None", "login,consent"] {
        let answer = alice.get(&web.authorize_url(&[("prompt", unknown)])).await;
        answer.back_with("https://web.test/cb?", "invalid_request");
    }
    assert_eq!(app.holdings().await, before);
    assert_eq!(app.count("interactions").await, 0);
}

/// OIDC Core §3.1.2.1 · oidcc-prompt-none-logged-in
#[tokio::test]
async fn with_prompt_none_a_live_session_and_consent_are_enough() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let first = id_token(&web, &web.authorize(&mut alice, &[]).await).await;
    app.clock.advance(100);
    let silent = alice.get(&web.authorize_url(&[("prompt", "none")])).await;
    let second = id_token(&web, &silent).await;
    assert_eq!(second.text("sub"), first.text("sub"));
    assert_eq!(second.time("auth_time"), first.time("auth_time"));
}

/// OIDC Core §3.1.2.1 · AC-009 · oidcc-prompt-login
#[tokio::test]
async fn prompt_login_and_select_account_ask_for_the_password_again() {
    let app = TestApp::new().await;
    let web = app.web().await;
    for prompt in ["login", "select_account", "login consent"] {
        let mut alice = allowed(&app, &web).await;
        let before = app.now();
        let old = alice.cookies.clone();
        app.clock.advance(10);
        let url = web.authorize_url(&[("prompt", prompt)]);
        let to_login = alice.get(&url).await;
        let page = alice.follow(&to_login).await;
        assert!(page.body.contains("id=\"login-form\""), "{}", page.body);
        // Coming back without a password changes nothing.
        assert!(alice.follow(&to_login).await.body.contains("id=\"login-form\""));
        let wrong = alice.submit_login(&page, ALICE.0, "not the password").await;
        assert_eq!(wrong.status, 400);

        let mut answer = alice.submit_login(&page, ALICE.0, ALICE.1).await;
        if answer.location().contains("/consent?") {
            assert_eq!(prompt, "login consent");
            let page = alice.follow(&answer).await;
            answer = alice.decide(&page, "allow").await;
        }
        let claims = id_token(&web, &answer).await;
        assert!(claims.time("auth_time").unwrap().unwrap() > before, "{prompt}");
        assert_ne!(alice.cookies, old, "a new session cookie");
        let mut thief = Browser {
            app: &app,
            cookies: old,
        };
        let answer = thief.get(&web.authorize_url(&[("prompt", "none")])).await;
        answer.back_with("https://web.test/cb?", "login_required");
    }
}

/// OIDC Core §3.1.2.1 `select_account`
#[tokio::test]
async fn prompt_select_account_lets_the_user_choose_another_account() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut browser = allowed(&app, &web).await;
    let to_login = browser
        .get(&web.authorize_url(&[("prompt", "select_account")]))
        .await;
    let page = browser.follow(&to_login).await;
    assert!(
        !page.body.contains("readonly") && !page.body.contains("alice"),
        "{}",
        page.body
    );
    let to_consent = browser.submit_login(&page, BOB.0, BOB.1).await;
    let page = browser.follow(&to_consent).await;
    let back = browser.decide(&page, "allow").await;
    let sub = app.user(BOB.0).await.id;
    assert_eq!(id_token(&web, &back).await.text("sub"), Some(sub.as_str()));
}

/// OIDC Core §3.1.2.1: consent is asked for again, and a no is a no.
#[tokio::test]
async fn prompt_consent_asks_again() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let to_consent = alice.get(&web.authorize_url(&[("prompt", "consent")])).await;
    assert!(
        to_consent.location().contains("/consent?flow="),
        "{}",
        to_consent.location()
    );
    let page = alice.follow(&to_consent).await;
    let denied = alice.decide(&page, "deny").await;
    denied.back_with("https://web.test/cb?", "access_denied");
}

/// OIDC Core §3.1.2.1 · AC-010 · oidcc-max-age-1, oidcc-max-age-10000
#[tokio::test]
async fn max_age_limits_the_age_of_the_sign_in() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let first = app.now();
    // 0 means now, even in the second of the sign-in.
    for (age, max_age, asked) in [(0, "0", true), (2, "1", true), (2, "2", false)] {
        app.clock.advance(age);
        let silent = web.authorize_url(&[("max_age", max_age), ("prompt", "none")]);
        let answer = alice.get(&silent).await;
        assert_eq!(
            answer.returned("error").as_deref(),
            asked.then_some("login_required"),
            "{max_age}"
        );
        app.clock.advance(-age);
    }
    app.clock.advance(2);
    for max_age in ["10000", "15000", "9223372036854775807"] {
        let answer = alice.get(&web.authorize_url(&[("max_age", max_age)])).await;
        let claims = id_token(&web, &answer).await;
        assert_eq!(claims.time("auth_time"), Ok(Some(first)), "{max_age}");
    }
    for max_age in ["1", "0"] {
        let to_login = alice.get(&web.authorize_url(&[("max_age", max_age)])).await;
        let page = alice.follow(&to_login).await;
        let back = alice.submit_login(&page, ALICE.0, ALICE.1).await;
        let claims = id_token(&web, &back).await;
        assert_eq!(claims.time("auth_time"), Ok(Some(app.now())), "{max_age}");
        app.clock.advance(2);
    }
}

/// OIDC Core §3.1.2.1 · AC-010, AC-253
#[tokio::test]
async fn a_max_age_that_is_no_number_of_seconds_is_refused() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    for max_age in [
        "-1",
        "abc",
        "1.5",
        "+1",
        "1e3",
        " 1",
        "0x10",
        "١",
        "9223372036854775808",
        "18446744073709551616",
        "99999999999999999999",
    ] {
        let answer = alice.get(&web.authorize_url(&[("max_age", max_age)])).await;
        assert_eq!(answer.status, 303, "{max_age}");
        answer.back_with("https://web.test/cb?", "invalid_request");
    }
}

/// OIDC Registration §2 `default_max_age`: the request's own value wins.
#[tokio::test]
async fn the_default_max_age_of_a_client_applies_where_the_request_has_none() {
    let app = TestApp::new().await;
    let strict = Metadata {
        default_max_age: Some(60),
        ..profile(Profile::Web, vec!["https://strict.test/cb".to_owned()])
    };
    let strict = app.client("strict", strict).await;
    let mut alice = allowed(&app, &strict).await;
    app.clock.advance(61);
    let answer = alice.get(&strict.authorize_url(&[("prompt", "none")])).await;
    answer.back_with("https://strict.test/cb?", "login_required");
    let answer = alice
        .get(&strict.authorize_url(&[("prompt", "none"), ("max_age", "61")]))
        .await;
    assert!(answer.returned("code").is_some());
}

/// OIDC Core §3.1.2.1, §3.1.2.2 · AC-011 · oidcc-id-token-hint
#[tokio::test]
async fn a_hint_names_the_user_that_the_client_expects() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut bob = app.bob().await;
    let of_bob = web.tokens(&mut bob, &[]).await.id_token.unwrap();
    let mut alice = app.alice().await;
    let of_alice = web.tokens(&mut alice, &[]).await.id_token.unwrap();
    app.clock.advance(7_200); // both ID tokens have expired
    let hint = |hint: &str| web.authorize_url(&[("prompt", "none"), ("id_token_hint", hint)]);

    let silent = alice.get(&hint(&of_alice)).await;
    let sub = app.user(ALICE.0).await.id;
    assert_eq!(id_token(&web, &silent).await.text("sub"), Some(sub.as_str()));
    let other = alice.get(&hint(&of_bob)).await;
    other.back_with("https://web.test/cb?", "login_required");

    // Without `prompt=none` bob is asked for, and alice cannot answer in his place.
    let to_login = alice.get(&web.authorize_url(&[("id_token_hint", &of_bob)])).await;
    let page = alice.follow(&to_login).await;
    assert!(
        !page.body.contains("readonly"),
        "another account must be possible: {}",
        page.body
    );
    let again = alice.submit_login(&page, ALICE.0, ALICE.1).await;
    again.back_with("https://web.test/cb?", "login_required");
    let to_login = alice.get(&web.authorize_url(&[("id_token_hint", &of_bob)])).await;
    let page = alice.follow(&to_login).await;
    let back = alice.submit_login(&page, BOB.0, BOB.1).await;
    let sub = app.user(BOB.0).await.id;
    assert_eq!(id_token(&web, &back).await.text("sub"), Some(sub.as_str()));
}

/// OIDC Core §3.1.2.2 · AC-011: only an ID token of this server is a hint.
#[tokio::test]
async fn a_hint_that_this_server_did_not_sign_is_refused() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let tokens = web.tokens(&mut alice, &[]).await;
    let genuine = tokens.id_token.unwrap();
    let (head, signature) = genuine.rsplit_once('.').unwrap();
    let (_, payload) = head.split_once('.').unwrap();
    let claims = json!({ "iss": "https://id.example.test", "sub": app.user(ALICE.0).await.id, "aud": "web" });
    let stranger = SigningKey::load(Alg::ES256, &generate(Alg::ES256, &SystemEntropy).unwrap()).unwrap();
    let keys = app.app.keyring.set();
    let elsewhere = json!({ "iss": "https://other.test", "sub": "x", "aud": "web" });
    for (what, hint) in [
        ("another key", stranger.sign("JWT", &claims).unwrap()),
        ("alg none", format!("eyJhbGciOiJub25lIn0.{payload}.")),
        ("no signature", format!("{head}.")),
        (
            "changed signature",
            format!("{head}.{}", signature.chars().rev().collect::<String>()),
        ),
        ("another issuer", keys.sign("RS256", "JWT", &elsewhere).unwrap()),
        (
            "a logout token",
            keys.sign("RS256", "logout+jwt", &claims).unwrap(),
        ),
        ("an access token", tokens.access_token),
        ("not a token", "hint".to_owned()),
    ] {
        for prompt in ["", "none"] {
            let changes = [("id_token_hint", hint.as_str()), ("prompt", prompt)];
            let answer = alice.get(&web.authorize_url(&changes)).await;
            assert_eq!(
                answer.returned("error").as_deref(),
                Some("invalid_request"),
                "{what}"
            );
        }
    }
}
