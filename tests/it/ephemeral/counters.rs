//! `count`: no hit is lost, and the first one says when the counter starts again.

use super::fixture::{At, KIND, LONG, key};
use super::on_each_store;
use keywright::ephemeral::Kind;
use keywright::time::Seconds;

on_each_store! {
    a_counter_counts_from_one,
    fifty_concurrent_hits_are_all_counted,
    a_counter_starts_again_after_its_lifetime,
    further_hits_do_not_prolong_a_counter,
    counters_of_two_keys_and_kinds_do_not_meet,
    counter_and_value_of_a_key_do_not_meet,
    forgetting_a_key_ends_its_counter,
    of_fifty_first_hits_exactly_one_is_the_first,
}

async fn a_counter_counts_from_one(at: At) {
    let key = key();
    for expected in 1..=12 {
        assert_eq!(at.count(&key).await, expected);
    }
}

async fn hits(at: &At, key: &str) -> Vec<u64> {
    let racers = (0..50).map(|_| {
        let (store, key) = (at.store.clone(), key.to_owned());
        tokio::spawn(async move { store.count(KIND, &key, LONG).await.unwrap() })
    });
    let mut seen = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        seen.push(racer.await.unwrap());
    }
    seen.sort_unstable();
    seen
}

async fn fifty_concurrent_hits_are_all_counted(at: At) {
    let key = key();
    hits(&at, &key).await;
    assert_eq!(at.count(&key).await, 51);
}

async fn of_fifty_first_hits_exactly_one_is_the_first(at: At) {
    assert_eq!(hits(&at, &key()).await, (1..=50).collect::<Vec<u64>>());
}

async fn a_counter_starts_again_after_its_lifetime(at: At) {
    let (key, ttl) = (key(), Seconds(1));
    assert_eq!(at.store.count(KIND, &key, ttl).await.unwrap(), 1);
    assert_eq!(at.store.count(KIND, &key, ttl).await.unwrap(), 2);
    at.after(ttl).await;
    assert_eq!(at.store.count(KIND, &key, ttl).await.unwrap(), 1);
}

async fn further_hits_do_not_prolong_a_counter(at: At) {
    let (key, ttl) = (key(), Seconds(2));
    at.store.count(KIND, &key, ttl).await.unwrap();
    at.almost(ttl).await;
    at.count(&key).await;
    at.after(Seconds(1)).await;
    assert_eq!(at.count(&key).await, 1);
}

async fn counters_of_two_keys_and_kinds_do_not_meet(at: At) {
    let key = key();
    at.count(&key).await;
    assert_eq!(at.count(&format!("{key}x")).await, 1);
    assert_eq!(at.store.count(Kind("other"), &key, LONG).await.unwrap(), 1);
    assert_eq!(at.count(&key).await, 2);
}

async fn counter_and_value_of_a_key_do_not_meet(at: At) {
    let key = key();
    at.put(&key, b"9").await;
    assert_eq!(at.count(&key).await, 1);
    assert_eq!(at.take(&key).await.unwrap(), b"9");
    assert_eq!(at.count(&key).await, 2);
}

async fn forgetting_a_key_ends_its_counter(at: At) {
    let key = key();
    at.count(&key).await;
    at.store.forget(KIND, &key).await.unwrap();
    assert_eq!(at.count(&key).await, 1);
}
