//! What the store itself can see and change. The memory of a process cannot be reached from outside.

use super::fixture::{At, KIND, key};
use super::on_each_store;
use crate::support::stores::Which;

on_each_store! {
    /// ASVS 14.2.4
    the_store_sees_neither_key_nor_value,
    a_value_copied_to_another_key_is_refused,
    a_changed_value_is_refused,
    a_made_up_value_is_refused,
    a_server_with_another_data_key_sees_nothing,
    the_same_value_never_looks_the_same,
}

async fn the_store_sees_neither_key_nor_value(at: At) {
    let key = key();
    at.put(&key, b"alice@example.test").await;
    if let Some(raw) = at.raw(&key).await {
        let text = String::from_utf8_lossy(&raw).into_owned() + &at.store.name("value", KIND, &key);
        assert!(!text.contains("alice") && !text.contains(&key[..8]));
    } else {
        assert_eq!(at.which, Which::Memory);
    }
}

async fn a_value_copied_to_another_key_is_refused(at: At) {
    let (hers, his) = (key(), key());
    at.put(&hers, b"alice").await;
    at.put(&his, b"bob").await;
    if let Some(raw) = at.raw(&hers).await {
        at.plant(&his, &raw).await;
        assert_eq!(at.get(&his).await, None);
        assert_eq!(at.take(&his).await, None);
    }
    assert_eq!(at.get(&hers).await.unwrap(), b"alice");
}

async fn a_changed_value_is_refused(at: At) {
    let key = key();
    at.put(&key, b"value").await;
    if let Some(raw) = at.raw(&key).await {
        for position in 0..raw.len() {
            let mut changed = raw.clone();
            changed[position] ^= 1;
            at.plant(&key, &changed).await;
            assert_eq!(at.get(&key).await, None, "byte {position}");
        }
        at.plant(&key, &raw[..raw.len() - 1]).await;
        assert_eq!(at.get(&key).await, None, "shortened");
        at.plant(&key, &raw).await;
    }
    assert_eq!(at.get(&key).await.unwrap(), b"value");
}

async fn a_made_up_value_is_refused(at: At) {
    for made_up in [&b""[..], b"{}", &[0; 28], &[255; 300]] {
        let key = key();
        at.plant(&key, made_up).await;
        assert_eq!(at.get(&key).await, None);
    }
}

async fn a_server_with_another_data_key_sees_nothing(at: At) {
    let (key, stranger) = (key(), at.stranger());
    at.put(&key, b"value").await;
    assert_eq!(stranger.get(KIND, &key).await.unwrap(), None);
    assert_ne!(
        stranger.name("value", KIND, &key),
        at.store.name("value", KIND, &key)
    );
}

async fn the_same_value_never_looks_the_same(at: At) {
    let key = key();
    at.put(&key, b"value").await;
    let first = at.raw(&key).await;
    at.put(&key, b"value").await;
    assert!(first.is_none() || first != at.raw(&key).await);
}
