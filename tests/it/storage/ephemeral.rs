//! Short-lived values and counters. Their contract as a store is in `tests/it/ephemeral.rs`.

use super::databases::{NOW, at, databases};
use keywright::storage::{ephemeral, purge};

#[tokio::test]
async fn a_value_lives_until_it_expires_is_taken_or_forgotten() {
    for db in databases().await {
        ephemeral::put(db.write(), "a", b"one", at(10)).await.unwrap();
        ephemeral::put(db.write(), "a", b"two", at(20)).await.unwrap();
        let get = async |now| ephemeral::get(db.read(), "a", at(now)).await.unwrap();
        assert_eq!(get(19).await.unwrap(), b"two", "{}", db.name());
        assert_eq!(get(20).await, None);
        assert_eq!(ephemeral::take(db.write(), "a", at(20)).await.unwrap(), None);
        assert!(ephemeral::take(db.write(), "a", at(19)).await.unwrap().is_some());
        assert_eq!(get(0).await, None);
        ephemeral::put(db.write(), "a", b"", at(20)).await.unwrap();
        ephemeral::forget(db.write(), "a").await.unwrap();
        assert_eq!(get(0).await, None);
    }
}

#[tokio::test]
async fn a_claim_holds_until_it_expires() {
    for db in databases().await {
        let claim = async |now| {
            let end = at(now + 10);
            ephemeral::claim(db.write(), "a", b"mine", end, at(now))
                .await
                .unwrap()
        };
        assert!(claim(0).await, "{}", db.name());
        assert!(!claim(9).await);
        assert!(claim(10).await);
        assert!(!claim(11).await);
    }
}

#[tokio::test]
async fn a_counter_counts_until_it_expires() {
    for db in databases().await {
        let count = async |now| {
            let end = at(now + 10);
            ephemeral::count(db.write(), "a", end, at(now)).await.unwrap()
        };
        assert_eq!(ephemeral::hits(db.read(), "a", NOW).await.unwrap(), 0);
        assert_eq!((count(0).await, count(9).await), (1, 2), "{}", db.name());
        assert_eq!(ephemeral::hits(db.read(), "a", at(9)).await.unwrap(), 2);
        assert_eq!(ephemeral::hits(db.read(), "a", at(10)).await.unwrap(), 0);
        assert_eq!(count(10).await, 1);
    }
}

#[tokio::test]
async fn what_has_expired_is_removed() {
    for db in databases().await {
        for end in [1, 100, 200] {
            ephemeral::put(db.write(), &end.to_string(), b"value", at(end))
                .await
                .unwrap();
        }
        assert_eq!(purge::batch(&db, at(100)).await.unwrap(), 1, "{}", db.name());
        assert_eq!(purge::batch(&db, at(101)).await.unwrap(), 1, "{}", db.name());
        assert!(ephemeral::get(db.read(), "200", at(101)).await.unwrap().is_some());
    }
}
