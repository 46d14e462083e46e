//! Session stores: what each is asked for, what servers share, and what is left after it has forgotten.

use crate::stores::{browser_with, is_in, node, server, sign_out};
use crate::support::TestApp;
use crate::support::stores::{Private, Which};
use keywright::config::StoreUrl;

/// A lookup that asks the store and not the database, which is closed meanwhile.
async fn is_asked_alone(url: StoreUrl) {
    let app = server(url).await;
    let alice = app.alice().await;
    assert!(is_in(&app, &alice).await);
    app.app.db.close().await;
    assert!(is_in(&app, &alice).await);
}

/// All servers see a sign-in and a sign-out at once.
async fn is_shared(url: StoreUrl) {
    let app = server(url).await;
    let other = node(&app).await;
    let alice = app.alice().await;
    assert!(is_in(&other, &alice).await);
    sign_out(&other, &alice).await;
    assert!(!is_in(&app, &alice).await);
}

/// A store that has lost everything: nobody is signed out, and nobody who has signed out is in again.
async fn may_forget(which: Which) {
    let Some(mut private) = Private::start(which).await else {
        return;
    };
    let app = server(private.url()).await;
    let (alice, gone) = (app.alice().await, app.alice().await);
    assert!(is_in(&app, &alice).await && is_in(&app, &gone).await);
    sign_out(&app, &gone).await;
    private.restart().await;
    assert!(is_in(&app, &alice).await && !is_in(&app, &gone).await);
}

/// Shared; what it persists is not relied on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis() {
    let Some(url) = Which::Redis.url() else { return };
    is_asked_alone(url.clone()).await;
    is_shared(url).await;
    may_forget(Which::Redis).await;
}

/// Shared, volatile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memcached() {
    let Some(url) = Which::Memcached.url() else {
        return;
    };
    is_asked_alone(url.clone()).await;
    is_shared(url).await;
    may_forget(Which::Memcached).await;
}

/// Shared by all servers, and there after they have all gone: the rows of the database, here of SQLite where no
/// PostgreSQL is at hand.
#[tokio::test]
async fn postgresql() {
    is_shared(StoreUrl::Database).await;
    let app = server(StoreUrl::Database).await;
    let (alice, gone) = (app.alice().await, app.alice().await);
    sign_out(&app, &gone).await;
    app.app.db.close().await;
    let later = app.another().await;
    assert!(is_in(&later, &alice).await && !is_in(&later, &gone).await);
    assert_eq!(later.count("sessions WHERE ended_at IS NULL").await, 1);
}

/// The fastest, of one process; after a restart the rows of the database tell who is signed in.
#[tokio::test]
async fn in_memory() {
    is_asked_alone(StoreUrl::Memory).await;
    let app: TestApp = server(StoreUrl::Memory).await;
    let alice = app.alice().await;
    let restarted = app.another().await;
    assert!(is_in(&restarted, &alice).await);
    let there = browser_with(&restarted, &alice);
    sign_out(&restarted, &there).await;
    app.app
        .live_sessions
        .follow(&app.app.db, app.now())
        .await
        .unwrap();
    assert!(
        !is_in(&app, &alice).await,
        "another process is heard of within a second"
    );
}
