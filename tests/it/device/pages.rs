//! What the person sees: `/device` (RFC 8628 §3.3).

use super::{approve, begin, decide, poll, type_code};
use crate::support::{Answer, Browser, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::config::{Cidr, Config, StoreUrl};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};

/// RFC 8628 §6.1 · AC-142
#[tokio::test]
async fn a_code_may_be_typed_in_any_way() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let mut alice = app.alice().await;
    let codes = begin(&device, &[]).await;
    let plain = codes.user.replace('-', "");
    for typed in [
        codes.user.clone(),
        plain.to_lowercase(),
        format!("  {} ", codes.user),
        format!("{} {}", &plain[..4], &plain[4..]),
        plain.chars().flat_map(|c| [c, '-']).collect(),
        format!("{}\u{2013}{}", &plain[..4], &plain[4..]),
    ] {
        let page = type_code(&mut alice, &typed).await;
        assert_eq!(page.status, 200, "{typed}");
        assert!(page.body.contains(&codes.user), "{typed}: {}", page.body);
    }
}

/// RFC 8628 §5.1 · AC-142, AC-144: guessing teaches nothing.
#[tokio::test]
async fn wrong_expired_and_used_codes_look_the_same() {
    let app = TestApp::new().await;
    let (device, other) = (
        app.device().await,
        app.client("tv", profile(Profile::Device, Vec::new())).await,
    );
    let mut alice = app.alice().await;
    let expired = begin(&device, &[]).await;
    app.clock.advance(600);
    let (used, denied, disabled) = (
        begin(&device, &[]).await,
        begin(&device, &[]).await,
        begin(&other, &[]).await,
    );
    approve(&mut alice, &used).await;
    poll(&device, &used).await.tokens();
    let page = type_code(&mut alice, &denied.user).await;
    decide(&mut alice, &page, "deny").await;
    app.disable_client("tv").await;
    let mut pages = Vec::new();
    for code in [
        "ZZZZ-XXXX",
        &expired.user,
        &used.user,
        &denied.user,
        &disabled.user,
    ] {
        let page = type_code(&mut alice, code).await;
        assert_eq!(page.status, 400, "{code}");
        assert!(page.body.contains("That code is wrong or has expired."));
        pages.push(page.body.replace(code, ""));
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
    let empty = type_code(&mut alice, "  ").await;
    assert!(empty.status == 400 && empty.body.contains("Enter the code that your device shows."));
}

/// RFC 8628 §3.3.1, §5.4 · AC-143
#[tokio::test]
async fn a_link_with_the_code_fills_it_in_and_approves_nothing() {
    let app = TestApp::new().await;
    let metadata = Metadata {
        client_name: Some("Living <i>room".to_owned()),
        ..profile(Profile::Device, Vec::new())
    };
    app.client("dev", metadata).await;
    let request = Request::post("/device_authorization")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::USER_AGENT, "TV \"><svg onload=alert(1)>")
        .body(Body::from("client_id=dev&scope=openid+roles+offline_access"))
        .unwrap();
    let json = app.send(request).await.json();
    let complete = json["verification_uri_complete"].as_str().unwrap();
    let path = complete.strip_prefix("https://id.example.test").unwrap();
    let user_code = json["user_code"].as_str().unwrap();
    let mut alice = app.alice().await;
    let form = alice.get(path).await;
    assert!(
        form.body.contains("id=\"device-form\"") && form.body.contains(&format!("value=\"{user_code}\"")),
        "{}",
        form.body
    );
    let page = type_code(&mut alice, user_code).await;
    for part in [
        user_code,
        "Living &#60;i&#62;room",
        "alice@example.test",
        "127.0.0.1",
        "TV &#34;&#62;&#60;svg onload",
        "Know who you are",
        "See your roles",
        "Keep access when you are not using it",
        "Nobody from support will ever ask you to enter a code.",
        "id=\"device-allow\"",
        "id=\"device-deny\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("<svg onload") && !page.body.contains("<i>"));
    assert!(
        page.header("content-security-policy")
            .contains("form-action 'self'")
    );
    assert_eq!(app.count("device_codes WHERE decision IS NULL").await, 1);

    // Allowing without the confirmation is asked again.
    let (csrf, handle) = (page.hidden("csrf").unwrap(), page.hidden("handle").unwrap());
    let unconfirmed = [
        ("csrf", csrf.as_str()),
        ("handle", &handle),
        ("decision", "allow"),
    ];
    let again = alice.post("/device/confirm", &unconfirmed).await;
    assert_eq!(again.status, 400);
    assert!(again.body.contains("Confirm that this is your device."));
    assert_eq!(app.count("device_codes WHERE decision IS NULL").await, 1);
    let done = decide(&mut alice, &again, "allow").await;
    assert!(done.body.contains("Device connected"), "{}", done.body);
}

/// RFC 8628 §3.3: a code that was typed survives the sign-in.
#[tokio::test]
async fn a_person_signs_in_first_and_does_not_type_twice() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let codes = begin(&device, &[]).await;
    let mut browser = app.browser();
    let to_login = type_code(&mut browser, &codes.user.to_lowercase()).await;
    let login = browser.follow(&to_login).await;
    let to_device = browser
        .submit_login(&login, "alice@example.test", "correct horse battery")
        .await;
    let form = browser.follow(&to_device).await;
    assert!(
        form.body.contains(&format!("value=\"{}\"", codes.user)),
        "{}",
        form.body
    );
    // The sign-in alone decides nothing.
    poll(&device, &codes).await.refused(400, "authorization_pending");
    approve(&mut browser, &codes).await;
    poll(&device, &codes).await.tokens();
}

/// AC-144: one decision, and it stands.
#[tokio::test]
async fn a_decision_is_taken_once() {
    // Attempts pass by the clock of the test, not by that of a store.
    let app = TestApp::with(|config| config.stores.url = StoreUrl::Database).await;
    let device = app.device().await;
    let (mut alice, mut bob) = (app.alice().await, app.bob().await);
    for (first, second) in [
        ("allow", "allow"),
        ("allow", "deny"),
        ("deny", "allow"),
        ("", "allow"),
    ] {
        let codes = begin(&device, &[]).await;
        let page = type_code(&mut alice, &codes.user).await;
        let bobs = type_code(&mut bob, &codes.user).await;
        assert_eq!(decide(&mut alice, &page, first).await.status, 200);
        for (browser, page) in [(&mut alice, &page), (&mut bob, &bobs)] {
            let answer = decide(browser, page, second).await;
            assert_eq!(answer.status, 400, "{first} then {second}");
        }
        match first {
            "allow" => {
                let tokens = poll(&device, &codes).await.tokens();
                let claims = app.app.keyring.set();
                let claims = claims.verify(&tokens.access_token, &["at+jwt"]).unwrap();
                let alice = app.user("alice@example.test").await.id;
                assert_eq!(claims.text("sub"), Some(alice.as_str()));
            }
            _ => poll(&device, &codes).await.refused(400, "access_denied"),
        }
        app.clock.advance(1_000); // wrong codes are forgotten
    }
}

/// AC-144
#[tokio::test]
async fn a_page_that_was_open_too_long_approves_nothing() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let mut alice = app.alice().await;
    let codes = begin(&device, &[]).await;
    let page = type_code(&mut alice, &codes.user).await;
    app.clock.advance(600);
    assert_eq!(decide(&mut alice, &page, "allow").await.status, 400);
    assert_eq!(app.count("device_codes WHERE decision IS NULL").await, 1);
}

/// A server behind a proxy on loopback, so that a test can come from anywhere.
fn behind_a_proxy(config: &mut Config) {
    config.server.trusted_proxies = vec![Cidr::parse("127.0.0.0/8").unwrap()];
    config.stores.url = StoreUrl::Database; // attempts pass by the clock of the test
}

/// Guesses a code on one of the two forms.
async fn guess(browser: &mut Browser<'_>, from: &str, path: &str, code: &str) -> Answer {
    let csrf = browser.get("/device").await.hidden("csrf").unwrap();
    let name = if path == "/device" { "user_code" } else { "handle" };
    let body = format!("csrf={csrf}&{name}={code}&decision=allow&confirm=yes");
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-forwarded-for", from)
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

/// RFC 8628 §5.1 · AC-141: on the form for codes and on the form for the decision.
#[tokio::test]
async fn five_wrong_codes_are_enough() {
    for path in ["/device", "/device/confirm"] {
        let app = TestApp::with(behind_a_proxy).await;
        let device = app.device().await;
        let codes = begin(&device, &[]).await;
        let (mut alice, mut bob) = (app.alice().await, app.bob().await);
        for n in 0..5 {
            let answer = guess(&mut alice, &format!("203.0.113.{n}"), path, "BCDFGHJK").await;
            assert_eq!(answer.status, 400, "{path}");
        }
        // The account is counted wherever it comes from.
        let answer = guess(&mut alice, "203.0.113.99", path, &codes.user).await;
        assert_eq!(answer.status, 429, "{path}");
        assert_eq!(answer.header("retry-after"), "901");
        assert_eq!(
            guess(&mut bob, "203.0.113.99", path, &codes.user).await.status,
            200
        );

        // And the peer, whoever it is.
        let fresh = begin(&device, &[]).await;
        for n in 0..4 {
            let answer = guess(&mut bob, "203.0.113.0", path, "BCDFGHJK").await;
            assert_eq!(answer.status, 400, "{path} {n}");
        }
        let answer = guess(&mut bob, "203.0.113.0", path, &fresh.user).await;
        assert_eq!(answer.status, 429, "{path}");
        app.clock.advance(901);
        assert_eq!(
            guess(&mut alice, "203.0.113.0", path, "BCDFGHJK").await.status,
            400
        );
    }
}

/// RFC 8628 §5.1: whoever guesses has a name.
#[tokio::test]
async fn nobody_guesses_without_an_account() {
    let app = TestApp::new().await;
    let codes = begin(&app.device().await, &[]).await;
    let mut browser = app.browser();
    let unknown = guess(&mut browser, "", "/device", "BCDFGHJK").await;
    let known = guess(&mut browser, "", "/device", &codes.user).await;
    assert!(unknown.location().contains("/login?flow=device.") && known.location().contains("/login?flow="));
    let direct = guess(&mut browser, "", "/device/confirm", &codes.user).await;
    assert_eq!(direct.status, 403);
    assert_eq!(app.count("device_codes WHERE decision IS NULL").await, 1);
}

/// AC-244, AC-249
#[tokio::test]
async fn a_code_in_the_address_is_text() {
    let app = TestApp::new().await;
    for (code, shown) in [
        (
            "%22%3E%3Csvg%20onload%3Dalert(1)%3E",
            "value=\"SVGO-NLOADALERT1\"",
        ),
        ("%7B%7B7*7%7D%7D", "value=\"77\""),
        ("bcdf%20ghjk", "value=\"BCDF-GHJK\""),
    ] {
        let page = app.get(&format!("/device?user_code={code}")).await;
        assert_eq!(page.status, 200);
        assert!(
            page.body.contains(shown) && !page.body.contains("<svg onload"),
            "{}",
            page.body
        );
    }
    app.get("/device?user_code=%ff%fe").await.error_page();
    app.get("/device?user_code=BCDF%00").await.error_page();
}
