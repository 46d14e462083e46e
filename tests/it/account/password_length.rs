//! How long a password must be: by itself longer than together with a second factor (SP 800-63B-4 §3.1.1.2).

use crate::support::mailbox::{with_mail, with_sign_up};
use crate::support::{Answer, Browser, TestApp, USERS};
use keywright::storage::factors;

const ALICE: &str = USERS[0].1;
const PASSWORD: &str = USERS[0].2;

async fn change(alice: &mut Browser<'_>, from: &str, to: &str) -> Answer {
    let fields = [("current", from), ("password", to)];
    alice.post_account("/account/security/password", &fields).await
}

async fn is_short(app: &TestApp) -> bool {
    let id = app.user(ALICE).await.id;
    factors::held(app.app.db.read(), &id)
        .await
        .unwrap()
        .short_password
}

/// AC-212
#[tokio::test]
async fn a_password_alone_has_15_characters_and_with_a_second_factor_8() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let page = alice.get("/account/security/password").await;
    assert!(page.body.contains("At least 15 characters."), "{}", page.body);
    let answer = change(&mut alice, PASSWORD, "x7#k2!qz mn pq").await;
    assert!(
        answer.status == 400 && answer.body.contains("at least 15 characters"),
        "{}",
        answer.body
    );
    let (_, _) = alice.add_app().await;
    let page = alice.get("/account/security/password").await;
    assert!(page.body.contains("At least 8 characters."), "{}", page.body);
    let answer = change(&mut alice, PASSWORD, "x7#k2!q").await;
    assert!(
        answer.status == 400 && answer.body.contains("at least 8 characters"),
        "{}",
        answer.body
    );
    assert_eq!(change(&mut alice, PASSWORD, "x7#k2!qz").await.status, 303);
    assert!(is_short(&app).await);
}

/// AC-212, AC-238: a short password does not stay behind alone.
#[tokio::test]
async fn the_last_factor_stays_until_the_password_is_long_enough() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    alice.add_app().await;
    assert_eq!(change(&mut alice, PASSWORD, "x7#k2!qz").await.status, 303);
    let answer = alice
        .post_account("/account/security/remove", &[("factor", "app")])
        .await;
    assert!(
        answer.status == 400 && answer.body.contains("Your password is too short"),
        "{}",
        answer.body
    );
    assert_eq!(app.count("authenticator_apps").await, 1);
    assert_eq!(
        app.count("events WHERE event = 'authenticator_app_removed'")
            .await,
        0
    );
    assert_eq!(change(&mut alice, "x7#k2!qz", PASSWORD).await.status, 303);
    assert!(!is_short(&app).await);
    let answer = alice
        .post_account("/account/security/remove", &[("factor", "app")])
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(app.count("authenticator_apps").await, 0);
}

/// AC-212: by mail the same rules hold.
#[tokio::test]
async fn a_reset_password_is_as_long_as_the_factors_demand() {
    let app = TestApp::with(with_mail).await;
    app.browser().fill("/reset-password", &[("email", ALICE)]).await;
    let link = app.mailed_link(ALICE).await;
    let page = app.browser().get(&link).await;
    assert!(page.body.contains("At least 15 characters."), "{}", page.body);
    let answer = app.browser().fill(&link, &[("password", "x7#k2!qz")]).await;
    assert!(
        answer.status == 400 && answer.body.contains("at least 15 characters"),
        "{}",
        answer.body
    );
    let mut alice = app.alice().await;
    alice.add_app().await;
    let page = app.browser().get(&link).await;
    assert!(page.body.contains("At least 8 characters."), "{}", page.body);
    let answer = app.browser().fill(&link, &[("password", "x7#k2!qz")]).await;
    assert!(answer.status == 200 && is_short(&app).await, "{}", answer.body);
}

/// AC-212: 64 and 128 are taken, more is refused and never cut.
#[tokio::test]
async fn a_password_has_at_most_128_characters() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let mut current = PASSWORD.to_owned();
    for length in [64, 128] {
        let new = "ab c".repeat(length / 4);
        assert_eq!(change(&mut alice, &current, &new).await.status, 303, "{length}");
        let cut = &new[..length - 1];
        assert_eq!(
            app.browser().try_sign_in(ALICE, cut).await.status,
            400,
            "nothing is cut"
        );
        app.browser().sign_in(ALICE, &new).await;
        current = new;
    }
    for length in [129, 4_096] {
        let answer = change(&mut alice, &current, &"ab c".repeat(length / 4 + 1)).await;
        assert!(
            answer.status == 400 && answer.body.contains("at most 128 characters"),
            "{}",
            answer.body
        );
    }
    app.browser().sign_in(ALICE, &current).await;
}

/// AC-213
#[tokio::test]
async fn a_password_is_not_built_on_who_somebody_is() {
    let app = TestApp::with(with_sign_up).await;
    let mut alice = app.alice().await;
    for new in [
        "my alice@example.test 1",
        "wonderful example 99",
        "the keywright of mine",
    ] {
        let answer = change(&mut alice, PASSWORD, new).await;
        assert!(
            answer.status == 400 && answer.body.contains("your name"),
            "{new}: {}",
            answer.body
        );
    }
    app.browser().fill("/signup", &[("email", "eve@new.test")]).await;
    let link = app.mailed_link("eve@new.test").await;
    let fields = [("name", "Evelyn Wunderlich"), ("password", "wunderlich and more")];
    let answer = app.browser().fill(&link, &fields).await;
    assert!(
        answer.status == 400 && answer.body.contains("your name"),
        "{}",
        answer.body
    );
    assert_eq!(app.count("users").await, 2);
}

/// AC-237: no password is ever forced to be changed by its age.
#[tokio::test]
async fn after_400_days_nobody_must_change_their_password() {
    let app = TestApp::new().await;
    app.clock.advance(400 * 86_400);
    let mut alice = app.browser();
    let answer = alice.try_sign_in(ALICE, PASSWORD).await;
    assert_eq!(answer.location(), "https://id.example.test/");
    let page = alice.get("/account").await;
    assert!(
        page.status == 200 && page.body.contains("href=\"/logout\""),
        "{}",
        page.body
    );
}
