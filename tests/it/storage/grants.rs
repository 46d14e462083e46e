//! Grants: code and refresh token in one row, each spent once.

use super::databases::{Database, NOW, at, client, databases, grant, refresh, session};
use keywright::storage::grants::{self, NewGrant, NewRefresh, Rotation, Standing};
use keywright::storage::{clients, denied_tokens, sessions, users};
use keywright::time::Timestamp;

async fn standing(db: &Database, id: &str) -> Standing {
    grants::standing(db.read(), id, "").await.unwrap().unwrap()
}

async fn rotate(db: &Database, presented: &str, next: &str, now: Timestamp) -> bool {
    let rotation = Rotation {
        presented: presented.as_bytes(),
        next: &refresh(next),
        sealed: b"sealed",
    };
    grants::rotate(db.write(), "g", &rotation, now).await.unwrap()
}

#[tokio::test]
async fn the_standing_joins_grant_user_session_and_denied_token() {
    for db in databases().await {
        sessions::insert(db.write(), &session("s")).await.unwrap();
        let written = NewGrant {
            session_id: Some("s"),
            offline: false,
            claims: Some("{}"),
            ..grant("g")
        };
        grants::insert(db.write(), &written).await.unwrap();
        let found = standing(&db, "g").await;
        assert_eq!((found.client_id.as_str(), found.user_id.as_str()), ("c", "u"));
        assert_eq!(
            (found.scope.as_str(), found.resources.as_str()),
            ("openid email", "[]")
        );
        assert_eq!(
            (found.claims.as_deref(), found.nonce.as_deref()),
            (Some("{}"), Some("n"))
        );
        assert_eq!(
            (found.offline, found.auth_time, found.created_at),
            (false, NOW.0, NOW.0)
        );
        assert_eq!((found.acr.as_str(), found.amr.as_str()), ("1", "pwd"));
        assert_eq!(
            (found.code_digest.as_deref(), found.code_expires_at),
            (Some(&b"code"[..]), Some(at(60).0))
        );
        assert_eq!(found.code_challenge.as_deref(), Some("challenge"));
        assert_eq!(found.code_redirect_uri.as_deref(), Some("https://app.test/cb"));
        assert_eq!(
            (found.code_spent_at, found.revoked_at, found.refresh_digest),
            (None, None, None)
        );
        assert_eq!(
            (found.email.as_str(), found.email_verified),
            ("u@example.test", true)
        );
        assert_eq!(
            (found.session_ended_at, found.session_expires_at),
            (None, Some(at(3_600).0))
        );
        assert_eq!(
            (found.user_epoch, found.credential_epoch, found.user_disabled_at),
            (0, 0, None)
        );
        assert!(!found.denied, "{}", db.name());

        denied_tokens::insert(db.write(), "j", at(900), None)
            .await
            .unwrap();
        sessions::end(db.write(), "s", at(1)).await.unwrap();
        assert!(
            users::set_password(db.write(), "u", 0, "new", at(2))
                .await
                .unwrap()
        );
        users::set_disabled(db.write(), "u", Some(at(3)), at(3))
            .await
            .unwrap();
        let found = grants::standing(db.read(), "g", "j").await.unwrap().unwrap();
        assert!(found.denied && !standing(&db, "g").await.denied);
        assert_eq!(found.session_ended_at, Some(at(1).0), "{}", db.name());
        assert_eq!(
            (found.credential_epoch, found.user_disabled_at),
            (2, Some(at(3).0))
        );
        assert!(grants::standing(db.read(), "other", "").await.unwrap().is_none());
    }
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
            sealed: b"sealed",
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
            standing(&db, "g").await.revoked_at,
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
                standing(&db, id).await.revoked_at.is_some(),
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
                standing(&db, id).await.revoked_at.is_some(),
                revoked,
                "{}: {id}",
                db.name()
            );
        }
        clients::delete(db.write(), "d").await.unwrap();
        assert!(
            grants::standing(db.read(), "3", "").await.unwrap().is_none(),
            "{}",
            db.name()
        );
        users::delete(db.write(), "v").await.unwrap();
        assert!(
            grants::standing(db.read(), "4", "").await.unwrap().is_none(),
            "{}",
            db.name()
        );
    }
}

/// What introspection looks at is what every other path looks at.
#[tokio::test]
async fn the_standing_of_a_refresh_token_is_a_part_of_that_of_its_grant() {
    for db in databases().await {
        sessions::insert(db.write(), &session("s")).await.unwrap();
        let first = refresh("first");
        let written = NewGrant {
            session_id: Some("s"),
            refresh: Some(first.clone()),
            ..grant("g")
        };
        grants::insert(db.write(), &written).await.unwrap();
        assert!(rotate(&db, "first", "second", at(5)).await);
        sessions::end(db.write(), "s", at(7)).await.unwrap();
        users::set_disabled(db.write(), "u", Some(at(8)), at(8))
            .await
            .unwrap();
        assert!(grants::revoke(db.write(), "g", at(9)).await.unwrap());
        let (whole, part) = (
            standing(&db, "g").await,
            grants::refresh_standing(db.read(), "g").await.unwrap().unwrap(),
        );
        assert_eq!(
            (part.client_id, part.user_id, part.scope),
            (whole.client_id, whole.user_id, whole.scope)
        );
        assert_eq!(
            (part.offline, part.user_epoch, part.credential_epoch),
            (whole.offline, whole.user_epoch, whole.credential_epoch)
        );
        assert_eq!(
            (part.created_at, part.expires_at, part.revoked_at),
            (whole.created_at, whole.expires_at, whole.revoked_at)
        );
        assert_eq!(
            (
                part.refresh_digest,
                part.refresh_expires_at,
                part.refresh_rotated_at
            ),
            (
                whole.refresh_digest,
                whole.refresh_expires_at,
                whole.refresh_rotated_at
            )
        );
        assert_eq!(
            (
                part.user_disabled_at,
                part.session_ended_at,
                part.session_expires_at
            ),
            (
                whole.user_disabled_at,
                whole.session_ended_at,
                whole.session_expires_at
            )
        );
        assert_eq!(
            (part.user_disabled_at, part.session_ended_at, part.revoked_at),
            (Some(at(8).0), Some(at(7).0), Some(at(9).0))
        );
        assert!(
            grants::refresh_standing(db.read(), "other")
                .await
                .unwrap()
                .is_none()
        );
    }
}
