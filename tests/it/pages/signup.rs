//! Signing up: the address first, the account from the mailed link.

use crate::support::TestApp;
use crate::support::mailbox::{with_mail, with_sign_up};
use keywright::config::{Config, SignUp};
use keywright::identity::email::CanonicalEmail;
use keywright::identity::sign_up;
use keywright::storage::users;
use std::sync::Arc;

const NEW: &str = "new@example.test";
const PASSWORD: &str = "a lantern under the stairs";

fn invited_only(config: &mut Config) {
    with_mail(config);
    config.accounts.sign_up = SignUp::Invite;
}

async fn exists(app: &TestApp) -> bool {
    users::find_by_email(app.app.db.read(), NEW)
        .await
        .unwrap()
        .is_some()
}

async fn link(app: &TestApp) -> String {
    app.clock.advance(1);
    app.browser()
        .fill("/signup", &[("email", " NEW@Example.test ")])
        .await;
    app.mailed_link(NEW).await
}

async fn invite(app: &TestApp) -> String {
    app.clock.advance(1);
    let email = CanonicalEmail::parse(NEW).unwrap();
    sign_up::invite(&app.app, &email).await.unwrap();
    app.mailed_link(NEW).await
}

/// GHSA-g38m · AC-230: there is no account until its owner has opened the mail, so nobody can prepare one.
#[tokio::test]
async fn an_account_comes_from_the_mailed_link_and_not_before() {
    let app = TestApp::with(with_sign_up).await;
    let path = link(&app).await;
    assert!(path.starts_with("/signup/kw_sl_"), "{path}");
    assert!(!exists(&app).await);
    let mut browser = app.browser();
    assert!(browser.get(&path).await.body.contains("id=\"password-form\""));
    assert!(!exists(&app).await, "looking creates nothing");
    let short = browser
        .fill(&path, &[("password", "short"), ("name", "New <b>Person</b>")])
        .await;
    assert_eq!(short.status, 400);
    assert!(short.body.contains("New &#60;b&#62;Person"), "{}", short.body);
    assert!(!exists(&app).await);
    let done = browser
        .fill(&path, &[("password", PASSWORD), ("name", " New Person ")])
        .await;
    assert!(done.body.contains("id=\"account-done\""), "{}", done.body);
    let user = app.user(NEW).await;
    assert!(user.email_verified);
    assert_eq!(user.name.as_deref(), Some("New Person"));
    assert_eq!(user.preferred_username.as_deref(), Some("new"));
    assert_eq!((user.roles.as_str(), user.groups.as_str()), ("[]", "[]"));
    assert_eq!(
        browser.fill(&path, &[("password", PASSWORD)]).await.status,
        400,
        "once"
    );
    app.browser().sign_in(NEW, PASSWORD).await;
}

/// Apps show usernames: a new account must not look like somebody else's.
#[tokio::test]
async fn a_username_that_somebody_has_is_not_given_twice() {
    let app = TestApp::with(with_sign_up).await;
    let owner = app.user(crate::support::USERS[0].1).await;
    let now = keywright::time::Timestamp(owner.updated_at);
    let named = users::set_profile(app.app.db.write(), &owner.id, None, Some("NEW"), now).await;
    assert!(named.unwrap());
    let path = link(&app).await;
    let done = app.browser().fill(&path, &[("password", PASSWORD)]).await;
    assert!(done.body.contains("id=\"account-done\""), "{}", done.body);
    assert_eq!(app.user(NEW).await.preferred_username, None);
}

/// Mass assignment: what a form may say of a new user is the name and the password.
#[tokio::test]
async fn a_form_gives_no_roles() {
    let app = TestApp::with(with_sign_up).await;
    let path = link(&app).await;
    let form = [
        ("password", PASSWORD),
        ("roles", "admin"),
        ("role", "admin"),
        ("groups", "staff"),
        ("email", "root@example.test"),
        ("email_verified", "true"),
        ("sub", "chosen"),
    ];
    assert_eq!(app.browser().fill(&path, &form).await.status, 200);
    let user = app.user(NEW).await;
    assert_eq!((user.roles.as_str(), user.groups.as_str()), ("[]", "[]"));
    assert_ne!(user.id, "chosen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_posts_at_once_one_creates_the_account() {
    let app = Arc::new(TestApp::with(with_sign_up).await);
    let path = link(&app).await;
    let racers: Vec<_> = (0..10)
        .map(|_| {
            let (app, path) = (Arc::clone(&app), path.clone());
            tokio::spawn(async move {
                app.browser()
                    .fill(&path, &[("password", PASSWORD)])
                    .await
                    .status
                    .as_u16()
            })
        })
        .collect();
    let mut created = 0;
    for racer in racers {
        let status = racer.await.unwrap();
        assert!(matches!(status, 200 | 400), "{status}");
        created += usize::from(status == 200);
    }
    assert_eq!(created, 1);
    assert_eq!(app.count("users").await, 3);
}

/// AC-195: the owner of an account learns that somebody tried; the one who tried does not.
#[tokio::test]
async fn who_has_an_account_gets_no_link() {
    let app = TestApp::with(with_sign_up).await;
    app.browser()
        .fill("/signup", &[("email", "alice@example.test")])
        .await;
    let mails = app.mails("alice@example.test").await;
    assert_eq!(mails[0].subject, "You already have an account");
    assert!(!mails[0].text.contains("/signup/"));
    assert!(mails[0].text.contains("https://id.example.test/login"));
}

/// An account that has come meanwhile is not taken over by an older link.
#[tokio::test]
async fn a_link_to_an_address_that_is_taken_meanwhile_is_gone() {
    let app = TestApp::with(with_sign_up).await;
    let invitation = invite(&app).await;
    let path = link(&app).await;
    assert_eq!(
        app.browser().fill(&path, &[("password", PASSWORD)]).await.status,
        200
    );
    let late = app
        .browser()
        .fill(&invitation, &[("password", "another lantern somewhere")])
        .await;
    assert_eq!(late.status, 400);
    app.browser().sign_in(NEW, PASSWORD).await;
}

#[tokio::test]
async fn an_invitation_is_good_for_a_week_where_only_the_invited_sign_up() {
    let app = TestApp::with(invited_only).await;
    assert_eq!(app.get("/signup").await.status, 404);
    assert_eq!(app.post("/signup", &[("email", NEW)]).await.status, 404);
    let path = invite(&app).await;
    app.clock.advance(7 * 86_400 - 1);
    let open = app.browser().get(&path).await;
    assert_eq!(open.status, 200);
    let closed = app.node(|config| config.accounts.sign_up = SignUp::Off).await;
    assert_eq!(closed.browser().get(&path).await.status, 400);
    assert_eq!(
        app.browser().fill(&path, &[("password", PASSWORD)]).await.status,
        200
    );
    app.browser().sign_in(NEW, PASSWORD).await;
    assert!(
        sign_up::invite(&app.app, &CanonicalEmail::parse(NEW).unwrap())
            .await
            .is_err()
    );
}

/// A link that somebody asked for while everybody could is not good once only the invited can.
#[tokio::test]
async fn closing_the_sign_up_ends_its_links() {
    let app = TestApp::with(with_sign_up).await;
    let path = link(&app).await;
    let closed = app.node(|config| config.accounts.sign_up = SignUp::Invite).await;
    assert_eq!(closed.browser().get(&path).await.status, 400);
}
