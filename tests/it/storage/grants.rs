//! Grants: code and refresh token in one row, each spent once.

use super::databases::{Database, NOW, at, client, databases, grant, refresh};
use super::standing::standing;
use keywright::storage::grants::{self, NewGrant, NewRefresh, Rotation};
use keywright::storage::{clients, users};
use keywright::time::Timestamp;

async fn rotate(db: &Database, presented: &str, next: &str, now: Timestamp) -> bool {
    let rotation = Rotation {
        presented: presented.as_bytes(),
        next: &refresh(next),
        sealed: Some(b"sealed"),
    };
    grants::rotate(db.write(), "g", &rotation, now).await.unwrap()
}

/// RFC 6749 §4.1.2
#[tokio::test]
async fn a_code_is_redeemed_once_in_time_and_unless_revoked() {
    for db in databases().await {
        grants::insert(db.write(), &grant("g")).await.unwrap();
        grants::insert(db.write(), &grant("revoked")).await.unwrap();
        grants::revoke(db.write(), "revoked", NOW).await.unwrap();
        let first = refresh("one");
        let redeem = async |id: &str, now: i64| {
            let redeemed = grants::redeem_code(db.write(), id, Some(&first), at(90_000), at(now)).await;
            redeemed.unwrap()
        };
        assert!(!redeem("revoked", 1).await, "{}: revoked", db.name());
        assert!(!redeem("g", 60).await, "{}: at its end it is over", db.name());
        assert!(!redeem("other", 1).await);
        assert!(redeem("g", 59).await);
        assert!(!redeem("g", 59).await);
        let found = standing(&db, "g").await;
        assert_eq!(found.code_spent_at, Some(at(59).0));
        assert_eq!(
            found.refresh_digest.as_deref(),
            Some(&b"one"[..]),
            "{}",
            db.name()
        );
        assert_eq!(found.refresh_expires_at, Some(at(3_600).0));
        assert_eq!(standing(&db, "revoked").await.refresh_digest, None);

        grants::insert(db.write(), &grant("no-refresh")).await.unwrap();
        let redeemed = grants::redeem_code(db.write(), "no-refresh", None, at(900), at(1)).await;
        assert!(redeemed.unwrap());
        assert_eq!(standing(&db, "no-refresh").await.refresh_digest, None);
    }
}

/// RFC 9700 §4.14.2
#[tokio::test]
async fn only_the_live_refresh_token_is_rotated() {
    for db in databases().await {
        let mut written = grant("g");
        (written.code, written.refresh) = (None, Some(refresh("one")));
        grants::insert(db.write(), &written).await.unwrap();
        assert!(
            !rotate(&db, "zero", "x", at(1)).await,
            "{}: another token",
            db.name()
        );
        assert!(!rotate(&db, "one", "x", at(3_600)).await, "{}: idle", db.name());
        assert!(rotate(&db, "one", "two", at(10)).await);
        assert!(!rotate(&db, "one", "x", at(10)).await, "{}: replaced", db.name());
        let found = standing(&db, "g").await;
        assert_eq!(found.refresh_digest.as_deref(), Some(&b"two"[..]));
        assert_eq!(found.refresh_previous.as_deref(), Some(&b"one"[..]));
        assert_eq!(found.refresh_successor.as_deref(), Some(&b"sealed"[..]));
        assert_eq!(found.refresh_rotated_at, Some(at(10).0), "{}", db.name());
        assert!(grants::revoke(db.write(), "g", at(11)).await.unwrap());
        assert!(
            !rotate(&db, "two", "three", at(12)).await,
            "{}: revoked",
            db.name()
        );
    }
}

/// RFC 8705 §4
#[tokio::test]
async fn a_family_is_bound_from_its_first_token_on() {
    for db in databases().await {
        let bound = |digest: &str| NewRefresh {
            certificate: Some("thumbprint".to_owned()),
            ..refresh(digest)
        };
        let certificate = async |id: &str| standing(&db, id).await.refresh_certificate;
        grants::insert(db.write(), &grant("by-code")).await.unwrap();
        assert_eq!(certificate("by-code").await, None, "{}", db.name());
        let first = bound("one");
        let redeemed = grants::redeem_code(db.write(), "by-code", Some(&first), at(90_000), at(1)).await;
        assert!(redeemed.unwrap());
        assert_eq!(certificate("by-code").await.as_deref(), Some("thumbprint"));
        // A rotation leaves it as it is.
        let next = refresh("two");
        let rotation = Rotation {
            presented: b"one",
            next: &next,
            sealed: Some(b"sealed"),
        };
        let rotated = grants::rotate(db.write(), "by-code", &rotation, at(2)).await;
        assert!(rotated.unwrap(), "{}", db.name());
        assert_eq!(certificate("by-code").await.as_deref(), Some("thumbprint"));

        let mut written = grant("at-once");
        (written.code, written.refresh) = (None, Some(bound("one")));
        grants::insert(db.write(), &written).await.unwrap();
        assert_eq!(certificate("at-once").await.as_deref(), Some("thumbprint"));
    }
}

#[tokio::test]
async fn a_family_has_an_absolute_end() {
    for db in databases().await {
        let mut written = grant("g");
        (written.code, written.refresh) = (None, Some(refresh("one")));
        written.expires_at = at(100);
        grants::insert(db.write(), &written).await.unwrap();
        assert!(!rotate(&db, "one", "two", at(100)).await, "{}", db.name());
        assert!(rotate(&db, "one", "two", at(99)).await, "{}", db.name());
    }
}

#[tokio::test]
async fn a_revocation_keeps_its_first_time() {
    for db in databases().await {
        grants::insert(db.write(), &grant("g")).await.unwrap();
        assert!(grants::revoke(db.write(), "g", at(1)).await.unwrap());
        assert!(!grants::revoke(db.write(), "g", at(2)).await.unwrap());
        assert_eq!(
            standing(&db, "g").await.ground.revoked_at,
            Some(at(1).0),
            "{}",
            db.name()
        );
    }
}

#[tokio::test]
async fn a_session_takes_along_the_grants_that_do_not_outlive_it() {
    for db in databases().await {
        for (id, session_id, offline) in [
            ("online", Some("s"), false),
            ("offline", Some("s"), true),
            ("elsewhere", Some("t"), false),
            ("without", None, false),
        ] {
            let written = NewGrant {
                session_id,
                offline,
                ..grant(id)
            };
            grants::insert(db.write(), &written).await.unwrap();
        }
        let revoke = async || grants::revoke_of_session(db.write(), "s", at(1)).await.unwrap();
        assert_eq!((revoke().await, revoke().await), (1, 0), "{}", db.name());
        for (id, revoked) in [
            ("online", true),
            ("offline", false),
            ("elsewhere", false),
            ("without", false),
        ] {
            assert_eq!(
                standing(&db, id).await.ground.revoked_at.is_some(),
                revoked,
                "{}: {id}",
                db.name()
            );
        }
    }
}

#[tokio::test]
async fn a_client_loses_the_grants_of_one_user() {
    for db in databases().await {
        users::insert(db.write(), &super::databases::user("v"))
            .await
            .unwrap();
        clients::insert(db.write(), &client("d")).await.unwrap();
        for (id, user_id, client_id) in [("1", "u", "c"), ("2", "u", "c"), ("3", "u", "d"), ("4", "v", "c")] {
            let written = NewGrant {
                user_id,
                client_id,
                ..grant(id)
            };
            grants::insert(db.write(), &written).await.unwrap();
        }
        assert_eq!(
            grants::revoke_of_client(db.write(), "u", "c", at(1))
                .await
                .unwrap(),
            2
        );
        assert_eq!(
            grants::revoke_of_client(db.write(), "u", "c", at(2))
                .await
                .unwrap(),
            0
        );
        for (id, revoked) in [("1", true), ("2", true), ("3", false), ("4", false)] {
            assert_eq!(
                standing(&db, id).await.ground.revoked_at.is_some(),
                revoked,
                "{}: {id}",
                db.name()
            );
        }
        clients::delete(db.write(), "d").await.unwrap();
        assert!(
            grants::standing(db.read(), "3").await.unwrap().is_none(),
            "{}",
            db.name()
        );
        users::delete(db.write(), "v").await.unwrap();
        assert!(
            grants::standing(db.read(), "4").await.unwrap().is_none(),
            "{}",
            db.name()
        );
    }
}
