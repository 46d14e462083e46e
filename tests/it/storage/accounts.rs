//! The outbox, the links of mails, and wrong passwords in a row.

use super::databases::{NOW, at, databases};
use keywright::storage::mail_links::MailLinkRow;
use keywright::storage::outbox::OutboxRow;
use keywright::storage::{mail_links, outbox, password_failures, users};

fn mail(id: &str, due: i64) -> OutboxRow {
    OutboxRow {
        id: id.to_owned(),
        sealed: id.as_bytes().to_vec(),
        created_at: at(due).0,
        due_at: at(due).0,
        expires_at: at(100).0,
        attempts: 0,
    }
}

#[tokio::test]
async fn the_mail_that_is_due_for_longest_is_claimed_until_its_lease_ends() {
    for db in databases().await {
        for row in [mail("b", 2), mail("a", 1), mail("later", 50)] {
            outbox::insert(db.write(), &row).await.unwrap();
        }
        let claim = async |now: i64| {
            let row = outbox::claim(db.write(), at(now), at(now + 10)).await.unwrap();
            row.map(|row| (row.id, row.attempts))
        };
        assert_eq!(claim(0).await, None, "{}", db.name());
        assert_eq!(claim(5).await, Some(("a".to_owned(), 1)));
        assert_eq!(claim(5).await, Some(("b".to_owned(), 1)));
        assert_eq!(claim(5).await, None);
        assert!(outbox::postpone(db.write(), "b", at(30)).await.unwrap());
        assert_eq!(claim(15).await, Some(("a".to_owned(), 2)), "its lease is over");
        assert!(outbox::remove(db.write(), "a").await.unwrap());
        assert!(!outbox::remove(db.write(), "a").await.unwrap());
        assert!(!outbox::postpone(db.write(), "a", NOW).await.unwrap());
        assert_eq!(claim(30).await, Some(("b".to_owned(), 2)));
        let newest = outbox::newest(db.read(), at(60), 10).await.unwrap();
        let ids: Vec<&str> = newest.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["later", "b"], "{}", db.name());
        assert_eq!(claim(100).await, None, "expired");
        assert!(outbox::newest(db.read(), at(100), 10).await.unwrap().is_empty());
    }
}

fn link(id: &str, purpose: &str, user: Option<&str>) -> MailLinkRow {
    MailLinkRow {
        id: id.to_owned(),
        purpose: purpose.to_owned(),
        digest: id.as_bytes().to_vec(),
        email: "u@example.test".to_owned(),
        user_id: user.map(str::to_owned),
        user_epoch: user.map(|_| 0),
        created_at: NOW.0,
        expires_at: at(60).0,
    }
}

#[tokio::test]
async fn a_link_is_spent_once_and_voided_with_its_kind() {
    for db in databases().await {
        for row in [
            link("one", "reset", Some("u")),
            link("two", "verify", Some("u")),
            link("free", "sign_up", None),
        ] {
            mail_links::insert(db.write(), &row).await.unwrap();
        }
        let live = async |id: &str, now| mail_links::find_live(db.read(), id, now).await.unwrap().is_some();
        assert!(live("one", NOW).await && live("two", NOW).await && live("free", at(59)).await);
        assert!(!live("one", at(60)).await, "at its end it is over");
        assert!(!mail_links::spend(db.write(), "one", at(60)).await.unwrap());
        assert!(mail_links::spend(db.write(), "one", NOW).await.unwrap());
        assert!(!mail_links::spend(db.write(), "one", NOW).await.unwrap());
        assert!(!live("one", NOW).await, "{}", db.name());
        let void = async |purpose, email| mail_links::void(db.write(), purpose, email, NOW).await.unwrap();
        assert_eq!(void("verify", "other@example.test").await, 0);
        assert_eq!(void("verify", "u@example.test").await, 1);
        assert!(!live("two", NOW).await && live("free", NOW).await);
        let sent = async |since| {
            mail_links::sent_since(db.read(), "reset", "u@example.test", at(since))
                .await
                .unwrap()
        };
        assert_eq!((sent(-1).await, sent(0).await), (1, 0), "{}", db.name());
    }
}

#[tokio::test]
async fn a_link_ends_with_what_it_is_bound_to() {
    for db in databases().await {
        let live = async |id: &str| mail_links::find_live(db.read(), id, NOW).await.unwrap().is_some();
        mail_links::insert(db.write(), &link("one", "reset", Some("u")))
            .await
            .unwrap();
        let mut moved = link("moved", "reset", Some("u"));
        moved.email = "before@example.test".to_owned();
        mail_links::insert(db.write(), &moved).await.unwrap();
        assert!(live("one").await && !live("moved").await, "{}", db.name());

        assert!(
            !users::set_email_verified(db.write(), "u", 1, "u@example.test", NOW)
                .await
                .unwrap()
        );
        assert!(
            !users::set_email_verified(db.write(), "u", 0, "before@example.test", NOW)
                .await
                .unwrap()
        );
        assert!(
            users::set_email_verified(db.write(), "u", 0, "u@example.test", NOW)
                .await
                .unwrap()
        );
        assert!(live("one").await);
        assert!(
            !users::reset_password(db.write(), "u", 1, "new", NOW)
                .await
                .unwrap(),
            "another epoch"
        );
        assert!(
            users::reset_password(db.write(), "u", 0, "new", NOW)
                .await
                .unwrap()
        );
        assert!(
            !users::reset_password(db.write(), "u", 0, "late", NOW)
                .await
                .unwrap()
        );
        let row = users::find(db.read(), "u").await.unwrap().unwrap();
        assert_eq!(
            (row.credential_epoch, row.password_hash.as_deref()),
            (1, Some("new"))
        );
        assert!(row.email_verified && !live("one").await, "{}", db.name());

        let mut fresh = link("fresh", "reset", Some("u"));
        fresh.user_epoch = Some(1);
        mail_links::insert(db.write(), &fresh).await.unwrap();
        assert!(live("fresh").await);
        users::set_disabled(db.write(), "u", Some(NOW), NOW)
            .await
            .unwrap();
        assert!(!live("fresh").await);
        assert!(
            !users::reset_password(db.write(), "u", 2, "x", NOW).await.unwrap(),
            "disabled"
        );
        users::delete(db.write(), "u").await.unwrap();
        assert!(!live("fresh").await);
    }
}

#[tokio::test]
async fn failures_are_counted_to_a_lock_and_forgotten() {
    for db in databases().await {
        let add = async |n: i64| {
            let row = password_failures::add(db.write(), "u", 3, at(n)).await.unwrap();
            (row.failures, row.locked_at)
        };
        assert_eq!(add(1).await, (1, None), "{}", db.name());
        assert!(password_failures::clear(db.write(), "u").await.unwrap());
        assert_eq!(add(2).await, (1, None));
        assert_eq!(add(3).await, (2, None));
        assert_eq!(add(4).await, (3, Some(at(4).0)));
        assert_eq!(add(5).await, (4, Some(at(4).0)), "since the first");
        assert!(
            !password_failures::clear(db.write(), "u").await.unwrap(),
            "a lock stays"
        );
        password_failures::add(db.write(), "", 3, NOW).await.unwrap();
        password_failures::add(db.write(), "u/device", 3, NOW)
            .await
            .unwrap();
        let found = async |a: &str, b: &str| password_failures::find(db.read(), a, b).await.unwrap().len();
        assert_eq!((found("u", "u/device").await, found("u", "none").await), (2, 1));
        assert!(password_failures::unlock(db.write(), "u").await.unwrap());
        assert!(!password_failures::unlock(db.write(), "u").await.unwrap());
        assert_eq!(add(6).await, (1, None), "{}", db.name());
    }
}
