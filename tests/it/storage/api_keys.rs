//! API keys: whose they are, what is read with them, and when they are gone.

use super::databases::{Database, NOW, at, client, databases, user};
use keywright::storage::api_keys::{ApiKeyRow, NewApiKey};
use keywright::storage::{api_keys, clients, purge, users};
use keywright::time::Seconds;

const PAUSE: Seconds = Seconds(60);

fn key(id: &str) -> NewApiKey<'_> {
    NewApiKey {
        id,
        digest: b"digest",
        name: "Ä",
        scope: "email",
        resource: "https://api.test",
        created_at: NOW,
        expires_at: at(100),
    }
}

async fn find(db: &Database, id: &str) -> Option<ApiKeyRow> {
    api_keys::find(db.read(), id).await.unwrap()
}

async fn of_user(db: &Database, id: &str) -> bool {
    api_keys::insert_of_user(db.write(), "u", &key(id), 3)
        .await
        .unwrap()
}

async fn of_client(db: &Database, id: &str) -> bool {
    api_keys::insert_of_client(db.write(), "c", &key(id), 3)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_key_is_read_back_with_its_owner() {
    for db in databases().await {
        assert!(of_user(&db, "k").await && of_client(&db, "s").await);
        let row = find(&db, "k").await.unwrap();
        assert_eq!(
            (row.digest.as_slice(), row.owner()),
            (&b"digest"[..], "u"),
            "{}",
            db.name()
        );
        assert_eq!((row.name.as_str(), row.scope.as_str()), ("Ä", "email"));
        assert_eq!((row.created_at, row.expires_at), (NOW.0, at(100).0));
        assert_eq!((row.user_disablings, row.disablings), (Some(0), Some(0)));
        assert_eq!(row.email.as_deref(), Some("u@example.test"));
        assert_eq!(row.roles.as_deref(), Some(r#"["member"]"#));
        assert_eq!(
            (row.last_used_at, row.last_used_ip, row.owner_disabled_at),
            (None, None, None)
        );
        let row = find(&db, "s").await.unwrap();
        assert_eq!(
            (row.owner(), &row.user_id, &row.email, row.disablings),
            ("c", &None, &None, None)
        );
        assert!(find(&db, "nothing").await.is_none());
        let again = api_keys::insert_of_user(db.write(), "u", &key("k"), 3).await;
        assert!(again.unwrap_err().is_unique_violation(), "{}", db.name());
    }
}

#[tokio::test]
async fn only_an_enabled_owner_with_few_keys_gets_one() {
    for db in databases().await {
        for id in ["a", "b", "c"] {
            assert!(of_user(&db, id).await && of_client(&db, &format!("{id}{id}")).await);
        }
        assert!(
            !of_user(&db, "d").await && !of_client(&db, "dd").await,
            "{}",
            db.name()
        );
        for nobody in ["c", "nobody"] {
            assert!(
                !api_keys::insert_of_user(db.write(), nobody, &key("x"), 3)
                    .await
                    .unwrap()
            );
        }
        for nobody in ["u", "nobody"] {
            assert!(
                !api_keys::insert_of_client(db.write(), nobody, &key("x"), 3)
                    .await
                    .unwrap()
            );
        }
        users::set_disabled(db.write(), "u", Some(NOW), NOW)
            .await
            .unwrap();
        clients::set_disabled(db.write(), "c", Some(NOW), NOW)
            .await
            .unwrap();
        assert!(
            !api_keys::insert_of_user(db.write(), "u", &key("x"), 9)
                .await
                .unwrap()
        );
        assert!(
            !api_keys::insert_of_client(db.write(), "c", &key("x"), 9)
                .await
                .unwrap(),
            "{}",
            db.name()
        );
    }
}

/// A user who was disabled and enabled has none of the keys of before; a client has its keys again, as its secrets.
#[tokio::test]
async fn what_becomes_of_the_owner_is_read_with_the_key() {
    for db in databases().await {
        assert!(of_user(&db, "k").await && of_client(&db, "s").await);
        users::set_disabled(db.write(), "u", Some(at(1)), at(1))
            .await
            .unwrap();
        let row = find(&db, "k").await.unwrap();
        assert_eq!(
            (row.owner_disabled_at, row.disablings),
            (Some(at(1).0), Some(1)),
            "{}",
            db.name()
        );
        users::set_disabled(db.write(), "u", None, at(2)).await.unwrap();
        let row = find(&db, "k").await.unwrap();
        assert_eq!(
            (row.owner_disabled_at, row.user_disablings, row.disablings),
            (None, Some(0), Some(1))
        );
        assert!(of_user(&db, "k2").await);
        let row = find(&db, "k2").await.unwrap();
        assert_eq!(row.user_disablings, row.disablings);
        assert!(
            users::set_password(db.write(), "u", 1, "new", at(3))
                .await
                .unwrap()
        );
        let row = find(&db, "k2").await.unwrap();
        assert_eq!(
            row.user_disablings, row.disablings,
            "a new password changes nothing"
        );

        clients::set_disabled(db.write(), "c", Some(at(1)), at(1))
            .await
            .unwrap();
        assert_eq!(find(&db, "s").await.unwrap().owner_disabled_at, Some(at(1).0));
        clients::set_disabled(db.write(), "c", None, at(2)).await.unwrap();
        assert_eq!(find(&db, "s").await.unwrap().owner_disabled_at, None);

        users::delete(db.write(), "u").await.unwrap();
        clients::delete(db.write(), "c").await.unwrap();
        for id in ["k", "k2", "s"] {
            assert!(find(&db, id).await.is_none(), "{}: {id}", db.name());
        }
    }
}

#[tokio::test]
async fn a_use_is_written_once_in_a_pause() {
    for db in databases().await {
        assert!(of_user(&db, "k").await);
        let used = async |seconds: i64, ip| {
            api_keys::used(db.write(), "k", ip, PAUSE, at(seconds))
                .await
                .unwrap()
        };
        assert!(used(10, Some("192.0.2.1")).await, "{}", db.name());
        assert!(!used(69, Some("192.0.2.2")).await);
        let row = find(&db, "k").await.unwrap();
        assert_eq!(
            (row.last_used_at, row.last_used_ip.as_deref()),
            (Some(at(10).0), Some("192.0.2.1"))
        );
        assert!(used(70, None).await);
        let row = find(&db, "k").await.unwrap();
        assert_eq!(
            (row.last_used_at, row.last_used_ip),
            (Some(at(70).0), None),
            "{}",
            db.name()
        );
        assert!(
            !api_keys::used(db.write(), "nothing", None, PAUSE, NOW)
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn keys_are_listed_by_owner_and_removed_by_owner() {
    for db in databases().await {
        users::insert(db.write(), &user("v")).await.unwrap();
        clients::insert(db.write(), &client("other")).await.unwrap();
        assert!(of_user(&db, "a").await && of_client(&db, "b").await);
        let mut later = key("z");
        later.created_at = at(1);
        assert!(
            api_keys::insert_of_user(db.write(), "u", &later, 3)
                .await
                .unwrap()
        );
        let listed = async |owner: &str| -> Vec<String> {
            let rows = api_keys::of_owner(db.read(), owner).await.unwrap();
            rows.into_iter().map(|row| row.id).collect()
        };
        assert_eq!(listed("u").await, ["z", "a"], "{}: the newest first", db.name());
        assert_eq!(listed("c").await, ["b"]);
        assert!(listed("v").await.is_empty() && listed("other").await.is_empty());
        let page = async |after: &str| -> Vec<String> {
            let rows = api_keys::list(db.read(), after, 2).await.unwrap();
            rows.into_iter().map(|row| row.id).collect()
        };
        assert_eq!(
            (page("").await, page("b").await),
            (vec!["a".to_owned(), "b".to_owned()], vec!["z".to_owned()])
        );
        for (owner, id) in [
            ("v", "a"),
            ("c", "a"),
            ("u", "b"),
            ("other", "b"),
            ("u", "nothing"),
        ] {
            assert!(
                !api_keys::remove_of_owner(db.write(), owner, id).await.unwrap(),
                "{}",
                db.name()
            );
        }
        assert!(api_keys::remove_of_owner(db.write(), "u", "a").await.unwrap());
        assert!(api_keys::remove_of_owner(db.write(), "c", "b").await.unwrap());
        assert!(api_keys::remove_of_owner(db.write(), "u", "z").await.unwrap());
        assert!(!api_keys::remove_of_owner(db.write(), "u", "z").await.unwrap());
        assert!(page("").await.is_empty(), "{}", db.name());
    }
}

/// Its owner sees for a month that it has expired.
#[tokio::test]
async fn an_expired_key_is_removed_after_a_month() {
    for db in databases().await {
        assert!(of_user(&db, "k").await);
        let month = 30 * 86_400;
        assert_eq!(
            purge::batch(&db, at(100 + month)).await.unwrap(),
            0,
            "{}",
            db.name()
        );
        assert!(find(&db, "k").await.is_some());
        assert_eq!(purge::batch(&db, at(101 + month)).await.unwrap(), 1);
        assert!(find(&db, "k").await.is_none(), "{}", db.name());
    }
}
