//! `take` and `claim`: what one caller alone gets.

use super::fixture::{At, KIND, LONG, key};
use super::on_each_store;
use keywright::time::Seconds;

on_each_store! {
    a_value_is_taken_once,
    nothing_cannot_be_taken,
    a_value_past_its_lifetime_cannot_be_taken,
    a_taken_value_is_not_there_any_more,
    after_a_take_the_key_can_be_used_again,
    /// AC-088
    of_fifty_takers_exactly_one_gets_the_value,
    a_replaced_value_is_taken_as_it_is_now,
    the_first_claim_wins,
    a_lost_claim_changes_nothing,
    a_lost_claim_does_not_prolong_the_first,
    a_claim_ends_with_its_lifetime,
    /// AC-088
    of_fifty_claimers_exactly_one_wins,
    after_its_lifetime_exactly_one_of_fifty_claims_again,
    claims_on_two_keys_do_not_meet,
    a_put_value_cannot_be_claimed,
    a_taken_claim_can_be_claimed_again,
    a_forgotten_claim_can_be_claimed_again,
}

async fn a_value_is_taken_once(at: At) {
    let key = key();
    at.put(&key, b"value").await;
    assert_eq!(at.take(&key).await.unwrap(), b"value");
    assert_eq!(at.take(&key).await, None);
}

async fn nothing_cannot_be_taken(at: At) {
    assert_eq!(at.take(&key()).await, None);
}

async fn a_value_past_its_lifetime_cannot_be_taken(at: At) {
    let (key, ttl) = (key(), Seconds(1));
    at.store.put(KIND, &key, b"value", ttl).await.unwrap();
    at.after(ttl).await;
    assert_eq!(at.take(&key).await, None);
}

async fn a_taken_value_is_not_there_any_more(at: At) {
    let key = key();
    at.put(&key, b"value").await;
    at.take(&key).await.unwrap();
    assert_eq!(at.get(&key).await, None);
}

async fn after_a_take_the_key_can_be_used_again(at: At) {
    let key = key();
    at.put(&key, b"one").await;
    at.take(&key).await.unwrap();
    at.put(&key, b"two").await;
    assert_eq!(at.take(&key).await.unwrap(), b"two");
}

async fn of_fifty_takers_exactly_one_gets_the_value(at: At) {
    for _ in 0..5 {
        let key = key();
        at.put(&key, b"value").await;
        let takers = race(
            &at,
            |store, key| async move { store.take(KIND, &key).await.unwrap().is_some() },
            &key,
        );
        assert_eq!(takers.await, 1);
    }
}

async fn a_replaced_value_is_taken_as_it_is_now(at: At) {
    let key = key();
    at.put(&key, b"old").await;
    at.put(&key, b"new").await;
    assert_eq!(at.take(&key).await.unwrap(), b"new");
}

async fn the_first_claim_wins(at: At) {
    let key = key();
    assert!(at.claim(&key, b"first").await);
    assert!(!at.claim(&key, b"second").await);
}

async fn a_lost_claim_changes_nothing(at: At) {
    let key = key();
    at.claim(&key, b"first").await;
    at.claim(&key, b"second").await;
    assert_eq!(at.get(&key).await.unwrap(), b"first");
}

async fn a_lost_claim_does_not_prolong_the_first(at: At) {
    let (key, ttl) = (key(), Seconds(1));
    assert!(at.store.claim(KIND, &key, b"first", ttl).await.unwrap());
    assert!(!at.claim(&key, b"second").await);
    at.after(ttl).await;
    assert!(at.claim(&key, b"third").await);
}

async fn a_claim_ends_with_its_lifetime(at: At) {
    let (key, ttl) = (key(), Seconds(3));
    assert!(at.store.claim(KIND, &key, b"first", ttl).await.unwrap());
    at.almost(ttl).await;
    assert!(!at.claim(&key, b"second").await);
    at.after(Seconds(1)).await;
    assert!(at.claim(&key, b"third").await);
    assert_eq!(at.get(&key).await.unwrap(), b"third");
}

async fn of_fifty_claimers_exactly_one_wins(at: At) {
    for _ in 0..5 {
        assert_eq!(claimers(&at, &key()).await, 1);
    }
}

async fn after_its_lifetime_exactly_one_of_fifty_claims_again(at: At) {
    let (key, ttl) = (key(), Seconds(1));
    assert!(at.store.claim(KIND, &key, b"first", ttl).await.unwrap());
    at.after(ttl).await;
    assert_eq!(claimers(&at, &key).await, 1);
}

async fn claims_on_two_keys_do_not_meet(at: At) {
    assert!(at.claim(&key(), b"value").await);
    assert!(at.claim(&key(), b"value").await);
}

async fn a_put_value_cannot_be_claimed(at: At) {
    let key = key();
    at.put(&key, b"put").await;
    assert!(!at.claim(&key, b"claimed").await);
    assert_eq!(at.get(&key).await.unwrap(), b"put");
}

async fn a_taken_claim_can_be_claimed_again(at: At) {
    let key = key();
    at.claim(&key, b"first").await;
    at.take(&key).await.unwrap();
    assert!(at.claim(&key, b"second").await);
}

async fn a_forgotten_claim_can_be_claimed_again(at: At) {
    let key = key();
    at.claim(&key, b"first").await;
    at.store.forget(KIND, &key).await.unwrap();
    assert!(at.claim(&key, b"second").await);
}

async fn claimers(at: &At, key: &str) -> usize {
    race(
        at,
        |store, key| async move { store.claim(KIND, &key, b"mine", LONG).await.unwrap() },
        key,
    )
    .await
}

/// How many of fifty that start together succeed.
async fn race<F>(
    at: &At,
    racer: fn(std::sync::Arc<keywright::ephemeral::Store>, String) -> F,
    key: &str,
) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    let start = std::sync::Arc::new(tokio::sync::Barrier::new(50));
    let racers = (0..50).map(|_| {
        let (start, run) = (start.clone(), racer(at.store.clone(), key.to_owned()));
        tokio::spawn(async move {
            start.wait().await;
            run.await
        })
    });
    let mut won = 0;
    for racer in racers.collect::<Vec<_>>() {
        won += usize::from(racer.await.unwrap());
    }
    won
}
