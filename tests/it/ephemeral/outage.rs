//! A store goes away, refusing or silent, and comes back: an error in time, and success again without a restart.

use super::fixture::{At, KIND, LONG, key};
use crate::support::stores::{Private, Which};
use keywright::ephemeral::{Store, StoreError};
use std::time::{Duration, Instant};

/// AC-281 asks for 3 s; the machine that tests is busy.
const PATIENCE: Duration = Duration::from_secs(6);

async fn every_operation_fails_in_time(store: &Store) {
    let key = key();
    let (put, get, take, claim, count, forget) = tokio::join!(
        timed(store.put(KIND, &key, b"value", LONG)),
        timed(store.get(KIND, &key)),
        timed(store.take(KIND, &key)),
        timed(store.claim(KIND, &key, b"value", LONG)),
        timed(store.count(KIND, &key, LONG)),
        timed(store.forget(KIND, &key)),
    );
    unavailable("put", put.map(drop));
    unavailable("get", get.map(drop));
    unavailable("take", take.map(drop));
    unavailable("claim", claim.map(drop));
    unavailable("count", count.map(drop));
    unavailable("forget", forget.map(drop));
}

async fn timed<T>(operation: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let started = Instant::now();
    let result = operation.await;
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    result
}

#[track_caller]
fn unavailable(what: &str, result: Result<(), StoreError>) {
    assert!(
        matches!(result, Err(StoreError::Unavailable { .. })),
        "{what}: {result:?}"
    );
}

async fn works_again(store: &Store) {
    let since = Instant::now();
    while store.put(KIND, "again", b"value", LONG).await.is_err() {
        assert!(
            since.elapsed() < PATIENCE,
            "no success after {:?}",
            since.elapsed()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(store.get(KIND, "again").await.unwrap().unwrap(), b"value");
    let key = key();
    assert!(store.claim(KIND, &key, b"value", LONG).await.unwrap());
    assert!(store.take(KIND, &key).await.unwrap().is_some());
    assert_eq!(store.count(KIND, &key, LONG).await.unwrap(), 1);
}

async fn an_outage(which: Which) {
    let Some(mut server) = Private::start(which).await else {
        return;
    };
    let at = At::at(which, server.url()).await;
    works_again(&at.store).await;
    server.stop();
    every_operation_fails_in_time(&at.store).await;
    every_operation_fails_in_time(&at.store).await;
    server.restart().await;
    works_again(&at.store).await;
    assert_eq!(at.get("lost").await, None);

    server.hang();
    every_operation_fails_in_time(&at.store).await;
    server.go_on();
    works_again(&at.store).await;

    // Nobody was there to notice: the first operation afterwards simply works.
    server.restart().await;
    assert_eq!(at.take("nothing").await, None);
    server.restart().await;
    assert!(at.claim(&key(), b"value").await);
    server.restart().await;
    assert_eq!(at.count(&key()).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_goes_away_and_comes_back() {
    an_outage(Which::Redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memcached_goes_away_and_comes_back() {
    an_outage(Which::Memcached).await;
}

async fn a_server_that_is_not_there_yet(which: Which) {
    let Some(mut server) = Private::start(which).await else {
        return;
    };
    server.stop();
    let at = At::at(which, server.url()).await;
    every_operation_fails_in_time(&at.store).await;
    server.restart().await;
    works_again(&at.store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_may_be_started_after_us() {
    a_server_that_is_not_there_yet(Which::Redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memcached_may_be_started_after_us() {
    a_server_that_is_not_there_yet(Which::Memcached).await;
}

/// A server without TLS behind `rediss://`: an error, not a password in the clear.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_with_tls_is_never_spoken_to_without() {
    let Some(server) = Private::start(Which::Redis).await else {
        return;
    };
    let keywright::config::StoreUrl::Redis(url) = server.url() else {
        unreachable!()
    };
    let url = url.expose().replace("redis://", "rediss://");
    let at = At::at(Which::Redis, keywright::config::StoreUrl::parse(&url).unwrap()).await;
    every_operation_fails_in_time(&at.store).await;
}

/// AC-184: bounded memory drops nobody; it refuses newcomers, and takes them again when others have expired.
#[tokio::test]
async fn memory_that_is_full_refuses_and_drops_nothing() {
    let at = At::new(Which::Memory).await.unwrap();
    at.put("first", b"value").await;
    let large = vec![0; 60_000];
    let mut refused = None;
    for number in 0..4_000 {
        if let Err(error) = at.store.put(KIND, &number.to_string(), &large, LONG).await {
            refused = Some((number, error));
            break;
        }
    }
    let (number, error) = refused.unwrap();
    assert!(
        number > 3_000 && matches!(error, StoreError::Full),
        "{number}: {error}"
    );
    assert_eq!(at.get("first").await.unwrap(), b"value");
    let claim = at.store.claim(KIND, "newcomer", &large, LONG).await;
    assert!(
        matches!(claim, Err(StoreError::Full)),
        "never a won or lost claim"
    );
    assert!(at.get("0").await.is_some());
    at.put("0", b"smaller").await;
    at.after(LONG).await;
    at.put("newcomer", &large).await;
}
