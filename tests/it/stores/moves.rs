//! From one store to another, and two processes with memory each.

use super::{browser_with, cx, is_in, node, server, session_id, sign_out};
use crate::support::stores::Which;
use keywright::config::StoreUrl;
use keywright::identity::event::Actor;
use keywright::identity::{session, users};
use keywright::storage::{Db, sessions};
use keywright::time::Seconds;

/// Every pair of the stores that this machine has.
fn pairs() -> Vec<(StoreUrl, StoreUrl)> {
    let stores = [Which::Memory, Which::Database, Which::Redis, Which::Memcached];
    let urls: Vec<StoreUrl> = stores.into_iter().filter_map(Which::url).collect();
    let mut pairs = Vec::new();
    for from in &urls {
        for to in &urls {
            if from.for_people() != to.for_people() {
                pairs.push((from.clone(), to.clone()));
            }
        }
    }
    pairs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_signs_nobody_out_and_brings_nobody_back() {
    for (from, to) in pairs() {
        let what = format!("{} → {}", from.for_people(), to.for_people());
        let old = server(from.clone()).await;
        let (alice, gone, later) = (old.alice().await, old.alice().await, old.alice().await);
        for browser in [&alice, &gone, &later] {
            assert!(is_in(&old, browser).await, "{what}");
        }
        sign_out(&old, &gone).await;
        let new = old
            .node(|config| {
                config.stores.url = to;
                config.stores.previous_url = Some(from.clone());
            })
            .await;
        assert!(is_in(&new, &alice).await && is_in(&new, &later).await, "{what}");
        assert!(!is_in(&new, &gone).await, "{what}");
        sign_out(&new, &later).await;
        assert!(!is_in(&new, &later).await, "{what}");
        // A server that has not moved yet, unless its memory is its own.
        if !matches!(from, StoreUrl::Memory) {
            assert!(!is_in(&old, &later).await, "{what}");
        }
        // A second move forgets the first store.
        let settled = new.node(|config| config.stores.previous_url = None).await;
        assert!(
            is_in(&settled, &alice).await && !is_in(&settled, &later).await,
            "{what}"
        );
        assert!(!is_in(&settled, &gone).await, "{what}");
    }
}

/// The row says when a session was used to the minute; the store before may know better.
#[tokio::test]
async fn a_move_keeps_when_a_session_was_used_last() {
    for which in [Which::Redis, Which::Memcached] {
        let Some(url) = which.url() else { return };
        let old = server(url.clone()).await;
        let old = old.node(|config| config.stores.url = url.clone()).await;
        let alice = old.alice().await;
        old.clock.advance(3_600);
        assert!(is_in(&old, &alice).await);
        set_back(&old, &session_id(&old, &alice).await).await;
        old.clock.advance(86_400 - 1_800);
        let without = old.node(|config| config.stores.url = StoreUrl::Database).await;
        assert!(
            !is_in(&without, &alice).await,
            "by the row it was not used for a day"
        );
        let with = old
            .node(|config| {
                config.stores.url = StoreUrl::Database;
                config.stores.previous_url = Some(url);
            })
            .await;
        assert!(is_in(&with, &alice).await);
        let id = session_id(&with, &alice).await;
        session::end(&cx(&with), &id).await.unwrap();
        assert!(!is_in(&with, &alice).await, "what has ended never comes back");
    }
}

/// The row as it was before its last note of a use, as a restored backup has it.
async fn set_back(app: &crate::support::TestApp, id: &str) {
    const TEXT: &str = "UPDATE sessions SET last_seen_at = created_at WHERE id = $1";
    let id = id.to_owned();
    match &app.app.db {
        Db::Sqlite { writer, .. } => drop(
            sqlx::query(TEXT)
                .bind(id)
                .execute(&mut *writer.get().await.unwrap())
                .await
                .unwrap(),
        ),
        Db::Postgres(pool) => drop(
            sqlx::query(TEXT)
                .bind(id)
                .execute(&mut *pool.get().await.unwrap())
                .await
                .unwrap(),
        ),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_previous_store_that_is_gone_is_no_obstacle() {
    let app = server(StoreUrl::Memory).await;
    let nobody = StoreUrl::parse("redis://127.0.0.1:1").unwrap();
    let app = app.node(|config| config.stores.previous_url = Some(nobody)).await;
    let alice = app.alice().await;
    assert!(is_in(&app, &alice).await);
    sign_out(&app, &alice).await;
    assert!(!is_in(&app, &alice).await);
}

/// What the command line changes reaches the memory of a server with its next look at the counter of changes.
#[tokio::test]
async fn memory_follows_what_other_processes_change() {
    let app = server(StoreUrl::Memory).await;
    let command_line = node(&app).await;
    let alice = app.alice().await;
    let follow = async || {
        app.app
            .live_sessions
            .follow(&app.app.db, app.now())
            .await
            .unwrap()
    };
    follow().await;
    assert!(is_in(&app, &alice).await);
    follow().await;
    let user = app.user(crate::support::USERS[0].1).await;
    users::remove(Actor::operator(&command_line.app), &user)
        .await
        .unwrap();
    follow().await;
    assert!(!is_in(&app, &alice).await);
}

/// Without a look at the counter, after a minute.
#[tokio::test]
async fn memory_is_believed_for_a_minute_at_most() {
    let app = server(StoreUrl::Memory).await;
    let other = node(&app).await;
    let alice = app.alice().await;
    assert!(is_in(&app, &alice).await);
    sign_out(&other, &alice).await;
    app.clock.advance(Seconds(60).0);
    let again = browser_with(&app, &alice);
    assert!(!is_in(&app, &again).await);
}

/// While changes are followed no row is looked at again, however many sessions there are; with the counter out of reach
/// a copy is good for a minute.
#[tokio::test]
async fn memory_looks_at_no_row_again_while_changes_are_followed() {
    let app = server(StoreUrl::Memory).await;
    let alice = app.alice().await;
    assert!(is_in(&app, &alice).await);
    let id = session_id(&app, &alice).await;
    // No path of the server or the command line does this without counting it.
    assert!(sessions::end(app.app.db.write(), &id, app.now()).await.unwrap());
    for _ in 0..4 {
        app.clock.advance(59);
        let followed = app.app.live_sessions.follow(&app.app.db, app.now()).await;
        followed.unwrap();
        assert!(is_in(&app, &browser_with(&app, &alice)).await);
    }
    app.clock.advance(60);
    assert!(!is_in(&app, &browser_with(&app, &alice)).await);
}
