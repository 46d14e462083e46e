//! Security hardening: each control, seen from outside.

use crate::account::authenticator::Said;
use crate::account::passkey;
use crate::auth::{COOKIE, credentials, post, sign_in};
use crate::support::mailbox::with_mail;
use crate::support::source::files;
use crate::support::{TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::identity::event::{Actor, Journal};
use keywright::identity::import;

const ALICE: &str = USERS[0].1;
const PASSWORD: &str = USERS[0].2;

/// "bcrypt (cost 12+), argon2id preferred."
#[tokio::test]
async fn password_hashing() {
    let app = TestApp::new().await;
    let stored = app.user(ALICE).await.password_hash.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    // Somebody from a system with bcrypt keeps her password; a cost below twelve is not taken over.
    let person = |cost| {
        let hash = bcrypt::hash("from another system", cost).unwrap();
        format!(r#"{{"email":"carol@example.test","password_hash":"{hash}"}}"#)
    };
    let weak = import::read(&person(11)).unwrap();
    assert!(weak.into_iter().all(|entry| entry.person.is_err()));
    let mut journal = Journal::begin(Actor::operator(&app.app)).await.unwrap();
    for entry in import::read(&person(12)).unwrap() {
        let person = entry.person.unwrap();
        import::insert(&mut journal, &person).await.unwrap();
    }
    journal.commit().await.unwrap();
    let mut carol = app.browser();
    carol.sign_in("carol@example.test", "from another system").await;
    let stored = app.user("carol@example.test").await.password_hash.unwrap();
    assert!(stored.starts_with("$argon2id$"), "replaced at the first sign-in");
}

/// "5 attempts per 15 minutes per IP/email."
#[tokio::test]
async fn rate_limiting_login() {
    let app = TestApp::new().await;
    for attempt in 1..=6 {
        let answer = app.browser().try_sign_in(ALICE, "wrong").await;
        assert_eq!(answer.status, if attempt < 6 { 400 } else { 429 });
    }
    let right = app.browser().try_sign_in(ALICE, PASSWORD).await;
    assert_eq!(right.status, 429, "also with the right password");
    assert_eq!(right.header("retry-after"), "901");
    let other = app.browser().try_sign_in(USERS[1].1, USERS[1].2).await;
    assert_eq!(other.status, 429, "also for somebody else from there");
    assert_eq!(app.count("sessions").await, 0);
}

/// "Lock after 10 failed attempts, unlock via email."
#[tokio::test]
async fn account_lockout() {
    let app = TestApp::with(|config| {
        with_mail(config);
        config.login.attempts = 100; // the lock alone
    })
    .await;
    for _ in 0..10 {
        assert_eq!(app.browser().try_sign_in(ALICE, "wrong").await.status, 400);
    }
    assert_eq!(app.browser().try_sign_in(ALICE, PASSWORD).await.status, 400);
    let link = app.mailed_link(ALICE).await;
    let unlocked = app.browser().fill(&link, &[]).await;
    assert!(unlocked.body.contains("id=\"account-done\""), "{}", unlocked.body);
    assert_eq!(app.browser().try_sign_in(ALICE, PASSWORD).await.status, 303);
}

/// "TOTP (authenticator app) or WebAuthn (hardware key)."
#[tokio::test]
async fn mfa() {
    let app = TestApp::new().await;
    let (mut alice, authenticator, _) = app.alice_with_app().await;
    let mut key = passkey::add(&mut alice, 1).await;
    let (mut browser, page) = app.half_signed_in().await;
    assert!(!browser.is_signed_in().await, "a password is not enough");
    let done = browser.second_step(&page, &authenticator.code(app.now())).await;
    assert_eq!(done.status, 303);
    assert!(browser.is_signed_in().await);

    let (mut browser, page) = app.half_signed_in().await;
    let (ceremony, options) = passkey::carried(&page);
    let credential = key.assertion(&Said::truth("webauthn.get", &options));
    let (step, csrf) = (page.hidden("step").unwrap(), page.hidden("csrf").unwrap());
    let form = [
        ("step", step.as_str()),
        ("csrf", &csrf),
        ("ceremony", &ceremony),
        ("credential", &credential),
    ];
    assert_eq!(browser.post("/login/mfa", &form).await.status, 303);
    assert!(browser.is_signed_in().await);
}

/// "Regenerate session ID on login."
#[tokio::test]
async fn session_fixation_prevention() {
    const SESSION: &str = "__Host-kw-session";
    let app = TestApp::new().await;
    let web = app.web().await;
    // An attacker may know the cookie of a browser from before.
    let mut alice = app.browser();
    alice
        .cookies
        .insert(SESSION.to_owned(), "kw_se_planted".to_owned());
    alice.sign_in(ALICE, PASSWORD).await;
    let known = alice.cookies[SESSION].clone();
    assert_ne!(known, "kw_se_planted");
    let again = alice.get(&web.authorize_url(&[("prompt", "login")])).await;
    let page = alice.follow(&again).await;
    assert_eq!(alice.submit_login(&page, ALICE, PASSWORD).await.status, 303);
    assert_ne!(alice.cookies[SESSION], known);
    let mut attacker = app.browser();
    attacker.cookies.insert(SESSION.to_owned(), known);
    assert!(!attacker.is_signed_in().await && alice.is_signed_in().await);
}

/// "SameSite cookies + CSRF token for forms."
#[tokio::test]
async fn csrf_protection() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let page = browser.get("/login").await;
    let answer = browser.submit_login(&page, ALICE, PASSWORD).await;
    for cookie in answer.headers.get_all(header::SET_COOKIE) {
        assert!(cookie.to_str().unwrap().contains("; SameSite=Lax;"));
    }
    let csrf = browser.get("/logout").await.hidden("csrf").unwrap();
    let body = |csrf: &str| format!("csrf={csrf}&decision=signout");
    for (site, form, status) in [
        ("cross-site", body(&csrf), 403),
        ("same-origin", body("another"), 403),
        ("same-origin", "decision=signout".to_owned(), 403),
        ("same-origin", body(&csrf), 200),
    ] {
        let request = Request::post("/logout")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site);
        assert!(browser.is_signed_in().await);
        let answer = browser.send(request.body(Body::from(form)).unwrap()).await;
        assert_eq!(answer.status, status, "{site}");
    }
    assert!(!browser.is_signed_in().await);
}

/// "Access token in memory, refresh token in httpOnly cookie."
#[tokio::test]
async fn token_storage() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let answer = sign_in(&mut browser).await;
    let refresh_token = browser.cookies[COOKIE].clone();
    assert!(!answer.body.contains(&refresh_token));
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Strict;") && cookie.ends_with("; Secure"));
    assert!(!cookie.contains(&answer.access_token()));
    // The scripts and pages of our own keep nothing either.
    for file in files("assets").iter().chain(&files("templates")) {
        for storage in ["localStorage", "indexedDB", "document.cookie"] {
            assert!(!file.text.contains(storage), "{}: {storage}", file.path);
        }
    }
}

/// "Strict-Transport-Security, X-Content-Type-Options."
#[tokio::test]
async fn secure_headers() {
    let app = TestApp::new().await;
    let refused = post("/auth/login", &credentials(ALICE, "wrong"));
    let refused = app.send(refused).await;
    for answer in [
        app.get("/login").await,
        app.get("/jwks").await,
        app.get("/nothing").await,
        app.post("/token", &[]).await,
        refused,
    ] {
        let transport = answer.header("strict-transport-security");
        assert_eq!(transport, "max-age=63072000; includeSubDomains");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
    }
}
