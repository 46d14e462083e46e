//! `put`, `get`, `forget`.

use super::fixture::{At, KIND, LONG, key};
use super::on_each_store;
use keywright::ephemeral::{Kind, MAX_VALUE, StoreError};
use keywright::time::Seconds;

on_each_store! {
    a_value_comes_back_as_it_was_put,
    what_was_never_put_is_not_there,
    a_later_value_replaces_an_earlier_one,
    an_empty_value_is_a_value,
    every_byte_comes_back,
    the_largest_value_is_taken,
    a_larger_value_is_refused,
    a_value_lasts_its_lifetime,
    a_value_is_gone_after_its_lifetime,
    a_later_value_has_a_lifetime_of_its_own,
    no_lifetime_is_shorter_than_a_second,
    a_lifetime_of_years_is_taken,
    a_forgotten_value_is_gone,
    forgetting_nothing_is_fine,
    a_forgotten_key_can_be_used_again,
    kinds_share_nothing,
    kind_and_key_are_not_run_together,
    keys_that_look_alike_share_nothing,
    /// AC-183
    a_key_with_line_breaks_and_commands_is_a_key,
    /// AC-183
    a_key_of_any_length_is_a_key,
    a_value_with_line_breaks_and_commands_is_a_value,
    concurrent_writers_never_mix_their_values,
}

async fn a_value_comes_back_as_it_was_put(at: At) {
    let key = key();
    at.put(&key, b"value").await;
    assert_eq!(at.get(&key).await.unwrap(), b"value");
    assert_eq!(at.get(&key).await.unwrap(), b"value", "reading changes nothing");
}

async fn what_was_never_put_is_not_there(at: At) {
    assert_eq!(at.get(&key()).await, None);
}

async fn a_later_value_replaces_an_earlier_one(at: At) {
    let key = key();
    at.put(&key, b"a longer first value").await;
    at.put(&key, b"second").await;
    assert_eq!(at.get(&key).await.unwrap(), b"second");
}

async fn an_empty_value_is_a_value(at: At) {
    let key = key();
    at.put(&key, b"").await;
    assert_eq!(at.get(&key).await, Some(Vec::new()));
}

async fn every_byte_comes_back(at: At) {
    let (key, bytes): (_, Vec<u8>) = (key(), (0..=255).collect());
    at.put(&key, &bytes).await;
    assert_eq!(at.get(&key).await.unwrap(), bytes);
}

async fn the_largest_value_is_taken(at: At) {
    let (key, large) = (key(), vec![7; MAX_VALUE]);
    at.put(&key, &large).await;
    assert_eq!(at.get(&key).await.unwrap(), large);
}

async fn a_larger_value_is_refused(at: At) {
    let (key, larger) = (key(), vec![7; MAX_VALUE + 1]);
    let put = at.store.put(KIND, &key, &larger, LONG).await;
    assert!(matches!(put, Err(StoreError::TooLarge)));
    let claimed = at.store.claim(KIND, &key, &larger, LONG).await;
    assert!(matches!(claimed, Err(StoreError::TooLarge)));
    assert_eq!(at.get(&key).await, None);
}

async fn a_value_lasts_its_lifetime(at: At) {
    let (key, ttl) = (key(), Seconds(4));
    at.store.put(KIND, &key, b"value", ttl).await.unwrap();
    at.almost(Seconds(3)).await;
    assert!(at.get(&key).await.is_some());
}

async fn a_value_is_gone_after_its_lifetime(at: At) {
    let (key, ttl) = (key(), Seconds(1));
    at.store.put(KIND, &key, b"value", ttl).await.unwrap();
    at.after(ttl).await;
    assert_eq!(at.get(&key).await, None);
}

async fn a_later_value_has_a_lifetime_of_its_own(at: At) {
    let (longer, shorter, ttl) = (key(), key(), Seconds(1));
    at.store.put(KIND, &longer, b"first", ttl).await.unwrap();
    at.put(&longer, b"second").await;
    at.put(&shorter, b"first").await;
    at.store.put(KIND, &shorter, b"second", ttl).await.unwrap();
    at.after(ttl).await;
    assert_eq!(at.get(&longer).await.unwrap(), b"second");
    assert_eq!(at.get(&shorter).await, None);
}

async fn no_lifetime_is_shorter_than_a_second(at: At) {
    for ttl in [0, -1, i64::MIN] {
        let key = key();
        at.store.put(KIND, &key, b"value", Seconds(ttl)).await.unwrap();
        at.after(Seconds(1)).await;
        assert_eq!(at.get(&key).await, None, "{ttl}: not for ever");
    }
}

async fn a_lifetime_of_years_is_taken(at: At) {
    for ttl in [30 * 86_400, 365 * 86_400, i64::MAX] {
        let key = key();
        at.store.put(KIND, &key, b"value", Seconds(ttl)).await.unwrap();
        assert!(at.get(&key).await.is_some(), "{ttl}: not a date in the past");
    }
}

async fn a_forgotten_value_is_gone(at: At) {
    let key = key();
    at.put(&key, b"value").await;
    at.store.forget(KIND, &key).await.unwrap();
    assert_eq!(at.get(&key).await, None);
}

async fn forgetting_nothing_is_fine(at: At) {
    at.store.forget(KIND, &key()).await.unwrap();
}

async fn a_forgotten_key_can_be_used_again(at: At) {
    let key = key();
    at.put(&key, b"before").await;
    at.store.forget(KIND, &key).await.unwrap();
    at.put(&key, b"after").await;
    assert_eq!(at.get(&key).await.unwrap(), b"after");
}

async fn kinds_share_nothing(at: At) {
    let key = key();
    at.put(&key, b"value").await;
    let other = Kind("other");
    assert_eq!(at.store.get(other, &key).await.unwrap(), None);
    assert_eq!(at.store.take(other, &key).await.unwrap(), None);
    at.store.forget(other, &key).await.unwrap();
    assert!(at.get(&key).await.is_some());
}

async fn kind_and_key_are_not_run_together(at: At) {
    let key = key();
    at.store.put(Kind("ab"), &key, b"value", LONG).await.unwrap();
    let shifted = at.store.get(Kind("a"), &format!("b{key}")).await.unwrap();
    assert_eq!(shifted, None);
}

async fn keys_that_look_alike_share_nothing(at: At) {
    let base = key();
    at.put(&base, b"value").await;
    for other in [
        base.to_uppercase() + "A",
        format!("{base} "),
        format!(" {base}"),
        format!("{base}\0"),
        base[1..].to_owned(),
        String::new(),
    ] {
        assert_eq!(at.get(&other).await, None, "{other:?}");
    }
}

async fn a_key_with_line_breaks_and_commands_is_a_key(at: At) {
    let bystander = key();
    at.put(&bystander, b"value").await;
    for hostile in [
        "\r\nflush_all\r\n",
        "\r\nFLUSHALL\r\n",
        "a b c",
        "'; DELETE FROM ephemeral; --",
        "键\u{0}",
    ] {
        let hostile = format!("{}{hostile}", key());
        assert_eq!(at.get(&hostile).await, None);
        at.put(&hostile, b"hostile").await;
        assert_eq!(at.get(&hostile).await.unwrap(), b"hostile");
        assert_eq!(at.count(&hostile).await, 1);
    }
    assert!(at.get(&bystander).await.is_some());
}

async fn a_key_of_any_length_is_a_key(at: At) {
    for length in [0, 1, 250, 251, 100_000] {
        let key = format!("{}{}", key(), "k".repeat(length));
        at.put(&key, b"value").await;
        assert!(at.get(&key).await.is_some(), "{length}");
        assert_eq!(at.store.name("value", KIND, &key).len(), 46);
    }
}

async fn a_value_with_line_breaks_and_commands_is_a_value(at: At) {
    let (key, hostile) = (key(), b"END\r\nflush_all\r\n\0*1\r\n$8\r\nFLUSHALL\r\n");
    at.put(&key, hostile).await;
    assert_eq!(at.get(&key).await.unwrap(), hostile);
}

async fn concurrent_writers_never_mix_their_values(at: At) {
    let key = key();
    let mut writers = Vec::new();
    for writer in 0..50u8 {
        let (store, key) = (at.store.clone(), key.clone());
        writers.push(tokio::spawn(async move {
            let value = vec![writer; 1 + 300 * usize::from(writer)];
            store.put(KIND, &key, &value, LONG).await.unwrap();
            store.get(KIND, &key).await.unwrap().unwrap()
        }));
    }
    for writer in writers {
        let seen = writer.await.unwrap();
        assert_eq!(seen, vec![seen[0]; 1 + 300 * usize::from(seen[0])]);
    }
}
