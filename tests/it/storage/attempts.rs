//! Logs of attempts. Their contract as a limit is in `tests/it/limits/`.

use super::databases::{at, databases};
use keywright::storage::attempts::{self, Limit};
use keywright::storage::{Db, purge};
use keywright::time::Timestamp;

fn limit(from: i64) -> Limit {
    Limit {
        attempts: 2,
        from: at(from),
    }
}

async fn add(db: &Db, names: (&str, &str), id: &str, now: i64) -> Vec<String> {
    let entry = attempts::entry(at(now), id);
    let mut added = attempts::add(db.write(), names, &entry, limit(now - 10), at(now + 11))
        .await
        .unwrap();
    added.sort_unstable();
    added
}

async fn full(db: &Db, names: (&str, &str), from: i64) -> Vec<Timestamp> {
    attempts::full(db.read(), names, limit(from)).await.unwrap()
}

#[tokio::test]
async fn a_log_is_full_until_its_oldest_entry_has_passed() {
    for db in databases().await {
        let name = db.name();
        assert_eq!(
            add(&db, ("a", "b"), "000000000001", 0).await,
            ["a", "b"],
            "{name}"
        );
        assert_eq!(add(&db, ("a", "a"), "000000000002", 5).await, ["a"]);
        assert_eq!(full(&db, ("a", "b"), 0).await, [at(0)]);
        assert!(add(&db, ("a", "b"), "000000000003", 10).await.is_empty());
        assert_eq!(add(&db, ("a", "b"), "000000000004", 11).await, ["a", "b"]);
        assert_eq!(full(&db, ("a", "a"), 1).await, [at(5)]);
        assert!(full(&db, ("c", "c"), 1).await.is_empty());
    }
}

#[tokio::test]
async fn what_is_given_back_is_one_entry_or_a_whole_log() {
    for db in databases().await {
        add(&db, ("a", "b"), "000000000001", 0).await;
        add(&db, ("a", "b"), "000000000002", 0).await;
        let entry = attempts::entry(at(0), "000000000001");
        attempts::give_back(db.write(), ("a", "b"), &entry, "", at(0))
            .await
            .unwrap();
        assert_eq!(
            add(&db, ("a", "b"), "000000000003", 1).await,
            ["a", "b"],
            "{}",
            db.name()
        );
        assert!(add(&db, ("a", "b"), "000000000004", 1).await.is_empty());
        attempts::give_back(db.write(), ("", ""), "-", "a", at(1))
            .await
            .unwrap();
        assert_eq!(full(&db, ("a", "b"), 0).await, [at(0)]);
        assert_eq!(add(&db, ("a", "a"), "000000000005", 1).await, ["a"]);
        // A name that nobody has counted under.
        attempts::give_back(db.write(), ("c", "d"), &entry, "e", at(1))
            .await
            .unwrap();
        assert_eq!(add(&db, ("c", "e"), "000000000006", 1).await, ["c", "e"]);
    }
}

#[tokio::test]
async fn attempts_of_the_past_are_removed() {
    for db in databases().await {
        add(&db, ("a", "b"), "000000000001", 0).await;
        add(&db, ("b", "b"), "000000000002", 5).await;
        assert_eq!(purge::batch(&db, at(11)).await.unwrap(), 0, "{}", db.name());
        assert_eq!(purge::batch(&db, at(12)).await.unwrap(), 1, "{}", db.name());
        assert_eq!(purge::batch(&db, at(17)).await.unwrap(), 1, "{}", db.name());
    }
}
