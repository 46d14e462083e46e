//! A store that is empty, evicts, goes back in time or goes away: nobody is taken for signed in or out.

use super::{alices_id, browser_with, is_in, server, session_id, sign_out};
use crate::support::stores::{Private, Which};
use crate::support::{TestApp, USERS};
use keywright::config::StoreUrl;
use keywright::entropy::SystemEntropy;
use keywright::ephemeral::{Kind, Store};
use keywright::storage::users;
use keywright::time::Seconds;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SESSION: Kind = Kind("session");
const GENERATION: Kind = Kind("generation");

/// The store as the server sees it.
fn store(app: &TestApp) -> Store {
    let url = &app.app.config.stores.url;
    let entropy = Arc::new(SystemEntropy);
    Store::open(url, &app.app.db, &app.app.vault, app.clock.clone(), entropy).unwrap()
}

async fn page_requests_cost_no_sql(url: Option<StoreUrl>) {
    let Some(url) = url else { return };
    let app = server(url).await;
    let alice = app.alice().await;
    assert!(is_in(&app, &alice).await);
    app.clock.advance(50);
    app.app.db.close().await;
    for _ in 0..3 {
        assert!(is_in(&app, &alice).await);
    }
}

#[tokio::test]
async fn with_memory_a_page_request_costs_no_sql() {
    page_requests_cost_no_sql(Which::Memory.url()).await;
}

#[tokio::test]
async fn with_redis_a_page_request_costs_no_sql() {
    page_requests_cost_no_sql(Which::Redis.url()).await;
}

#[tokio::test]
async fn with_memcached_a_page_request_costs_no_sql() {
    page_requests_cost_no_sql(Which::Memcached.url()).await;
}

async fn an_emptied_store(which: Which) {
    let Some(mut private) = Private::start(which).await else {
        return;
    };
    let app = server(private.url()).await;
    let (alice, gone) = (app.alice().await, app.alice().await);
    assert!(is_in(&app, &alice).await && is_in(&app, &gone).await);
    sign_out(&app, &gone).await;
    private.restart().await;
    assert!(is_in(&app, &alice).await, "the rows know");
    assert!(!is_in(&app, &gone).await);
    let bob = app.bob().await;
    assert!(is_in(&app, &bob).await);
    app.disable_user(USERS[1].1).await;
    private.restart().await;
    assert!(!is_in(&app, &bob).await);
}

/// AC-282
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_redis_signs_nobody_in_or_out() {
    an_emptied_store(Which::Redis).await;
}

/// AC-185
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_memcached_signs_nobody_in_or_out() {
    an_emptied_store(Which::Memcached).await;
}

async fn single_evictions(which: Which) {
    let Some(url) = which.url() else { return };
    let app = server(url).await;
    let store = store(&app);
    let (alice, gone) = (app.alice().await, app.alice().await);
    let (id, user_id) = (session_id(&app, &alice).await, alices_id(&app).await);
    let gone_id = session_id(&app, &gone).await;
    sign_out(&app, &gone).await;
    for (kind, key) in [(SESSION, &id), (SESSION, &gone_id), (GENERATION, &user_id)] {
        store.forget(kind, key).await.unwrap();
        assert!(is_in(&app, &alice).await, "{kind:?}");
        assert!(!is_in(&app, &gone).await, "{kind:?}");
    }
    // An eviction between the change and the next request.
    app.disable_user(USERS[0].1).await;
    store.forget(GENERATION, &user_id).await.unwrap();
    assert!(!is_in(&app, &alice).await);
}

/// AC-185
#[tokio::test]
async fn what_redis_evicts_is_looked_up_again() {
    single_evictions(Which::Redis).await;
}

/// AC-185
#[tokio::test]
async fn what_memcached_evicts_is_looked_up_again() {
    single_evictions(Which::Memcached).await;
}

/// AC-282: a failover that lost the sign-out, and a change that nobody told the store of, count after a minute at most.
#[tokio::test]
async fn a_store_that_goes_back_in_time_is_believed_for_a_minute_at_most() {
    for which in [Which::Redis, Which::Memcached] {
        let Some(url) = which.url() else { return };
        let app = server(url).await;
        let store = store(&app);
        let (alice, bob) = (app.alice().await, app.bob().await);
        assert!(is_in(&app, &bob).await);
        let (id, user_id) = (session_id(&app, &alice).await, alices_id(&app).await);
        let copy = store.get(SESSION, &id).await.unwrap().unwrap();
        let generation = store.get(GENERATION, &user_id).await.unwrap().unwrap();
        sign_out(&app, &alice).await;
        let bobs = app.user(USERS[1].1).await.id;
        users::set_disabled(app.app.db.write(), &bobs, Some(app.now()), app.now())
            .await
            .unwrap();
        store.put(SESSION, &id, &copy, Seconds(600)).await.unwrap();
        store
            .put(GENERATION, &user_id, &generation, Seconds(600))
            .await
            .unwrap();
        app.clock.advance(60);
        assert!(!is_in(&app, &alice).await && !is_in(&app, &bob).await);
    }
}

/// A copy planted for somebody else's session is sealed for its own key.
#[tokio::test]
async fn an_entry_that_means_nothing_is_no_session() {
    for which in [Which::Redis, Which::Memcached] {
        let Some(url) = which.url() else { return };
        let app = server(url).await;
        let alice = app.alice().await;
        let id = session_id(&app, &alice).await;
        for nonsense in [&b"{}"[..], b"", b"\xff", b"null"] {
            store(&app)
                .put(SESSION, &id, nonsense, Seconds(600))
                .await
                .unwrap();
            assert!(is_in(&app, &alice).await, "looked up again");
        }
    }
}

async fn an_outage(which: Which) {
    let Some(mut private) = Private::start(which).await else {
        return;
    };
    let app = server(private.url()).await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let tokens = web.tokens(&mut alice, &[]).await;
    let csrf = browser_with(&app, &alice)
        .get("/logout")
        .await
        .hidden("csrf")
        .unwrap();
    let mut bob = app.browser();
    let login = bob.get("/login").await.hidden("csrf").unwrap();
    let login = [
        ("flow", ""),
        ("csrf", &login),
        ("username", USERS[1].1),
        ("password", USERS[1].2),
    ];
    for hangs in [false, true] {
        match hangs {
            true => private.hang(),
            false => private.stop(),
        }
        let before = app.holdings().await;
        let authorize = web.authorize_url(&[("prompt", "none")]);
        let started = Instant::now();
        for answer in [
            browser_with(&app, &alice).get("/logout").await,
            browser_with(&app, &alice).get(&authorize).await,
            browser_with(&app, &alice)
                .post("/logout", &[("csrf", &csrf), ("decision", "signout")])
                .await,
            browser_with(&app, &bob).post("/login", &login).await,
        ] {
            assert_eq!(answer.status, 503, "{}", answer.body);
            assert!(answer.header("retry-after").parse::<u32>().is_ok());
            assert_eq!(answer.header("set-cookie"), "");
            assert_eq!(answer.header("location"), "");
        }
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{:?}",
            started.elapsed()
        );
        assert_eq!(app.holdings().await, before);
        // Nobody's browser is asked here.
        assert_eq!(web.introspect(&tokens.access_token).await["active"], true);
        assert_eq!(app.get("/login").await.status, 200);
        match hangs {
            true => private.go_on(),
            false => private.restart().await,
        }
        recovers(&app, &alice).await;
    }
    assert_eq!(browser_with(&app, &bob).post("/login", &login).await.status, 303);
    sign_out(&app, &alice).await;
    assert!(!is_in(&app, &alice).await);
}

async fn recovers(app: &TestApp, alice: &crate::support::Browser<'_>) {
    let since = Instant::now();
    while browser_with(app, alice).get("/logout").await.status != 200 {
        assert!(
            since.elapsed() < Duration::from_secs(5),
            "no success after {:?}",
            since.elapsed()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_in(app, alice).await, "nobody was signed out");
}

/// AC-281
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_pages_say_so_and_come_back() {
    an_outage(Which::Redis).await;
}

/// AC-281
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_memcached_pages_say_so_and_come_back() {
    an_outage(Which::Memcached).await;
}
