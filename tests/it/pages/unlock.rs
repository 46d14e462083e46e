//! The lock of an account after ten wrong passwords in a row, and what opens it.

use crate::support::mailbox::with_mail;
use crate::support::{Answer, TestApp, USERS};
use keywright::config::Config;
use keywright::storage::password_failures;

const ALICE: &str = USERS[0].1;
const PASSWORD: &str = USERS[0].2;
const WRONG: &str = "not the right password";

/// The limit on attempts is out of the way, as if they came over hours and from many addresses.
fn patient(config: &mut Config) {
    with_mail(config);
    config.login.attempts = 1_000;
}

async fn wrong(app: &TestApp, times: usize) -> Answer {
    let mut last = None;
    for _ in 0..times {
        last = Some(app.browser().try_sign_in(ALICE, WRONG).await);
    }
    last.unwrap()
}

async fn locked(app: &TestApp) -> bool {
    let id = app.user(ALICE).await.id;
    let rows = password_failures::find(app.app.db.read(), &id, &id)
        .await
        .unwrap();
    rows.first().is_some_and(|row| row.locked_at.is_some())
}

/// The page of a failed sign-in without what differs at every request.
fn page(answer: &Answer, email: &str) -> (u16, String, Vec<(String, String)>) {
    let csrf = answer.hidden("csrf").unwrap();
    let body = answer.body.replace(&csrf, "").replace(email, "");
    let headers = answer
        .same()
        .1
        .into_iter()
        .filter(|(name, _)| name != "set-cookie" && name != "content-length");
    (answer.status.as_u16(), body, headers.collect())
}

/// AC-204, AC-193: ten in a row lock, one mail says so, and the answer never changes.
#[tokio::test]
async fn ten_wrong_passwords_lock_and_the_owner_is_told_once() {
    let app = TestApp::with(patient).await;
    let before = wrong(&app, 9).await;
    assert!(!locked(&app).await && app.mails(ALICE).await.is_empty());
    assert_eq!(
        app.browser().try_sign_in(ALICE, PASSWORD).await.status,
        303,
        "a success ends the row"
    );
    wrong(&app, 9).await;
    assert!(!locked(&app).await);
    let tenth = wrong(&app, 1).await;
    assert!(locked(&app).await);
    wrong(&app, 15).await;
    let subjects: Vec<String> = app
        .mails(ALICE)
        .await
        .into_iter()
        .map(|mail| mail.subject)
        .collect();
    assert_eq!(subjects, ["Your account was locked"]);

    let right = app.browser().try_sign_in(ALICE, PASSWORD).await;
    let unknown = app.browser().try_sign_in("nobody@example.test", PASSWORD).await;
    app.disable_user(USERS[1].1).await;
    let disabled = app.browser().try_sign_in(USERS[1].1, USERS[1].2).await;
    for (answer, email) in [
        (&tenth, ALICE),
        (&right, ALICE),
        (&unknown, "nobody@example.test"),
        (&disabled, USERS[1].1),
    ] {
        assert_eq!(page(answer, email), page(&before, ALICE), "{email}");
        assert!(answer.headers.get("set-cookie").is_none());
    }
}

/// AC-204: also when the failures come at the same time, on two servers.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failures_on_all_servers_count_together() {
    let app = std::sync::Arc::new(TestApp::with(patient).await);
    let other = std::sync::Arc::new(app.another().await);
    let racers: Vec<_> = (0..20)
        .map(|n| {
            let app = if n % 2 == 0 { &app } else { &other };
            let app = std::sync::Arc::clone(app);
            tokio::spawn(async move { app.browser().try_sign_in(ALICE, WRONG).await.status.as_u16() })
        })
        .collect();
    for racer in racers {
        assert_eq!(racer.await.unwrap(), 400);
    }
    assert!(locked(&app).await);
    assert_eq!(app.mails(ALICE).await.len(), 1);
    let id = app.user(ALICE).await.id;
    let rows = password_failures::find(app.app.db.read(), &id, &id)
        .await
        .unwrap();
    assert_eq!(rows[0].failures, 20);
    assert_eq!(other.browser().try_sign_in(ALICE, PASSWORD).await.status, 400);
}

/// design.md D3: a lock is no disabling; what was there goes on, what was not yet redeemed does not.
#[tokio::test]
async fn a_lock_leaves_sessions_and_refresh_tokens_and_stops_codes() {
    let app = TestApp::with(patient).await;
    let spa = app.spa().await;
    let mut browser = app.alice().await;
    let code = spa.code(&mut browser, &[]).await;
    let tokens = spa.redeem(&code).await.json();
    let pending = spa.code(&mut browser, &[]).await;
    app.clock.advance(5);
    wrong(&app, 10).await;
    assert!(locked(&app).await);

    spa.redeem(&pending).await.refused(400, "invalid_grant");
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(app.userinfo(access).await.status, 200);
    let refreshed = spa.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    assert!(browser.get("/").await.body.contains(ALICE), "the session goes on");
    app.clock.advance(1);
    let later = spa.code(&mut browser, &[]).await;
    assert_eq!(
        spa.redeem(&later).await.status,
        200,
        "what the session gives after the lock goes on"
    );
}

/// AC-208: the second path to a code, the device flow.
#[tokio::test]
async fn a_lock_stops_a_device_code_that_was_not_redeemed() {
    let app = TestApp::with(patient).await;
    let device = app.device().await;
    let seed = crate::support::seed::Seed::new(&app, app.clock.clone()).await;
    let (_, code) = seed.device_code(&device.id).await;
    app.clock.advance(5);
    wrong(&app, 10).await;
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", code.as_str()),
        ("client_id", device.id.as_str()),
    ];
    app.post("/token", &form).await.refused(400, "invalid_grant");
    let id = app.user(ALICE).await.id;
    password_failures::unlock(app.app.db.write(), &id).await.unwrap();
    assert_eq!(app.post("/token", &form).await.status, 200);
}

/// AC-209, AC-226: the link opens the password path, once, and does nothing else.
#[tokio::test]
async fn the_mailed_link_unlocks_once_and_signs_nobody_in() {
    let app = TestApp::with(patient).await;
    wrong(&app, 10).await;
    let path = app.mailed_link(ALICE).await;
    assert!(path.starts_with("/unlock/kw_ul_"), "{path}");
    let mut browser = app.browser();
    let shown = browser.get(&path).await;
    assert!(
        shown.body.contains("id=\"link-form\"") && locked(&app).await,
        "looking unlocks nothing"
    );
    let done = browser.fill(&path, &[]).await;
    assert!(done.body.contains("id=\"account-done\""), "{}", done.body);
    assert!(!locked(&app).await);
    assert!(
        !browser
            .cookies
            .keys()
            .any(|name| name.contains("session") || name.contains("device"))
    );
    let again = browser.fill(&path, &[]).await;
    assert_eq!(again.status, 400);
    assert!(again.body.contains("id=\"link-gone\""));
    assert_eq!(app.browser().try_sign_in(ALICE, PASSWORD).await.status, 303);
}

/// design.md D4: who locks an account again and again does not fill its mailbox.
#[tokio::test]
async fn three_mails_a_day_tell_of_locks() {
    let app = TestApp::with(patient).await;
    let id = app.user(ALICE).await.id;
    for _ in 0..5 {
        wrong(&app, 10).await;
        password_failures::unlock(app.app.db.write(), &id).await.unwrap();
        app.clock.advance(1);
    }
    assert_eq!(app.mails(ALICE).await.len(), 3);
    app.clock.advance(86_400);
    wrong(&app, 10).await;
    assert_eq!(
        app.mails(ALICE).await.len(),
        1,
        "the earlier ones are too old to be sent"
    );
}

/// A new password by mail opens the account too: it shows the same, and more.
#[tokio::test]
async fn a_new_password_unlocks() {
    let app = TestApp::with(patient).await;
    wrong(&app, 10).await;
    app.clock.advance(1);
    app.browser().fill("/reset-password", &[("email", ALICE)]).await;
    let path = app.mailed_link(ALICE).await;
    let new = "a lantern under the stairs";
    assert_eq!(app.browser().fill(&path, &[("password", new)]).await.status, 200);
    assert!(!locked(&app).await);
    assert_eq!(app.browser().try_sign_in(ALICE, new).await.status, 303);
}

/// Failures long ago are not in a row with those of today; a lock stays.
#[tokio::test]
async fn old_failures_are_forgotten_and_locks_are_not() {
    let app = TestApp::with(patient).await;
    wrong(&app, 9).await;
    app.clock.advance(31 * 86_400);
    keywright::jobs::remove_old_rows(&app.app).await.unwrap();
    wrong(&app, 1).await;
    assert!(!locked(&app).await);
    wrong(&app, 9).await;
    app.clock.advance(31 * 86_400);
    keywright::jobs::remove_old_rows(&app.app).await.unwrap();
    assert!(locked(&app).await);
}
