//! `/account`: the profile, and what holds for all pages of the account.

use crate::support::mailbox::with_mail;
use crate::support::{TestApp, USERS};
use axum::body::Body;
use axum::http::Request;

const PAGES: [&str; 14] = [
    "/account",
    "/account/security",
    "/account/security/password",
    "/account/security/app",
    "/account/security/passkey",
    "/account/sessions",
    "/account/apps",
    "/account/email",
    "/account/activity",
    "/account/data",
    "/account/data/export",
    "/account/data/delete",
    "/account/api-keys",
    "/account/api-keys/new",
];

/// RFC 9700 §4.11 · AC-079: the sign-in leads back to the page, and nowhere else.
#[tokio::test]
async fn every_page_asks_for_a_sign_in_and_comes_back_to_itself() {
    let app = TestApp::with(with_mail).await;
    for path in PAGES {
        let mut browser = app.browser();
        let to_login = browser.get(path).await;
        assert!(
            to_login
                .location()
                .starts_with("https://id.example.test/login?flow=account")
        );
        let page = browser.follow(&to_login).await;
        let answer = browser.submit_login(&page, USERS[0].1, USERS[0].2).await;
        assert_eq!(answer.location(), format!("https://id.example.test{path}"));
        assert_eq!(browser.follow(&answer).await.status, 200, "{path}");
    }
    for flow in [
        "account.//evil.test",
        "account.@evil.test",
        "confirm.account.%0d%0aevil:1",
        "account-.evil",
    ] {
        let mut browser = app.browser();
        let answer = browser.get(&format!("/login?flow={flow}")).await;
        if answer.status == 200 {
            let answer = browser.submit_login(&answer, USERS[0].1, USERS[0].2).await;
            assert!(
                answer.location().starts_with("https://id.example.test/account"),
                "{flow}: {}",
                answer.location()
            );
            assert!(!answer.location().contains("//evil"), "{flow}");
        }
    }
}

/// AC-214, AC-220, AC-221: credentials are changed by who has signed in within the last ten minutes.
#[tokio::test]
async fn credentials_are_changed_only_after_a_recent_sign_in() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    app.clock.advance(601);
    for path in [
        "/account/security/password",
        "/account/security/app",
        "/account/security/passkey",
        "/account/email",
        "/account/data/export",
        "/account/data/delete",
    ] {
        let answer = alice.get(path).await;
        assert!(
            answer.location().contains("/login?flow=confirm.account-"),
            "{}",
            answer.location()
        );
        let page = alice.follow(&answer).await;
        assert!(page.body.contains("Confirm it’s you"), "{}", page.body);
        assert!(
            page.body.contains("value=\"alice@example.test\" readonly"),
            "{}",
            page.body
        );
    }
    for (path, fields) in [
        (
            "/account/security/password",
            &[("current", "x"), ("password", "y")][..],
        ),
        ("/account/security/remove", &[("factor", "app")]),
        ("/account/security/recovery-codes", &[]),
        ("/account/security/app", &[("code", "000000")]),
        ("/account/security/passkey", &[("credential", "{}")]),
        ("/account/email", &[("email", "new@example.test")]),
        ("/account/data/delete", &[("confirm", USERS[0].1)]),
    ] {
        let answer = alice.post_account(path, fields).await;
        assert!(
            answer.location().contains("/login?flow=confirm.account-"),
            "{path}: {}",
            answer.location()
        );
    }
    let answer = alice.get("/account/security/password").await;
    let page = alice.follow(&answer).await;
    let answer = alice.submit_login(&page, "", USERS[0].2).await;
    assert_eq!(
        answer.location(),
        "https://id.example.test/account/security/password"
    );
    assert_eq!(alice.follow(&answer).await.status, 200);
}

/// AC-220: a session of before is not enough to change the factors that were added since.
#[tokio::test]
async fn a_session_without_the_second_factor_changes_no_factors() {
    let app = TestApp::new().await;
    let mut old = app.alice().await;
    let (mut alice, _, _) = app.alice_with_app().await;
    let answer = old
        .post_account("/account/security/remove", &[("factor", "app")])
        .await;
    assert!(
        answer.location().contains("/login?flow=confirm."),
        "{}",
        answer.location()
    );
    let answer = alice
        .post_account("/account/security/remove", &[("factor", "app")])
        .await;
    assert!(
        answer.location().contains("/account/security?done=removed"),
        "{}",
        answer.location()
    );
}

/// AC-061, AC-062: a password change, an enrolment and all else needs our own page, with its token.
#[tokio::test]
async fn forms_of_other_pages_and_sites_change_nothing() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    for path in [
        "/account",
        "/account/email",
        "/account/data/delete",
        "/account/security/password",
        "/account/security/app",
        "/account/security/passkey",
        "/account/security/remove",
        "/account/security/recovery-codes",
        "/account/sessions",
        "/account/apps",
    ] {
        for csrf in ["", "AAAA"] {
            let answer = alice.post(path, &[("csrf", csrf), ("name", "evil")]).await;
            assert_eq!(answer.status, 403, "{path}");
        }
        let csrf = alice.get("/account").await.hidden("csrf").unwrap();
        let form = format!(
            "csrf={csrf}&name=evil&current={}&password=evil+evil+evil+evil",
            USERS[0].2
        );
        for (site, origin) in [
            ("cross-site", "https://evil.test"),
            ("cross-site", "null"),
            ("same-site", "https://id.example.test.evil.test"),
            ("same-origin", "https://evil.test"),
        ] {
            let request = Request::post(path)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("sec-fetch-site", site)
                .header("origin", origin);
            let answer = alice.send(request.body(Body::from(form.clone())).unwrap()).await;
            assert_eq!(answer.status, 403, "{path} {site} {origin}");
        }
    }
    assert!(alice.is_signed_in().await);
    assert_eq!(app.user(USERS[0].1).await.name.as_deref(), Some("alice Example"));
}

#[tokio::test]
async fn name_and_username_are_changed_and_told_to_apps() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let fields = [("name", "  Alice Ünder <b>"), ("preferred_username", "alice.2")];
    let answer = alice.post_account("/account", &fields).await;
    assert_eq!(answer.location(), "https://id.example.test/account?done=saved");
    let page = alice.follow(&answer).await;
    assert!(
        page.body.contains("role=\"status\"") && page.body.contains("Saved."),
        "{}",
        page.body
    );
    assert!(page.body.contains("Alice Ünder &#60;b&#62;"), "{}", page.body);
    let tokens = web.tokens(&mut alice, &[("scope", "openid profile")]).await;
    let told = app.userinfo(&tokens.access_token).await.json();
    assert_eq!(told["name"], "Alice Ünder <b>");
    assert_eq!(told["preferred_username"], "alice.2");
}

/// Apps look people up by it: nobody takes the name of somebody else, or one that looks like an address.
#[tokio::test]
async fn a_username_is_plain_and_nobody_elses() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let long = "a".repeat(33);
    for username in [
        "bob",
        "Bob",
        "bob@example.test",
        "b ob",
        "b\u{43e}b",
        "<b>",
        &long,
    ] {
        let answer = alice
            .post_account("/account", &[("preferred_username", username)])
            .await;
        assert_eq!(answer.status, 400, "{username}");
        assert!(
            answer.body.contains("id=\"preferred_username-problem\""),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("<title>Error: "), "{}", answer.body);
    }
    assert_eq!(
        app.user(USERS[0].1).await.preferred_username.as_deref(),
        Some("alice")
    );
    let answer = alice
        .post_account("/account", &[("name", ""), ("preferred_username", "")])
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(app.user(USERS[0].1).await.preferred_username, None);
}

/// A link to the account is on the home page of who is signed in.
#[tokio::test]
async fn the_home_page_links_to_the_account() {
    let app = TestApp::new().await;
    assert!(!app.browser().get("/").await.body.contains("id=\"home-account\""));
    assert!(
        app.alice()
            .await
            .get("/")
            .await
            .body
            .contains("id=\"home-account\" href=\"/account\"")
    );
}
