//! A new password by mail.

use crate::support::mailbox::with_mail;
use crate::support::{Answer, TestApp, USERS};
use std::sync::Arc;

const ALICE: &str = USERS[0].1;
const OLD: &str = USERS[0].2;
const BOB: &str = USERS[1].1;
const NEW: &str = "a lantern under the stairs";

async fn link(app: &TestApp, email: &str) -> String {
    app.clock.advance(1);
    app.browser().fill("/reset-password", &[("email", email)]).await;
    app.mailed_link(email).await
}

#[track_caller]
fn gone(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.contains("id=\"link-gone\""), "{}", answer.body);
    assert!(!answer.body.contains("example.test<"));
}

/// ASVS 6.4.3 · AC-223: everything earlier ends, and nobody is signed in by it.
#[tokio::test]
async fn a_new_password_ends_every_session_and_token() {
    let app = TestApp::with(with_mail).await;
    let spa = app.spa().await;
    let mut browser = app.alice().await;
    let code = spa.code(&mut browser, &[]).await;
    let tokens = spa.redeem(&code).await.json();
    let mut visitor = app.browser();
    let path = link(&app, ALICE).await;
    app.clock.advance(1);
    let done = visitor.fill(&path, &[("password", NEW)]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.body.contains("id=\"account-done\""));
    assert!(!visitor.cookies.keys().any(|name| name.contains("session")));
    assert!(!visitor.get("/").await.body.contains("home-signout"));

    assert!(
        !browser.get("/").await.body.contains(ALICE),
        "the session has ended"
    );
    assert_eq!(
        app.userinfo(tokens["access_token"].as_str().unwrap())
            .await
            .status,
        401
    );
    spa.refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .refused(400, "invalid_grant");
    assert_eq!(app.browser().try_sign_in(ALICE, OLD).await.status, 400);
    app.browser().sign_in(ALICE, NEW).await;
    let subjects: Vec<String> = app
        .mails(ALICE)
        .await
        .into_iter()
        .map(|mail| mail.subject)
        .collect();
    assert_eq!(subjects, ["Reset your password", "Your password was changed"]);
}

/// AC-225: once, for half an hour, the newest, for this purpose; else one page that does not say why.
#[tokio::test]
async fn a_link_is_good_once_and_for_a_while_and_the_newest_one_only() {
    let app = TestApp::with(with_mail).await;
    let first = link(&app, ALICE).await;
    let second = link(&app, ALICE).await;
    gone(&app.browser().get(&first).await);
    gone(&app.browser().get("/reset-password/kw_rl_made-up").await);
    gone(
        &app.browser()
            .get(&second.replace("/reset-password/", "/unlock/"))
            .await,
    );
    gone(
        &app.browser()
            .get(
                &second
                    .replace("kw_rl_", "kw_ul_")
                    .replace("/reset-password/", "/unlock/"),
            )
            .await,
    );
    gone(
        &app.browser()
            .get(&second.replace("/reset-password/", "/verify-email/"))
            .await,
    );
    gone(&app.browser().get(&second[..second.len() - 1]).await);

    let mut browser = app.browser();
    assert_eq!(browser.fill(&second, &[("password", NEW)]).await.status, 200);
    gone(&browser.fill(&second, &[("password", OLD)]).await);

    let third = link(&app, ALICE).await;
    app.clock.advance(1_799);
    assert_eq!(app.browser().get(&third).await.status, 200);
    app.clock.advance(1);
    gone(&app.browser().get(&third).await);
    assert_eq!(app.browser().try_sign_in(ALICE, NEW).await.status, 303);
}

/// AC-225, AC-207: a link ends with the password that it was to replace, and with the account.
#[tokio::test]
async fn a_link_ends_when_the_credentials_change() {
    let app = TestApp::with(with_mail).await;
    let path = link(&app, ALICE).await;
    app.change_password_of_alice().await;
    gone(&app.browser().get(&path).await);
    let path = link(&app, ALICE).await;
    app.set_alice_disabled(true).await;
    gone(&app.browser().get(&path).await);
    let path = link(&app, BOB).await;
    let bob = app.user(BOB).await;
    keywright::storage::users::delete(app.app.db.write(), &bob.id)
        .await
        .unwrap();
    gone(&app.browser().get(&path).await);
}

/// AC-225: of twenty at once one sets the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_posts_at_once_one_counts() {
    let app = Arc::new(TestApp::with(with_mail).await);
    let path = link(&app, ALICE).await;
    let racers: Vec<_> = (0..20)
        .map(|n| {
            let (app, path) = (Arc::clone(&app), path.clone());
            tokio::spawn(async move {
                let password = format!("a lantern under the stairs {n}");
                app.browser()
                    .fill(&path, &[("password", &password)])
                    .await
                    .status
                    .as_u16()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for racer in racers {
        statuses.push(racer.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{statuses:?}");
    assert!(statuses[1..].iter().all(|status| *status == 400), "{statuses:?}");
    assert_eq!(app.user(ALICE).await.credential_epoch, 1);
    assert_eq!(app.mails(ALICE).await.len(), 2, "one link and one notice");
}

/// AC-226: looking uses nothing up.
#[tokio::test]
async fn opening_the_link_changes_nothing() {
    let app = TestApp::with(with_mail).await;
    let path = link(&app, ALICE).await;
    for method in ["GET", "HEAD", "GET"] {
        let request = axum::http::Request::builder().method(method).uri(&path);
        let answer = app.send(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(
        app.post(&path, &[("password", NEW)]).await.status,
        403,
        "not from our page"
    );
    assert_eq!(app.browser().try_sign_in(ALICE, OLD).await.status, 303);
    let answer = app.browser().fill(&path, &[("password", NEW)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// CVE-2026-18963 · AC-224: no step works without the mailed link.
#[tokio::test]
async fn a_password_is_not_set_without_the_link() {
    let app = TestApp::with(with_mail).await;
    let mut browser = app.browser();
    let csrf = {
        let path = link(&app, BOB).await;
        browser.get(&path).await.hidden("csrf").unwrap()
    };
    for path in [
        "/reset-password",
        "/reset-password/",
        "/reset-password/kw_rl_x",
        "/unlock/x",
        "/signup/x",
    ] {
        let form = [
            ("csrf", csrf.as_str()),
            ("password", NEW),
            ("email", ALICE),
            ("username", ALICE),
        ];
        let answer = browser.post(path, &form).await;
        assert!(
            matches!(answer.status.as_u16(), 400 | 403 | 404),
            "{path}: {}",
            answer.status
        );
    }
    assert_eq!(app.user(ALICE).await.credential_epoch, 0);
    // bob's link sets bob's password, whatever else the form says.
    let path = link(&app, BOB).await;
    browser
        .fill(&path, &[("password", NEW), ("username", ALICE), ("email", ALICE)])
        .await;
    assert_eq!(app.user(ALICE).await.credential_epoch, 0);
    assert_eq!(app.user(BOB).await.credential_epoch, 1);
}

/// AC-212, AC-237: the rules of passwords hold here too, and a refused one does not use the link up.
#[tokio::test]
async fn a_password_that_is_refused_leaves_the_link_good() {
    let app = TestApp::with(with_mail).await;
    let path = link(&app, ALICE).await;
    let mut browser = app.browser();
    for password in ["", "short", "fourteen chars", "alice@example.test"] {
        let answer = browser.fill(&path, &[("password", password)]).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("id=\"password-problem\""), "{}", answer.body);
        assert!(answer.body.contains("<title>Error: "));
    }
    let page = browser.get(&path).await;
    for part in [
        "type=\"password\" autocomplete=\"new-password\"",
        "autocomplete=\"username\"",
        "passwordrules",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    assert_eq!(browser.fill(&path, &[("password", NEW)]).await.status, 200);
}
