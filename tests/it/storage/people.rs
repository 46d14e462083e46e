//! Users, what they have consented to, and the link that makes the first administrator.

use super::databases::{NOW, at, client, databases, user};
use keywright::storage::{clients, consents, setup_links, users};

#[tokio::test]
async fn a_user_is_read_back_as_written() {
    for db in databases().await {
        let written = user("w");
        users::insert(db.write(), &written).await.unwrap();
        let by_id = users::find(db.read(), "w").await.unwrap().unwrap();
        let by_email = users::find_by_email(db.read(), "w@example.test").await.unwrap();
        assert_eq!(by_id, written, "{}", db.name());
        assert_eq!(by_email.unwrap(), written);
        assert!(users::find(db.read(), "W").await.unwrap().is_none());
        let other_case = users::find_by_email(db.read(), "W@example.test").await.unwrap();
        assert!(
            other_case.is_none(),
            "addresses are canonical before they come here"
        );
    }
}

#[tokio::test]
async fn an_address_belongs_to_one_user() {
    for db in databases().await {
        let mut second = user("v");
        second.email = "u@example.test".to_owned();
        let error = users::insert(db.write(), &second).await.unwrap_err();
        assert!(error.is_unique_violation(), "{}: {error}", db.name());
        assert!(!error.is_unavailable());
    }
}

#[tokio::test]
async fn users_are_listed_page_by_page() {
    for db in databases().await {
        for id in ["a", "b", "d"] {
            users::insert(db.write(), &user(id)).await.unwrap();
        }
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = users::list(db.read(), &after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 2);
            after = last.email.clone();
            seen.extend(page.into_iter().map(|user| user.id));
        }
        assert_eq!(seen, ["a", "b", "d", "u"], "{}", db.name());
    }
}

#[tokio::test]
async fn a_role_is_found_whole() {
    for db in databases().await {
        let has = async |role| users::any_with_role(db.read(), role).await.unwrap();
        assert!(!has("admin").await);
        let mut admin = user("a");
        admin.roles = r#"["member","admin"]"#.to_owned();
        users::insert(db.write(), &admin).await.unwrap();
        assert!(has("admin").await && has("member").await, "{}", db.name());
        assert!(!has("adm").await && !has("dmin").await, "{}", db.name());
    }
}

/// A new password voids what was issued before; a stronger hash of the same one does not.
#[tokio::test]
async fn a_new_password_moves_the_epoch_and_a_rehash_does_not() {
    for db in databases().await {
        let set = async |id: &str, epoch: i64, hash: &str| {
            users::set_password(db.write(), id, epoch, hash, at(5))
                .await
                .unwrap()
        };
        assert!(set("u", 0, "new").await);
        assert!(
            !set("u", 0, "of before").await,
            "{}: it was changed since",
            db.name()
        );
        let row = users::find(db.read(), "u").await.unwrap().unwrap();
        assert_eq!((row.credential_epoch, row.updated_at), (1, at(5).0));
        assert_eq!(row.password_hash.as_deref(), Some("new"));
        assert!(!set("nobody", 0, "new").await);

        users::rehash(db.write(), "u", "new", "stronger").await.unwrap();
        users::rehash(db.write(), "u", "new", "late").await.unwrap();
        let row = users::find(db.read(), "u").await.unwrap().unwrap();
        assert_eq!(row.password_hash.as_deref(), Some("stronger"), "{}", db.name());
        assert_eq!(row.credential_epoch, 1);
    }
}

#[tokio::test]
async fn a_user_is_disabled_and_enabled_and_what_was_before_is_void() {
    for db in databases().await {
        let since = async || users::find(db.read(), "u").await.unwrap().unwrap().disabled_at;
        assert!(
            users::set_disabled(db.write(), "u", Some(at(1)), at(1))
                .await
                .unwrap()
        );
        assert_eq!(since().await, Some(at(1).0));
        assert!(users::set_disabled(db.write(), "u", None, at(2)).await.unwrap());
        assert_eq!(since().await, None, "{}", db.name());
        let row = users::find(db.read(), "u").await.unwrap().unwrap();
        assert_eq!(row.credential_epoch, 1, "{}", db.name());
        assert!(
            !users::set_disabled(db.write(), "nobody", None, NOW)
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn a_consent_is_replaced_and_forgotten() {
    for db in databases().await {
        clients::insert(db.write(), &client("other")).await.unwrap();
        let scope = async |client: &str| consents::find(db.read(), "u", client).await.unwrap();
        assert_eq!(scope("c").await, None);
        consents::upsert(db.write(), "u", "c", "openid", NOW)
            .await
            .unwrap();
        consents::upsert(db.write(), "u", "other", "email", NOW)
            .await
            .unwrap();
        consents::upsert(db.write(), "u", "c", "openid email", at(1))
            .await
            .unwrap();
        assert_eq!(scope("c").await.as_deref(), Some("openid email"), "{}", db.name());
        assert_eq!(scope("other").await.as_deref(), Some("email"));
        assert!(consents::delete(db.write(), "u", "c").await.unwrap());
        assert!(!consents::delete(db.write(), "u", "c").await.unwrap());
        assert_eq!(scope("c").await, None);
    }
}

#[tokio::test]
async fn what_belongs_to_a_deleted_user_goes_too() {
    for db in databases().await {
        consents::upsert(db.write(), "u", "c", "openid", NOW)
            .await
            .unwrap();
        assert!(users::delete(db.write(), "u").await.unwrap());
        assert!(!users::delete(db.write(), "u").await.unwrap());
        assert_eq!(
            consents::find(db.read(), "u", "c").await.unwrap(),
            None,
            "{}",
            db.name()
        );
    }
}

#[tokio::test]
async fn a_new_setup_link_voids_the_earlier_one() {
    for db in databases().await {
        for id in ["one", "two"] {
            let mut tx = db.begin().await.unwrap();
            setup_links::replace(&mut tx, id, id.as_bytes(), NOW, at(60))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        let find = async |id: &str, now| setup_links::find_live(db.read(), id, now).await.unwrap();
        assert_eq!(find("one", NOW).await, None, "{}", db.name());
        assert_eq!(find("two", at(59)).await.as_deref(), Some(&b"two"[..]));
        assert_eq!(find("two", at(60)).await, None, "at its end it is over");
        assert!(!setup_links::spend(db.write(), "two", at(60)).await.unwrap());
        assert!(!setup_links::spend(db.write(), "one", NOW).await.unwrap());
        assert!(setup_links::spend(db.write(), "two", NOW).await.unwrap());
        assert!(!setup_links::spend(db.write(), "two", NOW).await.unwrap());
        assert_eq!(find("two", NOW).await, None);
    }
}
