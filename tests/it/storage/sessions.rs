//! Browser sessions and saved requests.

use super::databases::{NOW, at, databases, grant, session, user};
use keywright::storage::interactions::{self, InteractionRow};
use keywright::storage::sessions::SessionRow;
use keywright::storage::{grants, sessions, users};
use keywright::time::Seconds;

const IDLE: Seconds = Seconds(600);

#[tokio::test]
async fn a_session_lives_until_it_ends_idles_or_expires() {
    for db in databases().await {
        sessions::insert(db.write(), &session("s")).await.unwrap();
        let live = async |now: i64| {
            let found = sessions::find_live(db.read(), "s", IDLE, at(now)).await.unwrap();
            found.is_some()
        };
        let found = sessions::find_live(db.read(), "s", IDLE, NOW)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.user_id.as_str(), found.email.as_str()),
            ("u", "u@example.test")
        );
        assert_eq!(
            (found.digest, found.roles.as_str()),
            (vec![1, 0, 255], r#"["member"]"#)
        );

        assert!(live(599).await && !live(600).await, "{}: idle", db.name());
        sessions::touch(db.write(), "s", at(3_500)).await.unwrap();
        sessions::touch(db.write(), "s", at(3_400)).await.unwrap();
        assert!(live(3_599).await && !live(3_600).await, "{}: absolute", db.name());

        assert!(sessions::end(db.write(), "s", at(3_510)).await.unwrap());
        assert!(!sessions::end(db.write(), "s", at(3_520)).await.unwrap());
        assert!(!live(3_510).await, "{}: ended", db.name());
    }
}

#[tokio::test]
async fn a_session_ends_with_its_user_or_the_password() {
    for db in databases().await {
        let live = async |id: &str| {
            let found = sessions::find_live(db.read(), id, IDLE, at(1)).await.unwrap();
            found.is_some()
        };
        for id in ["one", "two", "three"] {
            let epoch = users::find(db.read(), "u")
                .await
                .unwrap()
                .unwrap()
                .credential_epoch;
            let mut now = session(id);
            now.user_epoch = epoch;
            sessions::insert(db.write(), &now).await.unwrap();
            assert!(live(id).await, "{}: {id}", db.name());
            match id {
                "one" => {
                    users::set_disabled(db.write(), "u", Some(NOW), NOW)
                        .await
                        .unwrap();
                    assert!(!live(id).await, "{}: disabled", db.name());
                    users::set_disabled(db.write(), "u", None, NOW).await.unwrap();
                    assert!(!live(id).await, "{}: enabled, but void for good", db.name());
                }
                "two" => {
                    assert!(
                        users::set_password(db.write(), "u", epoch, "new", NOW)
                            .await
                            .unwrap()
                    );
                    assert!(!live(id).await, "{}: new password", db.name());
                }
                _ => {
                    users::delete(db.write(), "u").await.unwrap();
                    assert!(!live(id).await, "{}: deleted", db.name());
                }
            }
        }
    }
}

#[tokio::test]
async fn all_sessions_of_one_user_end() {
    for db in databases().await {
        users::insert(db.write(), &super::databases::user("other"))
            .await
            .unwrap();
        for id in ["one", "two"] {
            sessions::insert(db.write(), &session(id)).await.unwrap();
        }
        let mut theirs = session("theirs");
        theirs.user_id = "other".to_owned();
        sessions::insert(db.write(), &theirs).await.unwrap();
        assert_eq!(
            sessions::end_all(db.write(), "u", at(1)).await.unwrap(),
            2,
            "{}",
            db.name()
        );
        assert_eq!(sessions::end_all(db.write(), "u", at(2)).await.unwrap(), 0);
        let theirs = sessions::find_live(db.read(), "theirs", IDLE, at(1))
            .await
            .unwrap();
        assert!(theirs.is_some());
    }
}

#[tokio::test]
async fn a_saved_request_is_answered_once_and_in_time() {
    for db in databases().await {
        let row = InteractionRow {
            id: "i".to_owned(),
            browser: vec![9; 32],
            request: r#"{"params":[["state","ü"]]}"#.to_owned(),
            created_at: NOW.0,
            expires_at: at(60).0,
            spent_at: None,
        };
        interactions::insert(db.write(), &row).await.unwrap();
        let found = interactions::find(db.read(), "i").await.unwrap().unwrap();
        assert_eq!(format!("{found:?}"), format!("{row:?}"), "{}", db.name());
        assert!(interactions::find(db.read(), "I").await.unwrap().is_none());
        assert!(
            !interactions::spend(db.write(), "i", at(60)).await.unwrap(),
            "too late"
        );
        assert!(interactions::spend(db.write(), "i", at(59)).await.unwrap());
        assert!(!interactions::spend(db.write(), "i", at(59)).await.unwrap());
        let found = interactions::find(db.read(), "i").await.unwrap().unwrap();
        assert_eq!(found.spent_at, Some(at(59).0), "{}", db.name());
    }
}

/// A confirmation keeps the `sid` and changes the cookie; what was signed out stays so.
#[tokio::test]
async fn a_session_is_renewed_unless_it_has_ended() {
    for db in databases().await {
        sessions::insert(db.write(), &session("s")).await.unwrap();
        let mut renewed = session("s");
        (renewed.digest, renewed.auth_time) = (vec![2], at(300).0);
        (renewed.last_seen_at, renewed.expires_at) = (at(300).0, at(4_000).0);
        assert!(sessions::renew(db.write(), &renewed).await.unwrap());
        let found = sessions::find_live(db.read(), "s", IDLE, at(700))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.digest, found.auth_time),
            (vec![2], at(300).0),
            "{}",
            db.name()
        );

        let mut early = session("s");
        early.user_epoch = 1;
        assert!(
            !sessions::renew(db.write(), &early).await.unwrap(),
            "{}: not of this epoch",
            db.name()
        );
        users::set_password(db.write(), "u", 0, "new", at(750))
            .await
            .unwrap();
        assert!(
            !sessions::renew(db.write(), &session("s")).await.unwrap(),
            "{}: of the epoch before",
            db.name()
        );
        assert!(
            sessions::renew(db.write(), &early).await.unwrap(),
            "{}",
            db.name()
        );

        sessions::end(db.write(), "s", at(800)).await.unwrap();
        assert!(
            !sessions::renew(db.write(), &early).await.unwrap(),
            "{}",
            db.name()
        );
        assert!(!sessions::renew(db.write(), &session("other")).await.unwrap());
        assert!(
            sessions::find_live(db.read(), "s", IDLE, at(801))
                .await
                .unwrap()
                .is_none()
        );
    }
}

#[tokio::test]
async fn all_sessions_but_one_can_be_ended_with_their_grants() {
    for db in databases().await {
        users::insert(db.write(), &user("v")).await.unwrap();
        for (id, user_id) in [("one", "u"), ("two", "u"), ("three", "u"), ("theirs", "v")] {
            let row = SessionRow {
                user_id: user_id.to_owned(),
                ..session(id)
            };
            sessions::insert(db.write(), &row).await.unwrap();
            let mut given = grant(id);
            given.user_id = user_id;
            given.session_id = Some(id);
            given.offline = false;
            grants::insert(db.write(), &given).await.unwrap();
        }
        assert_eq!(sessions::owner(db.read(), "theirs").await.unwrap().unwrap(), "v");
        assert_eq!(sessions::owner(db.read(), "nobody's").await.unwrap(), None);
        let revoked = grants::revoke_of_sessions(db.write(), "u", "two", at(1)).await;
        assert_eq!(revoked.unwrap(), 2, "{}", db.name());
        assert_eq!(
            sessions::end_others(db.write(), "u", "two", at(1)).await.unwrap(),
            2
        );
        for (id, lives) in [("one", false), ("two", true), ("three", false), ("theirs", true)] {
            let live = sessions::find_live(db.read(), id, IDLE, at(1)).await.unwrap();
            assert_eq!(live.is_some(), lives, "{}: {id}", db.name());
            let standing = grants::standing(db.read(), id).await.unwrap().unwrap();
            assert_eq!(standing.ground.revoked_at.is_none(), lives, "{}: {id}", db.name());
        }
    }
}
