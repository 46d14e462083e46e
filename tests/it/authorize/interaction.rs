//! The saved request between the pages: whose it is, how long it lasts, what it decides on.

use super::{allowed, id_token};
use crate::support::{Answer, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use std::sync::Arc;

const ALICE: (&str, &str) = ("alice@example.test", "correct horse battery");

/// The handle in the address of a page.
fn flow(to_page: &Answer) -> String {
    to_page.returned("flow").unwrap()
}

/// CVE-2026-7507 · CVE-2022-39222 · AC-067, AC-068: the handle is bound to the browser that began.
#[tokio::test]
async fn no_other_browser_goes_on_with_a_saved_request() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut attacker = app.browser();
    let to_login = attacker.get(&web.authorize_url(&[])).await;
    let mut bob = app.bob().await;
    let to_consent = bob.get(&web.authorize_url(&[])).await;
    let before = app.holdings().await;
    for victim in [&mut app.browser(), &mut app.alice().await] {
        for page in ["/login", "/consent"] {
            for handle in [flow(&to_login), flow(&to_consent), "x".to_owned(), String::new()] {
                let answer = victim.get(&format!("{page}?flow={handle}")).await;
                if handle.is_empty() && page == "/login" {
                    continue; // the sign-in page of its own
                }
                assert_eq!(answer.status, 400, "{page} {handle}");
                assert!(answer.headers.get("location").is_none() && !answer.body.contains("kw_ac_"));
                assert!(
                    !answer.body.contains("id=\"login-form\"") && !answer.body.contains("consent-allow"),
                    "{}",
                    answer.body
                );
            }
        }
    }
    // Only the two sign-ins of this test happened.
    let sessions = app.count("sessions").await;
    assert_eq!(app.holdings().await, [before[0], sessions, before[2], before[3]]);
    assert_eq!(before[2], 0);
    // Its own browser goes on.
    let page = bob.follow(&to_consent).await;
    assert!(bob.decide(&page, "allow").await.returned("code").is_some());
}

/// design.md D10
#[tokio::test]
async fn a_saved_request_lasts_half_an_hour() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut browser = app.browser();
    let to_login = browser.get(&web.authorize_url(&[])).await;
    let mut alice = app.alice().await;
    let to_consent = alice.get(&web.authorize_url(&[])).await;
    app.clock.advance(1_799);
    let login = browser.follow(&to_login).await;
    assert_eq!(login.status, 200);
    let consent = alice.follow(&to_consent).await;
    assert_eq!(consent.status, 200);
    app.clock.advance(1);
    assert_eq!(browser.follow(&to_login).await.status, 400);
    let late = browser.submit_login(&login, ALICE.0, ALICE.1).await;
    assert_eq!((late.status.as_u16(), late.header("set-cookie")), (400, ""));
    let late = alice.decide(&consent, "allow").await;
    assert_eq!(late.status, 400);
    assert!(late.body.contains("This page was open too long"), "{}", late.body);
    assert_eq!(app.count("grants").await, 0);
}

/// hydra#3675 · AC-052
#[tokio::test]
async fn a_decision_is_taken_once() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    for (first, second) in [("allow", "allow"), ("deny", "allow"), ("allow", "deny")] {
        let to_consent = alice.get(&web.authorize_url(&[("prompt", "consent")])).await;
        let page = alice.follow(&to_consent).await;
        let before = app.count("grants").await;
        let answer = alice.decide(&page, first).await;
        assert_eq!(answer.returned("code").is_some(), first == "allow");
        let after = app.count("grants").await;
        assert_eq!(after, before + i64::from(first == "allow"));
        let again = alice.decide(&page, second).await;
        assert_eq!(again.status, 400, "{first} then {second}");
        assert_eq!(alice.follow(&to_consent).await.status, 400, "the back button");
        assert_eq!(app.count("grants").await, after);
        if let Some(code) = answer.returned("code") {
            web.redeem(&code).await.tokens();
        }
    }
}

/// AC-052: the same with ten clicks at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_clicks_on_allow_at_once_give_one_code() {
    let app = Arc::new(TestApp::new().await);
    let web = app.web().await;
    let mut alice = app.alice().await;
    let to_consent = alice.get(&web.authorize_url(&[])).await;
    let page = alice.follow(&to_consent).await;
    let cookies: Vec<String> = alice
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let (cookies, flow, csrf) = (
        cookies.join("; "),
        page.hidden("flow").unwrap(),
        page.hidden("csrf").unwrap(),
    );
    let clicks: Vec<_> = (0..10)
        .map(|_| {
            let body = format!("flow={flow}&csrf={csrf}&decision=allow");
            let request = Request::post("/consent")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::COOKIE, &cookies)
                .body(Body::from(body))
                .unwrap();
            let app = Arc::clone(&app);
            tokio::spawn(async move { app.send(request).await })
        })
        .collect();
    let mut codes = 0;
    for click in clicks {
        let answer = click.await.unwrap();
        assert!(answer.status.as_u16() < 500, "{} {}", answer.status, answer.body);
        codes += usize::from(answer.status == 303 && answer.returned("code").is_some());
    }
    assert_eq!(codes, 1);
    assert_eq!(app.count("grants").await, 1);
}

/// CVE-2026-7507: nothing that matters comes back from the forms.
#[tokio::test]
async fn the_forms_cannot_change_what_was_asked_for() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let to_consent = alice.get(&web.authorize_url(&[("scope", "openid")])).await;
    let page = alice.follow(&to_consent).await;
    let (flow, csrf) = (page.hidden("flow").unwrap(), page.hidden("csrf").unwrap());
    let form = [
        ("flow", flow.as_str()),
        ("csrf", &csrf),
        ("decision", "allow"),
        ("scope", "openid email roles"),
        ("redirect_uri", "https://evil.test/cb"),
        ("client_id", "evil"),
        ("state", "other"),
        ("code_challenge", "A"),
    ];
    let answer = alice.post("/consent", &form).await;
    assert!(
        answer.location().starts_with("https://web.test/cb?code="),
        "{}",
        answer.location()
    );
    assert_eq!(answer.returned("state").as_deref(), Some("the-state"));
    let tokens = web.redeem(&answer.returned("code").unwrap()).await.tokens();
    assert_eq!(tokens.scope, "openid");
}

/// ASVS 15.4.2: what the operator changes meanwhile is seen.
#[tokio::test]
async fn a_client_or_user_that_is_disabled_meanwhile_gets_no_code() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let to_consent = alice.get(&web.authorize_url(&[])).await;
    let page = alice.follow(&to_consent).await;
    let mut bob = app.bob().await;
    let bobs = bob.get(&web.authorize_url(&[])).await;
    let bobs = bob.follow(&bobs).await;

    app.disable_user("bob@example.test").await;
    let answer = bob.decide(&bobs, "allow").await;
    assert_eq!(answer.status, 403, "the session is gone, and the form with it");
    app.disable_client("web").await;
    alice.decide(&page, "allow").await.error_page();
    assert_eq!(app.count("grants").await, 0);
}

/// CVE-2025-12390 · AC-181: whoever is signed in when it ends is the one who consents and gets the code.
#[tokio::test]
async fn a_request_that_outlives_a_sign_out_is_for_the_next_user() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut browser = allowed(&app, &web).await;
    let to_consent = browser.get(&web.authorize_url(&[("prompt", "consent")])).await;
    let page = browser.follow(&to_consent).await;
    let old_form = page.hidden("csrf").unwrap();
    browser.cookies.remove("__Host-kw-session");
    browser.sign_in("bob@example.test", "staple mountain river").await;

    let stale = browser
        .post(
            "/consent",
            &[
                ("flow", &page.hidden("flow").unwrap()),
                ("csrf", &old_form),
                ("decision", "allow"),
            ],
        )
        .await;
    assert_eq!(stale.status, 403, "the form was alice's");
    let page = browser.follow(&to_consent).await;
    assert!(page.body.contains("bob@example.test") && !page.body.contains("alice"));
    let back = browser.decide(&page, "allow").await;
    let sub = app.user("bob@example.test").await.id;
    assert_eq!(id_token(&web, &back).await.text("sub"), Some(sub.as_str()));
}
