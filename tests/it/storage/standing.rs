//! What a grant stands on: the same ground, whatever is presented of it.

use super::databases::{Database, NOW, at, databases, grant, refresh, session};
use keywright::storage::grants::{self, Ground, NewGrant, Rotation, Standing};
use keywright::storage::{denied_tokens, password_failures, sessions, users};

/// The standing of a grant that is there.
pub(super) async fn standing(db: &Database, id: &str) -> Standing {
    grants::standing(db.read(), id).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_standing_joins_grant_user_and_session() {
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
        assert_eq!((found.auth_time, found.created_at), (NOW.0, NOW.0));
        assert_eq!((found.acr.as_str(), found.amr.as_str()), ("1", "pwd"));
        assert_eq!((found.code_spent_at, found.refresh_digest), (None, None));
        assert_eq!(
            (found.email.as_str(), found.email_verified),
            ("u@example.test", true)
        );
        let ground = Ground {
            revoked_at: None,
            expires_at: written.expires_at.0,
            offline: false,
            user_disabled_at: None,
            user_epoch: 0,
            credential_epoch: 0,
            session_ended_at: None,
            session_expires_at: Some(at(3_600).0),
        };
        assert_eq!(found.ground, ground, "{}", db.name());

        sessions::end(db.write(), "s", at(1)).await.unwrap();
        assert!(
            users::set_password(db.write(), "u", 0, "new", at(2))
                .await
                .unwrap()
        );
        users::set_disabled(db.write(), "u", Some(at(3)), at(3))
            .await
            .unwrap();
        let changed = Ground {
            session_ended_at: Some(at(1).0),
            credential_epoch: 2,
            user_disabled_at: Some(at(3).0),
            ..ground
        };
        assert_eq!(standing(&db, "g").await.ground, changed, "{}", db.name());
        assert!(grants::standing(db.read(), "other").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn the_standing_of_a_code_is_that_of_its_grant_with_the_code_and_the_lock_of_the_user() {
    for db in databases().await {
        sessions::insert(db.write(), &session("s")).await.unwrap();
        let written = NewGrant {
            session_id: Some("s"),
            ..grant("g")
        };
        grants::insert(db.write(), &written).await.unwrap();
        let found = async || grants::code_standing(db.read(), "g").await.unwrap().unwrap();
        let code = found().await;
        assert_eq!(
            (code.code_digest.as_deref(), code.code_expires_at),
            (Some(&b"code"[..]), Some(at(60).0))
        );
        assert_eq!(code.code_challenge.as_deref(), Some("challenge"));
        assert_eq!(code.code_redirect_uri.as_deref(), Some("https://app.test/cb"));
        assert_eq!(code.user_locked_at, None);
        let whole = standing(&db, "g").await;
        assert_eq!((code.standing.id, code.standing.ground), (whole.id, whole.ground));

        for _ in 0..2 {
            password_failures::add(db.write(), "u", 2, at(4)).await.unwrap();
        }
        assert_eq!(found().await.user_locked_at, Some(at(4).0), "{}", db.name());
        assert!(grants::code_standing(db.read(), "other").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn the_standing_of_an_access_token_is_that_of_its_grant_and_whether_the_token_was_denied() {
    for db in databases().await {
        grants::insert(db.write(), &grant("g")).await.unwrap();
        denied_tokens::insert(db.write(), "j", at(900), None)
            .await
            .unwrap();
        let denied = grants::token_standing(db.read(), "g", "j")
            .await
            .unwrap()
            .unwrap();
        let other = grants::token_standing(db.read(), "g", "k")
            .await
            .unwrap()
            .unwrap();
        assert!(denied.denied && !other.denied, "{}", db.name());
        let whole = standing(&db, "g").await;
        assert_eq!(
            (other.standing.id, other.standing.ground),
            (whole.id, whole.ground)
        );
        assert!(
            grants::token_standing(db.read(), "other", "j")
                .await
                .unwrap()
                .is_none()
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
        let rotation = Rotation {
            presented: b"first",
            next: &refresh("second"),
            sealed: None,
        };
        assert!(grants::rotate(db.write(), "g", &rotation, at(5)).await.unwrap());
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
        assert_eq!(part.created_at, whole.created_at);
        assert_eq!(part.ground, whole.ground);
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
        let ends = (
            part.ground.user_disabled_at,
            part.ground.session_ended_at,
            part.ground.revoked_at,
        );
        assert_eq!(ends, (Some(at(8).0), Some(at(7).0), Some(at(9).0)));
        assert!(
            grants::refresh_standing(db.read(), "other")
                .await
                .unwrap()
                .is_none()
        );
    }
}
