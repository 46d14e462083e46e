//! `/account/security`: password, authenticator app, recovery codes.

use crate::support::{Authenticator, TestApp, USERS, recovery_codes};
use keywright::storage::factors;

const NEW: &str = "purple rivers under glass";

/// AC-214: everything else ends, this browser goes on.
#[tokio::test]
async fn a_new_password_ends_every_other_session_and_every_token() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut other = app.alice().await;
    let tokens = web
        .tokens(&mut other, &[("scope", "openid offline_access")])
        .await;
    let mut alice = app.alice().await;
    let cookies = alice.cookies.clone();
    let fields = [("current", USERS[0].2), ("password", NEW)];
    let answer = alice.post_account("/account/security/password", &fields).await;
    assert_eq!(
        answer.location(),
        "https://id.example.test/account/security?done=password"
    );
    assert_ne!(alice.cookies, cookies, "a new cookie");
    assert!(alice.is_signed_in().await);
    assert!(!other.is_signed_in().await);
    web.refresh(&tokens.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
    let mut again = app.browser();
    again.sign_in(USERS[0].1, NEW).await;
}

#[tokio::test]
async fn a_new_password_needs_the_current_one_and_keeps_the_rules() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    for (current, password, field) in [
        ("", NEW, "current"),
        ("not the password", NEW, "current"),
        (USERS[0].2, "", "password"),
        (USERS[0].2, "short", "password"),
    ] {
        let fields = [("current", current), ("password", password)];
        let answer = alice.post_account("/account/security/password", &fields).await;
        assert_eq!(answer.status, 400);
        assert!(
            answer.body.contains(&format!("id=\"{field}-problem\"")),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains(NEW), "{}", answer.body);
    }
    app.browser().sign_in(USERS[0].1, USERS[0].2).await;
}

/// AC-208: the form is no way around the limit on attempts.
#[tokio::test]
async fn guesses_at_the_current_password_are_counted_like_sign_ins() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    for status in [400, 400, 400, 400, 400, 429] {
        let fields = [("current", "not the password"), ("password", NEW)];
        let answer = alice.post_account("/account/security/password", &fields).await;
        assert_eq!(answer.status, status);
    }
}

/// AC-220: a set-up that nobody confirmed asks for nothing; a second start voids the first; the secret is told once.
#[tokio::test]
async fn an_app_counts_only_once_its_first_code_was_typed() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let first = alice.get("/account/security/app").await;
    let second = alice.get("/account/security/app").await;
    let (one, two) = (Authenticator::of(&first), Authenticator::of(&second));
    assert!(
        first.body.contains("src=\"data:image/svg+xml;base64,"),
        "{}",
        first.body
    );
    app.browser().sign_in(USERS[0].1, USERS[0].2).await; // nothing is asked for yet

    let answer = alice.confirm_app(&first, &one.code(app.now())).await;
    assert_eq!(answer.status, 400, "the first start is void");
    for wrong in ["", "000000", "abc", &one.code(app.now())] {
        let answer = alice.confirm_app(&second, wrong).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("id=\"code-problem\""), "{}", answer.body);
    }
    let code = two.code(app.now());
    let answer = alice.confirm_app(&second, &code).await;
    assert_eq!(recovery_codes(&answer).len(), 10);
    assert_eq!(
        alice.confirm_app(&second, &code).await.status,
        403,
        "the page is of an earlier session cookie"
    );

    // The code that confirmed it is used up.
    let (mut browser, page) = app.half_signed_in().await;
    assert_eq!(browser.second_step(&page, &code).await.status, 400);
    let security = alice.get("/account/security").await;
    assert!(security.body.contains("10 of 10 left"), "{}", security.body);
    assert!(!security.body.contains("app-secret"));
}

/// AC-220: bob cannot finish what alice has begun.
#[tokio::test]
async fn a_set_up_is_for_the_account_that_began_it() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let page = alice.get("/account/security/app").await;
    let code = Authenticator::of(&page).code(app.now());
    let mut bob = app.bob().await;
    let setup = page.hidden("setup").unwrap();
    let answer = bob
        .post_account("/account/security/app", &[("setup", &setup), ("code", &code)])
        .await;
    assert_eq!(answer.status, 400);
    let bob = app.user(USERS[1].1).await;
    assert!(factors::app(app.app.db.read(), &bob.id).await.unwrap().is_none());
}

/// AC-222
#[tokio::test]
async fn new_recovery_codes_void_the_old_ones() {
    let app = TestApp::with(|config| config.login.attempts = 100).await;
    let (mut alice, _, old) = app.alice_with_app().await;
    let answer = alice.post_account("/account/security/recovery-codes", &[]).await;
    let new = recovery_codes(&answer);
    assert_eq!(new.len(), 10);
    assert!(old.iter().all(|code| !new.contains(code)));
    let (mut browser, page) = app.half_signed_in().await;
    assert_eq!(browser.second_step(&page, &old[0]).await.status, 400);
    assert_eq!(browser.second_step(&page, &new[0]).await.status, 303);
    let security = alice.get("/account/security").await;
    assert!(security.body.contains("9 of 10 left"), "{}", security.body);
    assert!(
        new.iter().all(|code| !security.body.contains(code)),
        "codes are shown once"
    );
}

#[tokio::test]
async fn somebody_without_a_factor_gets_no_recovery_codes() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let answer = alice.post_account("/account/security/recovery-codes", &[]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(app.count("recovery_codes").await, 0);
}

/// AC-238
#[tokio::test]
async fn the_last_factor_of_an_account_that_needs_one_stays() {
    let app = TestApp::new().await;
    let (mut alice, authenticator, _) = app.alice_with_app().await;
    let user = app.user(USERS[0].1).await;
    factors::require(app.app.db.write(), &user.id, Some(app.now()))
        .await
        .unwrap();
    let answer = alice
        .post_account("/account/security/remove", &[("factor", "app")])
        .await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("This account needs a second factor."),
        "{}",
        answer.body
    );
    let (mut browser, page) = app.half_signed_in().await;
    assert_eq!(
        browser
            .second_step(&page, &authenticator.code(app.now()))
            .await
            .status,
        303
    );

    factors::require(app.app.db.write(), &user.id, None)
        .await
        .unwrap();
    let answer = alice
        .post_account("/account/security/remove", &[("factor", "app")])
        .await;
    assert_eq!(
        answer.location(),
        "https://id.example.test/account/security?done=removed"
    );
    assert_eq!(
        app.count("recovery_codes").await,
        0,
        "they stood in for a factor that is gone"
    );
    app.browser().sign_in(USERS[0].1, USERS[0].2).await;
    assert_eq!(
        alice
            .post_account("/account/security/remove", &[("factor", "app")])
            .await
            .status,
        404
    );
}
