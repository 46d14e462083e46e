//! How the parameters of an authorization request are read (RFC 6749 §3.1, OIDC Core §3.1.2.1).

use super::{allowed, id_token};
use crate::support::TestApp;
use axum::body::Body;
use axum::http::{Request, header};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};

/// OAuth 2.1 §3.1 · AC-004
#[tokio::test]
async fn a_repeated_parameter_is_refused_and_a_repeated_state_is_not_returned() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let before = app.holdings().await;
    for (name, value) in [
        ("state", "b"),
        ("state", "the-state"),
        ("scope", "openid"),
        ("nonce", "n"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("response_type", "code"),
    ] {
        let answer = alice
            .get(&format!("{}&{name}={value}", web.authorize_url(&[])))
            .await;
        assert_eq!(answer.status, 303, "{name}");
        answer.back_with("https://web.test/cb?", "invalid_request");
        let state = (name != "state").then_some("the-state");
        assert_eq!(answer.returned("state").as_deref(), state, "{name}");
    }
    for repeated in [
        "prompt=none&prompt=login",
        "max_age=1&max_age=2",
        "unknown=1&unknown=1",
    ] {
        let answer = alice.get(&format!("{}&{repeated}", web.authorize_url(&[]))).await;
        answer.back_with("https://web.test/cb?", "invalid_request");
    }
    assert_eq!(app.holdings().await, before);
}

/// RFC 6749 §3.1 · AC-007 · oidcc-ensure-request-with-unknown-parameter-succeeds
#[tokio::test]
async fn unknown_parameters_are_ignored_and_not_echoed() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let many: String = (0..200).map(|n| format!("&unknown{n}=marker{n}")).collect();
    for extra in ["&extra=foobar", "&extra", "&=", "&&&", &many] {
        let url = format!("{}{extra}", web.authorize_url(&[]));
        let answer = alice.get(&url).await;
        assert_eq!(answer.all_returned(), ["code", "state", "iss"], "{extra}");
        assert!(!answer.location().contains("marker") && !answer.location().contains("foobar"));

        let mut browser = app.browser();
        let login = browser.get(&url).await;
        let login = browser.follow(&login).await;
        assert!(!login.body.contains("marker") && !login.body.contains("foobar"));
    }
    let bomb: String = (0..1_001).map(|n| format!("&u{n}=")).collect();
    alice
        .get(&format!("{}{}", web.authorize_url(&[]), bomb.replace("=", "=1")))
        .await
        .error_page();
}

/// OIDC Core §3.1.2.1 · oidcc-display-page, -display-popup, -ui-locales, -claims-locales,
/// -ensure-request-with-acr-values-succeeds, -ensure-request-without-nonce-succeeds-for-code-flow
#[tokio::test]
async fn hints_that_need_not_be_followed_are_no_errors() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    for hint in [
        ("display", "page"),
        ("display", "popup"),
        ("display", "hologram"),
        ("ui_locales", "se"),
        ("ui_locales", "<svg onload=alert(1)>"),
        ("claims_locales", "se"),
        ("acr_values", "1 2"),
        ("acr_values", "urn:keywright:acr:password"),
        ("login_hint", "bob@example.test"),
    ] {
        let answer = alice.get(&web.authorize_url(&[hint])).await;
        assert_eq!(answer.all_returned(), ["code", "state", "iss"], "{hint:?}");
        let claims = id_token(&web, &answer).await;
        assert_eq!(claims.text("acr"), Some("urn:keywright:acr:password"));
    }
    let answer = alice.get(&web.authorize_url(&[("nonce", "")])).await;
    let claims = id_token(&web, &answer).await;
    assert_eq!(claims.text("nonce"), None);
}

/// oidcc-alternate-happy-flow · FAPI2-SP-ensure-other-scope-order-succeeds
#[tokio::test]
async fn the_order_of_parameters_and_scope_does_not_matter() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let url = web.authorize_url(&[("scope", "phone email profile openid")]);
    let mut pairs: Vec<&str> = url.split_once('?').unwrap().1.split('&').collect();
    pairs.reverse();
    let answer = alice.get(&format!("/authorize?{}", pairs.join("&"))).await;
    let tokens = web.redeem(&answer.returned("code").unwrap()).await.tokens();
    let mut scope: Vec<&str> = tokens.scope.split(' ').collect();
    scope.sort_unstable();
    assert_eq!(scope, ["email", "openid", "phone", "profile"]);
}

/// RFC 6749 §2.3.1 · oidcc-server-client-secret-post
#[tokio::test]
async fn a_client_that_posts_its_secret_gets_through_the_same_flow() {
    let app = TestApp::new().await;
    let posting = Metadata {
        token_endpoint_auth_method: "client_secret_post".to_owned(),
        ..profile(Profile::Web, vec!["https://post.test/cb".to_owned()])
    };
    let posting = app.client("post", posting).await;
    let mut alice = app.alice().await;
    let back = posting.authorize(&mut alice, &[]).await;
    let claims = id_token(&posting, &back).await;
    assert_eq!(
        (claims.text("aud"), claims.text("nonce")),
        (Some("post"), Some("the-nonce"))
    );
}

/// FAPI 2.0 §5.3.2.2 · AC-016
#[tokio::test]
async fn a_long_state_and_nonce_come_back_byte_for_byte() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let printable: String = (' '..='~').cycle().take(2_048).collect();
    let nonce: String = ('!'..='~').take(64).collect();
    for state in [printable.as_str(), "é✓\u{1f600}", "a\r\nSet-Cookie: x=1", "\t"] {
        let url = web.authorize_url(&[("state", state), ("nonce", &nonce)]);
        let answer = alice.get(&url).await;
        assert_eq!(answer.returned("state").as_deref(), Some(state));
        assert!(answer.location().is_ascii());
        assert!(answer.headers.get("set-cookie").is_none(), "AC-246");
        let claims = id_token(&web, &answer).await;
        assert_eq!(claims.text("nonce"), Some(nonce.as_str()));
    }
}

/// RFC 6749 appendix B · AC-246, AC-249
#[tokio::test]
async fn text_that_is_not_utf_8_or_holds_a_nul_gets_a_page() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let before = app.holdings().await;
    for broken in [
        "%ff%fe",
        "%c0%80",
        "%ed%a0%80",
        "%00",
        "a%00b",
        "%",
        "%4",
        "%zz",
        "%u0041",
    ] {
        for name in [
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "login_hint",
            "unknown",
        ] {
            let url = format!("{}&{name}={broken}", web.authorize_url(&[(name, "")]));
            let answer = alice.get(&url).await;
            assert_eq!(answer.status, 400, "{name}={broken}");
            answer.error_page();
        }
    }
    assert_eq!(app.holdings().await, before);
}

/// OIDC Core §3.1.2.1 · oidcc-ensure-post-request-succeeds
#[tokio::test]
async fn a_request_may_be_posted_as_a_form() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let url = web.authorize_url(&[]);
    let body = url.split_once('?').unwrap().1;
    let post = |fetch_site: &str| {
        Request::post("/authorize")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, "https://web.test")
            .header("sec-fetch-site", fetch_site)
            .body(Body::from(body.to_owned()))
            .unwrap()
    };
    let answer = alice.send(post("same-site")).await;
    assert_eq!(answer.all_returned(), ["code", "state", "iss"]);

    // From another site it comes without SameSite cookies; the same request by GET comes with them.
    let cookies = alice.cookies.clone();
    alice.cookies.clear();
    let again = alice.send(post("cross-site")).await;
    assert_eq!(again.location(), format!("https://id.example.test{url}"));
    assert!(again.headers.get("set-cookie").is_none());
    alice.cookies = cookies;
    let answer = alice.follow(&again).await;
    assert_eq!(answer.all_returned(), ["code", "state", "iss"]);
}

/// OIDC Core §3.1.2.1 · oidcc-login-hint
#[tokio::test]
async fn a_login_hint_stands_in_the_form_as_text() {
    let app = TestApp::new().await;
    let web = app.web().await;
    for (hint, shown) in [
        ("bob@example.test", Some("value=\"bob@example.test\"")),
        ("\"><svg onload=alert(1)>", None),
        ("{{7*7}}", Some("value=\"{{7*7}}\"")),
    ] {
        let mut browser = app.browser();
        let to_login = browser.get(&web.authorize_url(&[("login_hint", hint)])).await;
        let page = browser.follow(&to_login).await;
        assert!(!page.body.contains("<svg onload"), "{}", page.body);
        assert!(
            shown.is_none_or(|shown| page.body.contains(shown)),
            "{}",
            page.body
        );
    }
}
