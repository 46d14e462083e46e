//! `/account/data/delete`: the end of an account.

use crate::support::keys::HERE;
use crate::support::mailbox::with_mail;
use crate::support::{TestApp, USERS};
use keywright::identity::event::Actor;
use keywright::identity::users;
use keywright::storage::Db;

const ALICE: &str = USERS[0].1;
const PATH: &str = "/account/data/delete";

/// Gives somebody the role of administrators.
async fn make_admin(app: &TestApp, email: &str) {
    let text = "UPDATE users SET roles = '[\"admin\"]' WHERE email = $1";
    match &app.app.db {
        Db::Sqlite { writer, .. } => {
            let mut held = writer.get().await.unwrap();
            sqlx::query(text).bind(email).execute(&mut *held).await.unwrap();
        }
        Db::Postgres(pool) => {
            let mut held = pool.get().await.unwrap();
            sqlx::query(text).bind(email).execute(&mut *held).await.unwrap();
        }
    }
}

/// Everything goes: sessions, tokens at once, factors, consents, events. What stays is one event without a user.
#[tokio::test]
async fn an_account_goes_with_all_that_is_its_own() {
    let app = TestApp::with(with_mail).await;
    let (web, device) = (app.web().await, app.device().await);
    let (mut alice, _, _) = app.alice_with_app().await;
    let mut bob = app.bob().await;
    let bobs = web.tokens(&mut bob, &[]).await;
    let tokens = web
        .tokens(&mut alice, &[("scope", "openid offline_access")])
        .await;
    let id = app.user(ALICE).await.id;
    let key = app.key_of_alice("", HERE).await;
    app.clock.advance(1);
    let form = [("name", "x"), ("lifetime", "30d")];
    assert_eq!(bob.post_account("/account/api-keys/new", &form).await.status, 200);
    assert_eq!(
        (
            app.verify(&key, "").await.status.as_u16(),
            app.count("api_keys").await
        ),
        (200, 2)
    );
    app.browser().try_sign_in(ALICE, "not the password").await;
    assert!(app.userinfo(&tokens.access_token).await.status == 200 && !device.id.is_empty());

    let page = alice.get(PATH).await;
    assert!(
        page.body.contains("id=\"delete-form\"") && page.body.contains(ALICE),
        "{}",
        page.body
    );
    let done = alice
        .post_account(PATH, &[("confirm", " Alice@Example.test ")])
        .await;
    assert!(
        done.status == 200 && done.body.contains("Account deleted"),
        "{}",
        done.body
    );
    assert!(
        !alice.cookies.keys().any(|name| name.ends_with("session")),
        "{:?}",
        alice.cookies.keys()
    );

    assert!(!alice.is_signed_in().await);
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 401);
    assert!(!web.is_active(&tokens.access_token).await);
    web.refresh(&tokens.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
    assert_eq!(app.browser().try_sign_in(ALICE, USERS[0].2).await.status, 400);
    for table in [
        "authenticator_apps",
        "recovery_codes",
        "password_failures WHERE subject <> ''",
    ] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
    assert_eq!(
        (
            app.count("users").await,
            app.count("sessions").await,
            app.count("api_keys").await,
            app.count("notice_counts").await,
        ),
        (1, 1, 1, 1),
        "bob's"
    );
    app.verify(&key, "").await.problem(401, "invalid_token");
    assert!(web.is_active(&bobs.access_token).await && bob.is_signed_in().await);
    assert_eq!(
        app.count("events WHERE event = 'user_deleted' AND user_id IS NULL")
            .await,
        1
    );
    let mails = app.mails(ALICE).await;
    assert_eq!(mails.last().unwrap().subject, "Your account was deleted");
    let found = keywright::storage::users::find(app.app.db.read(), &id).await;
    assert!(found.unwrap().is_none());
}

#[tokio::test]
async fn nothing_is_deleted_without_the_typed_address() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    for typed in ["", "alice", "yes", USERS[1].1] {
        let answer = alice.post_account(PATH, &[("confirm", typed)]).await;
        assert_eq!(answer.status, 400, "{typed}");
        assert!(answer.body.contains("id=\"confirm-problem\""), "{}", answer.body);
    }
    assert_eq!(app.count("users").await, 2);
    let off = TestApp::with(|config| config.accounts.self_deletion = false).await;
    let mut alice = off.alice().await;
    assert!(
        !alice
            .get("/account/data")
            .await
            .body
            .contains("id=\"account-delete\"")
    );
    assert_eq!(alice.get(PATH).await.status, 404);
    assert_eq!(alice.post_account(PATH, &[("confirm", ALICE)]).await.status, 404);
    assert_eq!(off.count("users").await, 2);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let app = TestApp::new().await;
    make_admin(&app, ALICE).await;
    let mut alice = app.alice().await;
    let answer = alice.post_account(PATH, &[("confirm", ALICE)]).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("You are the last administrator."),
        "{}",
        answer.body
    );
    app.disable_user(USERS[1].1).await;
    make_admin(&app, USERS[1].1).await;
    assert_eq!(
        alice.post_account(PATH, &[("confirm", ALICE)]).await.status,
        400,
        "bob is disabled"
    );

    let user = app.user(ALICE).await;
    users::remove(Actor::operator(&app.app), &user).await.unwrap();
    assert_eq!(
        app.count("users").await,
        1,
        "the operator may, and makes another one"
    );
}

/// Of two administrators who leave at one time one stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_administrators_cannot_both_leave() {
    let app = TestApp::new().await;
    for (_, email, _) in USERS {
        make_admin(&app, email).await;
    }
    let (mut alice, mut bob) = (app.alice().await, app.bob().await);
    let answers = tokio::join!(
        alice.post_account(PATH, &[("confirm", ALICE)]),
        bob.post_account(PATH, &[("confirm", USERS[1].1)]),
    );
    let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(app.count("users").await, 1);
}
