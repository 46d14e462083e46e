//! Events, and the count of notices.

use super::databases::{at, databases, user};
use keywright::storage::events::{self, EventRow};
use keywright::storage::users;

fn event(id: &str, user: Option<&str>, when: i64) -> EventRow {
    EventRow {
        id: id.to_owned(),
        user_id: user.map(str::to_owned),
        at: at(when).0,
        event: "login".to_owned(),
        ip: "192.0.2.1".to_owned(),
        user_agent: "test".to_owned(),
        client_id: Some("c".to_owned()),
        request_id: "r".to_owned(),
        detail: r#"{"amr":"pwd"}"#.to_owned(),
    }
}

/// AC-268
#[tokio::test]
async fn events_are_listed_by_user_and_by_time_and_end_with_both() {
    for db in databases().await {
        users::insert(db.write(), &user("v")).await.unwrap();
        for row in [
            event("a", Some("u"), 0),
            event("b", None, 1),
            event("c", Some("v"), 2),
            event("d", Some("u"), 3),
            event("e", Some("u"), 4),
        ] {
            events::insert(db.write(), &row).await.unwrap();
        }
        let of = async |user: &str, before: &str, limit: i64| {
            let rows = events::of_user(db.read(), user, before, limit).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>().join("")
        };
        assert_eq!(of("u", "~", 2).await, "ed", "{}", db.name());
        assert_eq!(of("u", "d", 2).await, "a");
        assert_eq!(of("v", "~", 9).await, "c");
        let list = async |since: i64, after: &str| {
            let rows = events::list(db.read(), at(since), after, 3).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>().join("")
        };
        assert_eq!(list(1, "").await, "bcd", "{}", db.name());
        assert_eq!(list(1, "d").await, "e");
        let of_since = async |since: i64, after: &str, limit: i64| {
            let rows = events::list_of_user(db.read(), "u", at(since), after, limit)
                .await
                .unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>().join("")
        };
        assert_eq!(of_since(0, "", 2).await, "ad", "{}", db.name());
        assert_eq!(of_since(0, "d", 2).await, "e");
        assert_eq!(of_since(1, "", 9).await, "de");
        let whole = events::of_user(db.read(), "v", "~", 1).await.unwrap().remove(0);
        assert_eq!(whole, event("c", Some("v"), 2), "{}", db.name());
        let count = async |user: &str, name: &str, since: i64| {
            events::count_since(db.read(), user, name, at(since))
                .await
                .unwrap()
        };
        assert_eq!(count("u", "login", 0).await, 2, "{}", db.name());
        assert_eq!(count("u", "other", -1).await, 0);
        assert_eq!(
            events::purge(db.write(), at(3), 2).await.unwrap(),
            2,
            "{}",
            db.name()
        );
        assert_eq!(events::purge(db.write(), at(3), 2).await.unwrap(), 1);
        assert_eq!(events::purge(db.write(), at(3), 2).await.unwrap(), 0);
        users::delete(db.write(), "u").await.unwrap();
        assert_eq!(list(0, "").await, "", "they go with the user");
    }
}

#[tokio::test]
async fn notices_are_counted_by_class_and_day() {
    for db in databases().await {
        let count = async |class: &str, day: i64| {
            let at = db.write();
            events::count_notice(at, "u", class, day).await.unwrap()
        };
        assert_eq!(
            (count("a", 1).await, count("a", 1).await),
            (1, 2),
            "{}",
            db.name()
        );
        assert_eq!(count("b", 1).await, 1);
        assert_eq!(
            (count("a", 2).await, count("a", 2).await),
            (1, 2),
            "{}",
            db.name()
        );
    }
}

/// Whoever tries addresses that are nobody's fills no table for as long as an account keeps what happened to it.
#[tokio::test]
async fn what_happened_to_nobody_is_removed_apart() {
    for db in databases().await {
        let mut deleted = event("c", None, 0);
        deleted.event = "user_deleted".to_owned();
        for row in [
            event("a", Some("u"), 0),
            event("b", None, 0),
            deleted,
            event("d", None, 1),
            event("e", None, 2),
        ] {
            events::insert(db.write(), &row).await.unwrap();
        }
        let purge = async |limit: i64| {
            events::purge_of_nobody(db.write(), "login", at(2), limit)
                .await
                .unwrap()
        };
        assert_eq!(purge(1).await, 1, "{}", db.name());
        assert_eq!((purge(9).await, purge(9).await), (1, 0), "{}", db.name());
        let left = events::list(db.read(), at(0), "", 9).await.unwrap();
        let left: Vec<&str> = left.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(left, ["a", "c", "e"], "{}", db.name());
    }
}
