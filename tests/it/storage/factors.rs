//! Second factors, passkeys, and what waits in a browser; and the lists that people see of their account.

use super::databases::{NOW, at, client, databases, grant, session, user};
use keywright::storage::challenges::{self, ChallengeRow};
use keywright::storage::factors::{self, Held};
use keywright::storage::passkeys::{self, PasskeyRow};
use keywright::storage::{clients, consents, grants, sessions, users};
use keywright::time::Seconds;

const NOTHING: Held = Held {
    app: false,
    passkeys: 0,
    recovery_codes: 0,
    required: false,
    short_password: false,
};

fn passkey(id: &str, counter: i64) -> PasskeyRow {
    PasskeyRow {
        id: id.to_owned(),
        credential_id: id.as_bytes().to_vec(),
        user_id: "u".to_owned(),
        name: "Phone".to_owned(),
        credential: "{}".to_owned(),
        counter,
        created_at: NOW.0,
        last_used_at: None,
    }
}

/// AC-216: the step of an authenticator app only ever goes forward.
#[tokio::test]
async fn a_step_of_an_authenticator_app_is_taken_once_and_in_order() {
    for db in databases().await {
        assert!(factors::app(db.read(), "u").await.unwrap().is_none());
        assert!(!factors::advance_app(db.write(), "u", 1).await.unwrap());
        factors::set_app(db.write(), "u", b"sealed", 10, NOW)
            .await
            .unwrap();
        for (step, taken) in [
            (10, false),
            (9, false),
            (11, true),
            (11, false),
            (10, false),
            (12, true),
        ] {
            assert_eq!(
                factors::advance_app(db.write(), "u", step).await.unwrap(),
                taken,
                "{step}"
            );
        }
        let row = factors::app(db.read(), "u").await.unwrap().unwrap();
        assert_eq!(
            (row.secret.as_slice(), row.last_step, row.created_at),
            (&b"sealed"[..], 12, NOW.0)
        );
        factors::set_app(db.write(), "u", b"other", 3, at(5))
            .await
            .unwrap();
        let row = factors::app(db.read(), "u").await.unwrap().unwrap();
        assert_eq!(
            (row.secret.as_slice(), row.last_step, row.created_at),
            (&b"other"[..], 3, at(5).0)
        );
        assert!(factors::remove_app(db.write(), "u").await.unwrap());
        assert!(
            !factors::remove_app(db.write(), "u").await.unwrap(),
            "{}",
            db.name()
        );
    }
}

/// AC-222
#[tokio::test]
async fn a_recovery_code_is_spent_once_and_a_new_set_voids_the_old_one() {
    for db in databases().await {
        let set = |names: [&str; 2]| names.map(|name| name.as_bytes().to_vec());
        let mut tx = db.begin().await.unwrap();
        factors::lock(&mut tx, "u").await.unwrap();
        factors::replace_recovery_codes(&mut tx, "u", &set(["a", "b"]), NOW)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(
            !factors::spend_recovery_code(db.write(), "v", b"a", NOW)
                .await
                .unwrap()
        );
        assert!(
            factors::spend_recovery_code(db.write(), "u", b"a", NOW)
                .await
                .unwrap()
        );
        assert!(
            !factors::spend_recovery_code(db.write(), "u", b"a", NOW)
                .await
                .unwrap()
        );
        assert_eq!(factors::held(db.read(), "u").await.unwrap().recovery_codes, 1);
        let mut tx = db.begin().await.unwrap();
        factors::replace_recovery_codes(&mut tx, "u", &set(["c", "d"]), NOW)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(
            !factors::spend_recovery_code(db.write(), "u", b"b", NOW)
                .await
                .unwrap()
        );
        assert_eq!(factors::held(db.read(), "u").await.unwrap().recovery_codes, 2);
    }
}

#[tokio::test]
async fn what_a_user_holds_is_counted() {
    for db in databases().await {
        assert_eq!(factors::held(db.read(), "u").await.unwrap(), NOTHING);
        assert!(!NOTHING.any());
        factors::require(db.write(), "u", Some(NOW)).await.unwrap();
        factors::require(db.write(), "u", Some(at(1))).await.unwrap();
        factors::set_app(db.write(), "u", b"sealed", 0, NOW)
            .await
            .unwrap();
        passkeys::insert(db.write(), &passkey("k", 0)).await.unwrap();
        let held = factors::held(db.read(), "u").await.unwrap();
        assert_eq!(
            (held.app, held.passkeys, held.required, held.any()),
            (true, 1, true, true)
        );
        factors::require(db.write(), "u", None).await.unwrap();
        assert!(!factors::held(db.read(), "u").await.unwrap().required);
        users::delete(db.write(), "u").await.unwrap();
        assert_eq!(
            factors::held(db.read(), "u").await.unwrap(),
            NOTHING,
            "{}",
            db.name()
        );
    }
}

/// AC-233, AC-234: a counter that goes back is not taken; a credential belongs to one account.
#[tokio::test]
async fn a_passkey_is_its_owners_and_its_counter_goes_forward() {
    for db in databases().await {
        users::insert(db.write(), &user("v")).await.unwrap();
        passkeys::insert(db.write(), &passkey("k", 5)).await.unwrap();
        passkeys::insert(db.write(), &passkey("none", 0)).await.unwrap();
        let stolen = PasskeyRow {
            id: "other".to_owned(),
            user_id: "v".to_owned(),
            ..passkey("k", 0)
        };
        let error = passkeys::insert(db.write(), &stolen).await.unwrap_err();
        assert!(error.is_unique_violation());
        assert!(passkeys::find(db.read(), "v", b"k").await.unwrap().is_none());
        for (counter, taken) in [(5, false), (4, false), (0, false), (6, true), (6, false)] {
            let used = passkeys::used(db.write(), "k", "{\"n\":1}", counter, at(9))
                .await
                .unwrap();
            assert_eq!(used, taken, "{counter}");
        }
        let row = passkeys::find(db.read(), "u", b"k").await.unwrap().unwrap();
        assert_eq!(
            (row.counter, row.last_used_at, row.credential.as_str()),
            (6, Some(at(9).0), "{\"n\":1}")
        );
        for _ in 0..2 {
            assert!(
                passkeys::used(db.write(), "none", "{}", 0, NOW).await.unwrap(),
                "has no counter"
            );
        }
        let ids: Vec<_> = passkeys::of_user(db.read(), "u").await.unwrap();
        assert_eq!(
            ids.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
            ["k", "none"]
        );
        assert!(!passkeys::remove(db.write(), "v", "k").await.unwrap());
        assert!(passkeys::remove(db.write(), "u", "k").await.unwrap());
        assert_eq!(
            passkeys::remove_all(db.write(), "u").await.unwrap(),
            1,
            "{}",
            db.name()
        );
    }
}

#[tokio::test]
async fn a_challenge_is_of_one_kind_and_finished_once_and_in_time() {
    for db in databases().await {
        let row = |id: &str| ChallengeRow {
            id: id.to_owned(),
            kind: "sign_in".to_owned(),
            browser: vec![1, 2],
            user_id: Some("u".to_owned()),
            user_epoch: Some(0),
            payload: vec![3],
            created_at: NOW.0,
            expires_at: at(300).0,
            spent_at: None,
        };
        for id in ["a", "b", "c"] {
            challenges::insert(db.write(), &row(id)).await.unwrap();
        }
        let live = async |id, kind, now| challenges::find_live(db.read(), id, kind, now).await.unwrap();
        let found = live("a", "sign_in", at(299)).await.unwrap();
        assert_eq!(
            (found.payload, found.browser, found.user_epoch),
            (vec![3], vec![1, 2], Some(0))
        );
        assert!(live("a", "app_setup", NOW).await.is_none());
        assert!(live("a", "sign_in", at(300)).await.is_none());
        assert!(!challenges::spend(db.write(), "a", at(300)).await.unwrap());
        assert!(challenges::spend(db.write(), "a", at(299)).await.unwrap());
        assert!(!challenges::spend(db.write(), "a", at(299)).await.unwrap());
        assert!(live("a", "sign_in", NOW).await.is_none());
        assert_eq!(
            challenges::void(db.write(), "u", "app_setup", NOW).await.unwrap(),
            0
        );
        assert_eq!(
            challenges::void(db.write(), "u", "sign_in", NOW).await.unwrap(),
            2
        );
        assert!(live("b", "sign_in", NOW).await.is_none(), "{}", db.name());
    }
}

#[tokio::test]
async fn live_sessions_are_listed_and_ended_by_owner() {
    for db in databases().await {
        let idle = Seconds(1_800);
        for id in ["a", "b", "c"] {
            sessions::insert(db.write(), &session(id)).await.unwrap();
        }
        let listed = async |now| {
            let rows = sessions::of_user(db.read(), "u", idle, now).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        sessions::touch(db.write(), "c", at(60)).await.unwrap();
        assert_eq!(listed(at(60)).await, ["c", "a", "b"]);
        assert_eq!(listed(at(1_800)).await, ["c"], "the others are idle");
        assert!(listed(at(3_600)).await.is_empty());
        assert!(!sessions::end_of_user(db.write(), "v", "a", NOW).await.unwrap());
        assert!(sessions::end_of_user(db.write(), "u", "a", NOW).await.unwrap());
        assert!(!sessions::end_of_user(db.write(), "u", "a", NOW).await.unwrap());
        assert_eq!(sessions::end_others(db.write(), "u", "b", NOW).await.unwrap(), 1);
        assert_eq!(listed(NOW).await, ["b"], "{}", db.name());
        assert!(users::set_password(db.write(), "u", 0, "new", NOW).await.unwrap());
        assert!(listed(NOW).await.is_empty(), "of an earlier epoch");
    }
}

#[tokio::test]
async fn grants_and_consents_of_a_user_are_listed() {
    for db in databases().await {
        clients::insert(db.write(), &client("d")).await.unwrap();
        consents::upsert(db.write(), "u", "c", "openid", NOW)
            .await
            .unwrap();
        consents::upsert(db.write(), "u", "d", "email", at(1))
            .await
            .unwrap();
        let rows = consents::of_user(db.read(), "u").await.unwrap();
        let rows: Vec<_> = rows
            .iter()
            .map(|row| (row.client_id.as_str(), row.scope.as_str(), row.granted_at))
            .collect();
        assert_eq!(rows, [("d", "email", at(1).0), ("c", "openid", NOW.0)]);

        for (id, session_id, offline) in [("g1", "s1", true), ("g2", "s1", false), ("g3", "s2", false)] {
            let new = grants::NewGrant {
                session_id: Some(session_id),
                offline,
                ..grant(id)
            };
            grants::insert(db.write(), &new).await.unwrap();
        }
        let listed = async || grants::of_user(db.read(), "u", 0, NOW).await.unwrap();
        assert_eq!(listed().await.len(), 3);
        assert!(
            listed().await.iter().all(|row| !row.lasting),
            "no refresh token yet"
        );
        let refresh = super::databases::refresh("r");
        assert!(
            grants::redeem_code(db.write(), "g1", Some(&refresh), at(9_999), NOW)
                .await
                .unwrap()
        );
        assert_eq!(listed().await.iter().filter(|row| row.lasting).count(), 1);
        assert_eq!(grants::revoke_of_session(db.write(), "s1", NOW).await.unwrap(), 1);
        assert_eq!(listed().await.len(), 2);
        assert!(grants::of_user(db.read(), "u", 1, NOW).await.unwrap().is_empty());
        assert!(
            grants::of_user(db.read(), "v", 0, NOW).await.unwrap().is_empty(),
            "{}",
            db.name()
        );
    }
}

#[tokio::test]
async fn a_username_is_taken_once_in_whatever_case() {
    for db in databases().await {
        users::insert(db.write(), &user("v")).await.unwrap();
        let set = async |id, username| {
            users::set_profile(db.write(), id, Some("Ä"), username, at(3))
                .await
                .unwrap()
        };
        assert!(!set("u", Some("V")).await);
        assert!(set("u", Some("u")).await, "its own");
        assert!(set("u", Some("new")).await);
        assert!(!set("v", Some("NEW")).await);
        assert!(set("u", None).await && set("v", None).await);
        let row = users::find(db.read(), "u").await.unwrap().unwrap();
        assert_eq!(
            (row.name.as_deref(), row.preferred_username, row.updated_at),
            (Some("Ä"), None, at(3).0)
        );
    }
}
