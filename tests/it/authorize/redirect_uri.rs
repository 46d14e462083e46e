//! Where an authorization response may go (RFC 6749 §3.1.2, RFC 9700 §4.1.3, RFC 8252 §7).

use super::allowed;
use crate::support::TestApp;
use axum::body::Body;
use axum::http::{Request, header};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{self, Profile, profile};

/// OAuth 2.1 §4.1.2.1 · AC-001: nobody learns which clients exist.
#[tokio::test]
async fn an_unknown_client_and_an_unregistered_redirect_get_the_same_page() {
    let app = TestApp::new().await;
    let (web, spa) = (app.web().await, app.spa().await);
    app.disable_client("spa").await;
    let mut alice = allowed(&app, &web).await;
    let mut pages = Vec::new();
    for url in [
        web.authorize_url(&[("client_id", "does-not-exist")]),
        web.authorize_url(&[("redirect_uri", "https://evil.test/cb")]),
        spa.authorize_url(&[]),
    ] {
        let answer = alice.get(&url).await;
        answer.error_page();
        let request_id = answer.header("x-request-id").to_owned();
        pages.push(answer.body.replace(&request_id, ""));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2], "a disabled client");
}

/// OAuth 2.1 §3.1 · AC-002: empty is absent.
#[tokio::test]
async fn a_request_without_a_client_gets_a_page() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let without = web.authorize_url(&[("client_id", "")]);
    app.get(&without).await.error_page();
    let empty = app.get(&format!("{without}&client_id=")).await;
    empty.error_page();
    assert!(empty.body.contains("<code>client_id</code>"), "{}", empty.body);
    app.get("/authorize").await.error_page();
}

/// RFC 9700 §4.1.3 · AC-017 to AC-022, AC-026 · oidcc-ensure-registered-redirect-uri
#[tokio::test]
async fn an_address_that_is_not_byte_for_byte_the_registered_one_gets_a_page() {
    let app = TestApp::new().await;
    let (web, _) = (app.web().await, app.spa().await);
    let mut alice = allowed(&app, &web).await;
    let before = app.holdings().await;
    let long = format!("https://web.test/cb{}", "a".repeat(4_000));
    for redirect_uri in [
        // Not normalized, not extended: AC-017
        "https://web.test/cb/",
        "https://web.test/",
        "https://web.test",
        "https://web.test/c",
        "https://web.test/cb/random",
        "https://web.test/cb?x=1",
        "https://web.test/cb?",
        "https://web.test/cb#",
        "https://web.test/cb#frag",
        "https://web.test/cb#_=_",
        "https://web.test/CB",
        "https://WEB.test/cb",
        "HTTPS://web.test/cb",
        "http://web.test/cb",
        "https://web.test:443/cb",
        // User information: AC-018
        "https://web.test@evil.test/cb",
        "https://web.test:443@evil.test/cb",
        "https://a@b@web.test/cb",
        "https://user@web.test/cb",
        "https://web.test\\@evil.test/cb",
        "https://evil.test\\@web.test/cb",
        "https://evil.test#@web.test/cb",
        // Paths: AC-019
        "https://web.test/cb/../evil",
        "https://web.test/x/../cb",
        "https://web.test/cb/..;/evil",
        "https://web.test/cb/%2e%2e/evil",
        "https://web.test/cb%2f..%2fevil",
        "https://web.test//cb",
        "https://web.test/%63b",
        "//web.test/cb",
        "https:/web.test/cb",
        "https:web.test/cb",
        "/cb",
        "cb",
        // Hosts: AC-020
        "https://web.test.evil.test/cb",
        "https://evilweb.test/cb",
        "https://webxtest/cb",
        "https://web.test./cb",
        "https://sub.web.test/cb",
        "https://*.test/cb",
        // Controls and spaces: AC-021
        "https://web.test/cb\r\nSet-Cookie: x=1",
        "https://web.test/cb\t",
        "https://web.test/cb\n",
        "https://web.test/cb\0",
        " https://web.test/cb",
        "https://web.test/cb ",
        "https://web.test/cb%20",
        "https://web.test/cb\u{200b}",
        // Schemes: AC-022
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://web.test/cb",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "blob:https://web.test/cb",
        "about:blank",
        "com.example.app:/cb",
        // Ports are free for native clients only: AC-026
        "https://web.test:8443/cb",
        "http://127.0.0.1/cb",
        "http://localhost/cb",
        // Of another client: AC-031
        "https://spa.test/cb",
        &long,
    ] {
        for prompt in ["", "none"] {
            let url = web.authorize_url(&[("redirect_uri", redirect_uri), ("prompt", prompt)]);
            let answer = alice.get(&url).await;
            assert_eq!(answer.status, 400, "{redirect_uri}");
            answer.error_page();
            assert!(answer.headers.get("set-cookie").is_none(), "{redirect_uri}");
            assert!(
                !answer.body.contains("evil") && !answer.body.contains("alert(1)"),
                "{redirect_uri}"
            );
        }
    }
    assert_eq!(app.holdings().await, before);
}

/// OAuth 2.1 §2.3.2 · OIDC Core §3.1.2.1 · AC-028
#[tokio::test]
async fn a_redirect_uri_may_be_left_out_only_if_there_is_one_and_openid_is_not_asked_for() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let two = vec!["https://two.test/a".to_owned(), "https://two.test/b".to_owned()];
    let two = app.client("two", profile(Profile::Web, two)).await;
    let mut alice = allowed(&app, &web).await;

    let left_out = [("redirect_uri", ""), ("scope", "email")];
    let answer = alice.get(&web.authorize_url(&left_out)).await;
    assert!(
        answer.location().starts_with("https://web.test/cb?code="),
        "{}",
        answer.location()
    );
    let with_openid = [("redirect_uri", ""), ("scope", "email openid")];
    alice.get(&web.authorize_url(&with_openid)).await.error_page();
    alice.get(&two.authorize_url(&left_out)).await.error_page();
}

/// OAuth 2.1 §2.3 · AC-029
#[tokio::test]
async fn a_query_of_the_registered_address_is_kept_and_added_to() {
    let app = TestApp::new().await;
    let redirects = vec!["https://web.test/cb?a=1".to_owned()];
    let web = app.client("web", profile(Profile::Web, redirects)).await;
    let mut alice = app.alice().await;
    let answer = web.authorize(&mut alice, &[]).await;
    assert!(
        answer.location().starts_with("https://web.test/cb?a=1&code="),
        "{}",
        answer.location()
    );
    let refused = web.authorize(&mut alice, &[("response_type", "token")]).await;
    assert!(
        refused.location().starts_with("https://web.test/cb?a=1&error="),
        "{}",
        refused.location()
    );
    for redirect_uri in [
        "https://web.test/cb",
        "https://web.test/cb?a=1&code=fake",
        "https://web.test/cb?a=2",
    ] {
        let url = web.authorize_url(&[("redirect_uri", redirect_uri)]);
        alice.get(&url).await.error_page();
    }
}

/// OAuth 2.1 §3.1 · AC-005
#[tokio::test]
async fn a_repeated_client_or_redirect_gets_a_page_and_goes_to_neither() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let valid = web.authorize_url(&[]);
    let (good, evil) = (
        "redirect_uri=https%3A%2F%2Fweb.test%2Fcb",
        "redirect_uri=https%3A%2F%2Fevil.test%2Fcb",
    );
    for url in [
        format!("{valid}&{evil}"),
        format!("{valid}&{good}"),
        valid.replace(good, &format!("{evil}&{good}")),
        format!("{valid}&client_id=web"),
        format!("{valid}&client_id=evil"),
        valid.replace("client_id=web", "client_id=evil&client_id=web"),
    ] {
        alice.get(&url).await.error_page();
    }
}

/// RFC 6749 §3.1 · AC-006: query and body are never merged.
#[tokio::test]
async fn a_form_with_parameters_in_the_address_gets_a_page() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let body = web.authorize_url(&[]).split_once('?').unwrap().1.to_owned();
    for query in [
        "redirect_uri=https%3A%2F%2Fevil.test%2Fcb",
        "redirect_uri=https%3A%2F%2Fweb.test%2Fcb",
        "x=1",
    ] {
        let request = Request::post(format!("/authorize?{query}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.clone()))
            .unwrap();
        alice.send(request).await.error_page();
    }
}

/// ASVS 15.4.2 · AC-032: the address is verified again at the moment of the redirect.
#[tokio::test]
async fn an_address_that_is_unregistered_while_a_page_is_open_is_not_redirected_to() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let elsewhere = Metadata {
        redirect_uris: vec!["https://web.test/new".to_owned()],
        ..web.metadata.clone()
    };

    let mut browser = app.browser();
    let login = browser.get(&web.authorize_url(&[])).await;
    let login = browser.follow(&login).await;
    let mut alice = app.alice().await;
    let consent = alice.get(&web.authorize_url(&[])).await;
    let consent = alice.follow(&consent).await;
    app.change_client("web", &elsewhere).await;

    browser
        .submit_login(&login, "alice@example.test", "correct horse battery")
        .await
        .error_page();
    alice.decide(&consent, "allow").await.error_page();
    alice.decide(&consent, "deny").await.error_page();
    assert_eq!(app.count("grants").await, 0);
}

/// OAuth 2.1 §2.3.1 · RFC 9700 §2.6 · AC-022, AC-023
#[test]
fn an_address_that_could_be_mistaken_cannot_be_registered() {
    let long = format!("https://web.test/{}", "a".repeat(2_048));
    for uri in [
        "https://web.test/cb#frag",
        "https://*.test/cb",
        "https://web.test/*",
        "/cb",
        "",
        "http://web.test/cb",
        "https://user@web.test/cb",
        "https://user:pass@web.test/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "blob:https://web.test/x",
        "myapp:/cb",
        &long,
    ] {
        for kind in [Profile::Web, Profile::Spa, Profile::Native] {
            let redirect = profile(kind, vec![uri.to_owned()]);
            let after_sign_out = Metadata {
                post_logout_redirect_uris: vec![uri.to_owned()],
                ..profile(kind, vec!["https://web.test/cb".to_owned()])
            };
            for (metadata, field) in [
                (redirect, "redirect_uris"),
                (after_sign_out, "post_logout_redirect_uris"),
            ] {
                let problems = registration::check("web", &metadata, &[]).unwrap_err();
                assert!(
                    problems.iter().any(|problem| problem.field == field),
                    "{uri} {problems:?}"
                );
            }
        }
    }
}
