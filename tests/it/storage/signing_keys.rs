//! Signing keys: at most one announced and one active per algorithm.

use super::databases::{Database, NOW, at, databases};
use keywright::storage::signing_keys::{self, KeyRow};

fn key(kid: &str, alg: &str, state: &str) -> KeyRow {
    KeyRow {
        kid: kid.to_owned(),
        alg: alg.to_owned(),
        state: state.to_owned(),
        private_key: vec![0, 159, 146, 150],
        created_at: NOW.0,
        activates_at: at(60).0,
        retired_at: None,
    }
}

async fn insert(db: &Database, key: &KeyRow) -> bool {
    signing_keys::insert(db.write(), key).await.unwrap()
}

async fn promote(db: &Database, kid: &str, now: i64) -> bool {
    let mut tx = db.begin().await.unwrap();
    let promoted = signing_keys::promote(&mut tx, "RS256", kid, at(now))
        .await
        .unwrap();
    if promoted {
        tx.commit().await.unwrap();
    }
    promoted
}

async fn states(db: &Database) -> Vec<(String, String, Option<i64>)> {
    let keys = signing_keys::list(db.read()).await.unwrap();
    keys.into_iter()
        .map(|key| (key.kid, key.state, key.retired_at))
        .collect()
}

#[tokio::test]
async fn an_algorithm_has_one_key_in_each_state() {
    for db in databases().await {
        assert!(insert(&db, &key("a", "RS256", "active")).await);
        assert!(!insert(&db, &key("b", "RS256", "active")).await, "{}", db.name());
        assert!(
            !insert(&db, &key("a", "ES256", "announced")).await,
            "the same kid"
        );
        assert!(insert(&db, &key("b", "ES256", "active")).await);
        assert!(insert(&db, &key("c", "RS256", "announced")).await);
        assert!(
            !insert(&db, &key("d", "RS256", "announced")).await,
            "{}",
            db.name()
        );
        let listed = signing_keys::list(db.read()).await.unwrap();
        assert_eq!(
            format!("{:?}", listed[0]),
            format!("{:?}", key("a", "RS256", "active"))
        );
        assert_eq!(listed.len(), 3);
    }
}

#[tokio::test]
async fn an_announced_key_takes_over_in_time_and_once() {
    for db in databases().await {
        insert(&db, &key("old", "RS256", "active")).await;
        insert(&db, &key("other", "ES256", "active")).await;
        insert(&db, &key("new", "RS256", "announced")).await;
        assert!(!promote(&db, "new", 59).await, "{}: too early", db.name());
        assert!(!promote(&db, "nobody", 60).await);
        assert!(promote(&db, "new", 60).await, "{}", db.name());
        assert!(!promote(&db, "new", 61).await);
        let expected = [
            ("new", "active", None),
            ("old", "retiring", Some(at(60).0)),
            ("other", "active", None),
        ];
        let expected = expected.map(|(kid, state, retired)| (kid.to_owned(), state.to_owned(), retired));
        assert_eq!(states(&db).await, expected, "{}", db.name());

        assert_eq!(signing_keys::delete_retired(db.write(), at(60)).await.unwrap(), 0);
        assert_eq!(signing_keys::delete_retired(db.write(), at(61)).await.unwrap(), 1);
        assert_eq!(states(&db).await.len(), 2, "{}: active keys stay", db.name());
    }
}

#[tokio::test]
async fn the_first_key_of_an_algorithm_needs_no_predecessor() {
    for db in databases().await {
        insert(&db, &key("first", "RS256", "announced")).await;
        assert!(promote(&db, "first", 60).await, "{}", db.name());
    }
}
