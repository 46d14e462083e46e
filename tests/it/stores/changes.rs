//! What ends or changes a session does so at once, on every store.

use super::{alices_id, browser_with, cx, is_in, is_shared, node, on_each_store, session_id, sign_out};
use crate::support::stores::Which;
use crate::support::{TestApp, USERS};
use keywright::identity::event::Actor;
use keywright::identity::sign_in::PASSWORD;
use keywright::identity::{session, users};
use keywright::oauth::error::Fault;
use keywright::secret::Secret;
use keywright::storage::Db;

on_each_store! {
    a_sign_out_counts_at_once_and_everywhere,
    a_sign_out_ends_one_session_alone,
    all_sessions_but_one_end_at_once,
    all_sessions_end_at_once,
    a_disabled_user_is_out_at_once,
    a_new_password_ends_the_sessions_at_once,
    a_session_that_has_ended_is_not_renewed,
    a_removed_user_is_out_at_once,
    a_change_of_the_user_is_seen_at_once,
    /// AC-009, AC-177
    a_step_up_voids_the_cookie_before,
    somebody_else_on_the_browser_ends_the_session_before,
    /// AC-179
    an_unused_session_ends_by_the_clock_of_the_server,
    /// AC-179
    a_used_session_ends_after_its_absolute_lifetime,
    /// AC-183
    a_hostile_cookie_is_no_session,
    a_sign_out_amid_requests_leaves_nothing_behind,
}

async fn a_sign_out_counts_at_once_and_everywhere(which: Which, app: TestApp) {
    let other = node(&app).await;
    let alice = app.alice().await;
    assert!(is_in(&app, &alice).await && is_in(&other, &alice).await);
    sign_out(&app, &alice).await;
    assert!(!is_in(&app, &alice).await);
    if !is_shared(which) {
        other
            .app
            .live_sessions
            .follow(&other.app.db, other.now())
            .await
            .unwrap();
    }
    assert!(!is_in(&other, &alice).await);
}

async fn a_sign_out_ends_one_session_alone(_: Which, app: TestApp) {
    let (here, there, bob) = (app.alice().await, app.alice().await, app.bob().await);
    assert!(is_in(&app, &here).await && is_in(&app, &there).await);
    sign_out(&app, &here).await;
    assert!(!is_in(&app, &here).await);
    assert!(is_in(&app, &there).await && is_in(&app, &bob).await);
}

async fn all_sessions_but_one_end_at_once(_: Which, app: TestApp) {
    let (here, there, bob) = (app.alice().await, app.alice().await, app.bob().await);
    assert!(is_in(&app, &here).await && is_in(&app, &there).await);
    let keep = session_id(&app, &here).await;
    session::end_all(&cx(&app), &alices_id(&app).await, Some(&keep))
        .await
        .unwrap();
    assert!(is_in(&app, &here).await && !is_in(&app, &there).await && is_in(&app, &bob).await);
}

async fn all_sessions_end_at_once(_: Which, app: TestApp) {
    let web = app.web().await;
    let (mut here, there, bob) = (app.alice().await, app.alice().await, app.bob().await);
    let tokens = web.tokens(&mut here, &[]).await;
    assert!(is_in(&app, &there).await);
    session::end_all(&cx(&app), &alices_id(&app).await, None)
        .await
        .unwrap();
    assert!(!is_in(&app, &here).await && !is_in(&app, &there).await && is_in(&app, &bob).await);
    assert_eq!(web.introspect(&tokens.access_token).await["active"], false);
}

async fn a_disabled_user_is_out_at_once(_: Which, app: TestApp) {
    let (alice, bob) = (app.alice().await, app.bob().await);
    assert!(is_in(&app, &alice).await);
    app.disable_user(USERS[0].1).await;
    assert!(!is_in(&app, &alice).await && is_in(&app, &bob).await);
}

async fn a_new_password_ends_the_sessions_at_once(_: Which, app: TestApp) {
    let alice = app.alice().await;
    assert!(is_in(&app, &alice).await);
    let (user, password) = (app.user(USERS[0].1).await, "another long password".to_owned());
    users::set_password(Actor::operator(&app.app), &user, Secret::new(password))
        .await
        .unwrap();
    assert!(!is_in(&app, &alice).await);
}

async fn a_session_that_has_ended_is_not_renewed(_: Which, app: TestApp) {
    let alice = app.alice().await;
    let user = app.user(USERS[0].1).await;
    let held = session::find(&cx(&app), &alice.cookies["__Host-kw-session"]).await;
    let held = held.unwrap().unwrap();
    sign_out(&app, &alice).await;
    for proof in [None, Some(PASSWORD)] {
        let renewed = session::renew(&cx(&app), &user, proof, &held).await.unwrap();
        assert!(renewed.is_none(), "it has ended, and no other one begins");
    }
    assert!(session::of_user(&cx(&app), &user.id).await.unwrap().is_empty());
}

async fn a_removed_user_is_out_at_once(_: Which, app: TestApp) {
    let alice = app.alice().await;
    assert!(is_in(&app, &alice).await);
    let user = app.user(crate::support::USERS[0].1).await;
    users::remove(Actor::operator(&app.app), &user).await.unwrap();
    assert!(!is_in(&app, &alice).await);
}

async fn a_change_of_the_user_is_seen_at_once(_: Which, app: TestApp) {
    let alice = app.alice().await;
    assert!(is_in(&app, &alice).await);
    let id = alices_id(&app).await;
    session::change_user(&app.app, &id, async || rename(&app.app.db).await)
        .await
        .unwrap();
    let cookie = &alice.cookies["__Host-kw-session"];
    let session = session::find(&cx(&app), cookie).await.unwrap().unwrap();
    assert_eq!(
        (session.email.as_str(), session.roles.as_str()),
        ("new@example.test", r#"["admin"]"#)
    );
}

async fn rename(db: &Db) -> Result<(), Fault> {
    const TEXT: &str =
        "UPDATE users SET email = 'new@example.test', roles = '[\"admin\"]' WHERE email LIKE 'alice%'";
    match db {
        Db::Sqlite { writer, .. } => drop(
            sqlx::query(TEXT)
                .execute(&mut *writer.get().await.unwrap())
                .await
                .unwrap(),
        ),
        Db::Postgres(pool) => drop(
            sqlx::query(TEXT)
                .execute(&mut *pool.get().await.unwrap())
                .await
                .unwrap(),
        ),
    }
    Ok(())
}

async fn a_step_up_voids_the_cookie_before(_: Which, app: TestApp) {
    let web = app.web().await;
    let mut alice = app.alice().await;
    assert!(is_in(&app, &alice).await);
    let before = browser_with(&app, &alice);
    let id = session_id(&app, &alice).await;
    let to_login = alice.get(&web.authorize_url(&[("prompt", "login")])).await;
    let page = alice.follow(&to_login).await;
    alice.submit_login(&page, USERS[0].1, USERS[0].2).await;
    assert!(is_in(&app, &alice).await && !is_in(&app, &before).await);
    assert_eq!(session_id(&app, &alice).await, id, "the same session");
}

async fn somebody_else_on_the_browser_ends_the_session_before(_: Which, app: TestApp) {
    let web = app.web().await;
    let mut browser = app.alice().await;
    assert!(is_in(&app, &browser).await);
    let before = browser_with(&app, &browser);
    let bobs = web.tokens(&mut app.bob().await, &[]).await.id_token.unwrap();
    let to_login = browser.get(&web.authorize_url(&[("id_token_hint", &bobs)])).await;
    let page = browser.follow(&to_login).await;
    assert_eq!(
        browser.submit_login(&page, USERS[1].1, USERS[1].2).await.status,
        303
    );
    assert!(is_in(&app, &browser).await && !is_in(&app, &before).await);
}

async fn an_unused_session_ends_by_the_clock_of_the_server(_: Which, app: TestApp) {
    let alice = app.alice().await;
    for _ in 0..2 {
        app.clock.advance(86_399);
        assert!(is_in(&app, &alice).await, "each use counts");
    }
    app.clock.advance(86_401);
    assert!(!is_in(&app, &alice).await);
    app.clock.advance(-1_000);
    assert!(is_in(&app, &alice).await, "not used, not ended");
}

async fn a_used_session_ends_after_its_absolute_lifetime(_: Which, app: TestApp) {
    let alice = app.alice().await;
    for _ in 0..13 {
        app.clock.advance(43_200);
        assert!(is_in(&app, &alice).await);
    }
    app.clock.advance(43_199);
    assert!(is_in(&app, &alice).await);
    app.clock.advance(1);
    assert!(!is_in(&app, &alice).await);
}

async fn a_hostile_cookie_is_no_session(_: Which, app: TestApp) {
    let mut alice = app.alice().await;
    assert!(is_in(&app, &alice).await);
    let good = alice.cookies["__Host-kw-session"].clone();
    for hostile in [
        "x flush_all",
        "%0d%0aflush_all%0d%0a",
        &"k".repeat(300),
        &good[..good.len() - 1],
    ] {
        alice
            .cookies
            .insert("__Host-kw-session".to_owned(), hostile.to_owned());
        assert!(!is_in(&app, &alice).await, "{hostile}");
    }
    alice.cookies.insert("__Host-kw-session".to_owned(), good);
    assert!(is_in(&app, &alice).await);
}

/// No request that read the row just before the sign-out puts a copy back that outlives it.
async fn a_sign_out_amid_requests_leaves_nothing_behind(_: Which, app: TestApp) {
    for _ in 0..5 {
        let alice = app.alice().await;
        let cookie = alice.cookies["__Host-kw-session"].clone();
        let id = session_id(&app, &alice).await;
        let readers: Vec<_> = (0..30)
            .map(|_| {
                let (cx, cookie) = (cx(&app), cookie.clone());
                tokio::spawn(async move { session::find(&cx, &cookie).await.unwrap().is_some() })
            })
            .collect();
        session::end(&cx(&app), &id).await.unwrap();
        assert!(!is_in(&app, &alice).await);
        for reader in readers {
            reader.await.unwrap();
        }
        assert!(!is_in(&app, &alice).await);
    }
}
