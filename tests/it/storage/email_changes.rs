//! Changes of addresses; whoever is the last with a role; what a removed user leaves nowhere.

use super::databases::{NOW, at, databases, user};
use keywright::storage::email_changes::{self, EmailChangeRow};
use keywright::storage::{device_codes, factors, password_failures, users};

fn change(id: &str, new: &str, when: i64) -> EmailChangeRow {
    EmailChangeRow {
        id: id.to_owned(),
        user_id: "u".to_owned(),
        user_epoch: 0,
        old_email: "u@example.test".to_owned(),
        new_email: new.to_owned(),
        digest: vec![1],
        stop_digest: vec![2],
        revert_digest: None,
        created_at: at(when).0,
        expires_at: at(60).0,
        revert_expires_at: at(100).0,
        changed_at: None,
        reverted_at: None,
    }
}

/// AC-225, AC-229
#[tokio::test]
async fn a_request_is_done_once_and_undone_once() {
    for db in databases().await {
        let open = async |id: &str, now: i64| {
            let found = email_changes::find_open(db.read(), id, at(now)).await;
            found.unwrap().is_some()
        };
        let revertible = async |id: &str, now: i64| {
            let found = email_changes::find_revertible(db.read(), id, at(now)).await;
            found.unwrap().is_some()
        };
        email_changes::insert(db.write(), &change("a", "new@x.test", 0))
            .await
            .unwrap();
        assert!(
            open("a", 1).await && !open("a", 60).await && !open("b", 1).await,
            "{}",
            db.name()
        );
        assert_eq!(email_changes::void(db.write(), "u", at(2)).await.unwrap(), 1);
        assert!(!open("a", 2).await && revertible("a", 99).await && !revertible("a", 100).await);
        email_changes::insert(db.write(), &change("b", "new@x.test", 3))
            .await
            .unwrap();
        let count = async |user: &str, address: &str, since: i64| {
            let counted = email_changes::count_since(db.read(), user, address, at(since)).await;
            counted.unwrap()
        };
        assert_eq!(count("u", "-", -1).await, 2, "{}", db.name());
        assert_eq!(
            (count("-", "new@x.test", 0).await, count("-", "-", -1).await),
            (1, 0)
        );

        let spend = async |now: i64| {
            let spent = email_changes::spend(db.write(), "b", &[3], at(200), at(now)).await;
            spent.unwrap()
        };
        assert!(
            !spend(60).await && spend(10).await && !spend(10).await,
            "{}",
            db.name()
        );
        assert!(!open("b", 10).await && revertible("b", 199).await);
        let row = email_changes::find_revertible(db.read(), "b", at(10))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (row.revert_digest, row.changed_at),
            (Some(vec![3]), Some(at(10).0))
        );

        let later = EmailChangeRow {
            user_epoch: 1,
            ..change("c", "third@x.test", 11)
        };
        email_changes::insert(db.write(), &later).await.unwrap();
        assert!(email_changes::revert(db.write(), "b", at(20)).await.unwrap());
        assert!(
            !email_changes::revert(db.write(), "b", at(20)).await.unwrap(),
            "{}",
            db.name()
        );
        assert_eq!(
            email_changes::revert_since(db.write(), "u", 1, at(20))
                .await
                .unwrap(),
            1
        );
        assert!(!open("c", 20).await && !revertible("c", 20).await && revertible("a", 20).await);
        users::set_disabled(db.write(), "u", Some(NOW), NOW)
            .await
            .unwrap();
        assert!(!revertible("a", 20).await);
    }
}

#[tokio::test]
async fn an_address_changes_for_the_user_that_it_was_asked_of() {
    for db in databases().await {
        users::insert(db.write(), &user("v")).await.unwrap();
        let to = async |before: (i64, &str), new: &str| {
            users::change_email(db.write(), "u", before, new, at(5)).await
        };
        assert!(
            !to((1, "u@example.test"), "new@x.test").await.unwrap(),
            "{}",
            db.name()
        );
        assert!(!to((0, "other@x.test"), "new@x.test").await.unwrap());
        assert!(
            to((0, "u@example.test"), "v@example.test")
                .await
                .unwrap_err()
                .is_unique_violation()
        );
        assert!(to((0, "u@example.test"), "new@x.test").await.unwrap());
        let user = users::find(db.read(), "u").await.unwrap().unwrap();
        assert_eq!((user.email.as_str(), user.credential_epoch), ("new@x.test", 1));
        assert!(user.email_verified);
        let back = async |email: &str| users::restore_email(db.write(), "u", email, at(6)).await;
        assert!(
            back("v@example.test").await.unwrap_err().is_unique_violation(),
            "{}",
            db.name()
        );
        assert!(back("u@example.test").await.unwrap());
        let user = users::find(db.read(), "u").await.unwrap().unwrap();
        assert_eq!(
            (user.email.as_str(), user.credential_epoch),
            ("u@example.test", 2)
        );
        users::set_disabled(db.write(), "u", Some(NOW), NOW)
            .await
            .unwrap();
        assert!(
            !back("third@x.test").await.unwrap() && !to((3, "u@example.test"), "x@x.test").await.unwrap()
        );
    }
}

#[tokio::test]
async fn the_last_enabled_holder_of_a_role_is_known() {
    for db in databases().await {
        for (id, roles) in [("v", r#"["admin"]"#), ("w", r#"["admin"]"#)] {
            let mut row = user(id);
            row.roles = roles.to_owned();
            users::insert(db.write(), &row).await.unwrap();
        }
        let mut tx = db.begin().await.unwrap();
        users::lock_role(&mut tx, "admin").await.unwrap();
        assert!(
            users::other_with_role(tx.sql(), "admin", "v").await.unwrap(),
            "{}",
            db.name()
        );
        tx.commit().await.unwrap();
        users::set_disabled(db.write(), "w", Some(NOW), NOW)
            .await
            .unwrap();
        assert!(
            !users::other_with_role(db.read(), "admin", "v").await.unwrap(),
            "{}",
            db.name()
        );
        assert!(!users::other_with_role(db.read(), "min", "u").await.unwrap());
    }
}

#[tokio::test]
async fn what_names_a_user_without_a_key_is_forgotten_by_name() {
    for db in databases().await {
        for subject in ["u", "u/device", "uu", ""] {
            password_failures::add(db.write(), subject, 10, NOW)
                .await
                .unwrap();
        }
        assert_eq!(
            password_failures::delete_of_user(db.write(), "u").await.unwrap(),
            2,
            "{}",
            db.name()
        );
        let left = password_failures::find(db.read(), "uu", "").await.unwrap();
        assert_eq!(left.len(), 2);
        let row = super::databases::device_code("d", "AAAABBBB");
        device_codes::insert(db.write(), &row).await.unwrap();
        let approval = super::databases::approval("g");
        device_codes::approve(db.write(), &row.id, &approval, NOW)
            .await
            .unwrap();
        assert_eq!(device_codes::delete_of_user(db.write(), "v").await.unwrap(), 0);
        assert_eq!(
            device_codes::delete_of_user(db.write(), "u").await.unwrap(),
            1,
            "{}",
            db.name()
        );
    }
}

/// AC-212
#[tokio::test]
async fn a_short_password_is_remembered() {
    for db in databases().await {
        let short = async || factors::held(db.read(), "u").await.unwrap().short_password;
        assert!(!short().await, "{}", db.name());
        users::set_short_password(db.write(), "u", true).await.unwrap();
        assert!(short().await, "{}", db.name());
        users::set_short_password(db.write(), "u", false).await.unwrap();
        assert!(!short().await);
    }
}
