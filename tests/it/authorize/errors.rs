//! Errors that go back to the client (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6, RFC 9207).

use super::allowed;
use crate::support::{Answer, TestApp};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};

/// An error response: exactly these parameters, the state byte for byte, the issuer of discovery, nothing of the request.
#[track_caller]
fn is_clean(answer: &Answer, issuer: &str, what: &str) {
    let (_, query) = answer.location().split_once('?').unwrap();
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["error", "error_description", "state", "iss"], "{what}");
    assert_eq!(
        (pairs[2].1.as_str(), pairs[3].1.as_str()),
        ("the-state", issuer),
        "{what}"
    );
    assert!(!answer.location().contains("marker"), "{}", answer.location());
    // RFC 6749 §4.1.2.1 · AC-245
    let allowed = |c: char| matches!(c, '\u{20}'..='\u{21}' | '\u{23}'..='\u{5b}' | '\u{5d}'..='\u{7e}');
    assert!(pairs[1].1.chars().all(allowed), "{}", pairs[1].1);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
}

/// RFC 6749 §4.1.2.1 · RFC 9207 · AC-003, AC-012, AC-014, AC-054, AC-245 · oidcc-response-type-missing,
/// oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported
#[tokio::test]
async fn a_request_that_cannot_be_done_goes_back_with_state_and_issuer_and_without_a_code() {
    let app = TestApp::new().await;
    let discovery = app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(
        discovery["authorization_response_iss_parameter_supported"],
        serde_json::json!(true)
    );
    let issuer = discovery["issuer"].as_str().unwrap();
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let before = app.holdings().await;
    let request = "eyJhbGciOiJub25lIn0.eyJtYXJrZXIiOiJtYXJrZXIifQ.";
    let long_scope = format!("openid {}", "marker ".repeat(800));
    let long_nonce = "n".repeat(513);
    for (changes, error) in [
        (("response_type", ""), "invalid_request"),
        (("response_type", "marker"), "unsupported_response_type"),
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", "id_token"), "unsupported_response_type"),
        (("response_type", "code token"), "unsupported_response_type"),
        (("response_type", "code id_token"), "unsupported_response_type"),
        (("response_type", "code code"), "unsupported_response_type"),
        (("response_type", "CODE"), "unsupported_response_type"),
        (("response_type", "none"), "unsupported_response_type"),
        (("response_type", "password"), "unsupported_response_type"),
        (("scope", "openid marker"), "invalid_scope"),
        (("scope", "openid \"marker\""), "invalid_scope"),
        (("scope", "openid\tmarker"), "invalid_scope"),
        (("scope", "openid é"), "invalid_scope"),
        (("scope", "openid \\"), "invalid_scope"),
        (("scope", &long_scope), "invalid_scope"),
        (("resource", "https://marker.test/"), "invalid_target"),
        (("request", request), "request_not_supported"),
        (
            ("request_uri", "https://canary.test/marker"),
            "request_uri_not_supported",
        ),
        (
            ("request_uri", "urn:ietf:params:oauth:request_uri:marker"),
            "request_uri_not_supported",
        ),
        (("registration", "{\"marker\":1}"), "registration_not_supported"),
        (("nonce", &long_nonce), "invalid_request"),
        (("prompt", "marker"), "invalid_request"),
        (("max_age", "marker"), "invalid_request"),
        (("id_token_hint", "marker"), "invalid_request"),
        (("claims", "marker"), "invalid_request"),
        (("response_mode", "marker"), "invalid_request"),
        (("code_challenge_method", "marker"), "invalid_request"),
    ] {
        for browser in [&mut alice, &mut app.browser()] {
            let answer = browser.get(&web.authorize_url(&[changes])).await;
            assert_eq!(answer.status, 303, "{changes:?}");
            assert_eq!(answer.returned("error").as_deref(), Some(error), "{changes:?}");
            answer.back_with("https://web.test/cb?", error);
            is_clean(&answer, issuer, changes.0);
        }
    }
    assert_eq!(app.holdings().await, before);
    let success = alice.get(&web.authorize_url(&[])).await;
    assert_eq!(success.returned("iss").as_deref(), Some(issuer));
}

/// RFC 6749 §4.1.2.1 · AC-012
#[tokio::test]
async fn a_client_without_the_code_grant_is_refused() {
    let app = TestApp::new().await;
    let service = Metadata {
        redirect_uris: vec!["https://svc.test/cb".to_owned()],
        scope: "openid".to_owned(),
        ..profile(Profile::Service, Vec::new())
    };
    let service = app.client("svc", service).await;
    let mut alice = app.alice().await;
    let answer = alice.get(&service.authorize_url(&[("scope", "openid")])).await;
    answer.back_with("https://svc.test/cb?", "unauthorized_client");
    is_clean(&answer, "https://id.example.test", "unauthorized_client");
}

/// OIDC Core §6.1 · oidcc-ensure-request-object-with-redirect-uri: a request object mends no bad address outside it.
#[tokio::test]
async fn a_request_object_does_not_stand_in_for_the_redirect_uri() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    // {"alg":"none"}.{"redirect_uri":"https://web.test/cb"}.
    let request = "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL3dlYi50ZXN0L2NiIn0.";
    for redirect_uri in ["https://evil.test/cb", ""] {
        let url = web.authorize_url(&[("redirect_uri", redirect_uri), ("request", request)]);
        alice.get(&url).await.error_page();
    }
}

/// RFC 6749 §4.1.2: a state that was not sent is not returned.
#[tokio::test]
async fn nothing_is_returned_for_a_state_that_was_not_sent() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let good = alice.get(&web.authorize_url(&[("state", "")])).await;
    assert_eq!(good.all_returned(), ["code", "iss"]);
    let bad = alice
        .get(&web.authorize_url(&[("state", ""), ("scope", "admin")]))
        .await;
    assert_eq!(bad.all_returned(), ["error", "iss"]);
}

/// RFC 8707 §2: a resource of the client's own goes through.
#[tokio::test]
async fn a_registered_resource_is_accepted_and_may_be_repeated() {
    let app = TestApp::new().await;
    let metadata = Metadata {
        resources: vec!["https://api.test/a".to_owned(), "https://api.test/b".to_owned()],
        ..profile(Profile::Web, vec!["https://web.test/cb".to_owned()])
    };
    let web = app.client("web", metadata).await;
    let mut alice = allowed(&app, &web).await;
    let url = web.authorize_url(&[("resource", "https://api.test/a")]);
    let both = format!("{url}&resource=https%3A%2F%2Fapi.test%2Fb");
    assert!(alice.get(&both).await.returned("code").is_some());
    let foreign = format!("{url}&resource=https%3A%2F%2Fother.test%2F");
    alice
        .get(&foreign)
        .await
        .back_with("https://web.test/cb?", "invalid_target");
}

/// design.md §5: a database that is gone is neither a refusal nor a sign-out.
#[tokio::test]
async fn a_database_that_is_gone_is_said_to_be_gone() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    app.app.db.close().await;
    for url in [
        web.authorize_url(&[]),
        web.authorize_url(&[("prompt", "none")]),
        "/login".to_owned(),
        "/".to_owned(),
    ] {
        let answer = alice.get(&url).await;
        assert_eq!(answer.status, 503, "{url}");
        assert_eq!(answer.header("retry-after"), "2");
        assert!(answer.headers.get("location").is_none() && answer.headers.get("set-cookie").is_none());
        assert!(
            answer.body.contains("<code>temporarily_unavailable</code>"),
            "{}",
            answer.body
        );
        let lower = answer.body.to_lowercase();
        assert!(
            !lower.contains("sql") && !lower.contains("pool"),
            "{}",
            answer.body
        );
    }
}
