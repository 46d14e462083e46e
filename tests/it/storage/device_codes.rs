//! Device codes: polled in time, decided once, spent once.

use super::databases::{Database, approval, at, databases, device_code};
use keywright::storage::device_codes::{self, DeviceCodeRow};

async fn row(db: &Database) -> DeviceCodeRow {
    device_codes::find(db.read(), "d").await.unwrap().unwrap()
}

#[tokio::test]
async fn a_device_code_is_found_by_either_code_until_decided() {
    for db in databases().await {
        let written = device_code("d", "BCDFGHJK");
        device_codes::insert(db.write(), &written).await.unwrap();
        assert_eq!(
            format!("{:?}", row(&db).await),
            format!("{written:?}"),
            "{}",
            db.name()
        );
        let by_user_code = async |code: &str, now| {
            let found = device_codes::find_undecided(db.read(), code, at(now))
                .await
                .unwrap();
            found.map(|row| row.id)
        };
        assert_eq!(by_user_code("BCDFGHJK", 599).await.as_deref(), Some("d"));
        assert_eq!(by_user_code("BCDFGHJK", 600).await, None, "expired");
        assert_eq!(by_user_code("bcdfghjk", 0).await, None);
        let twin = device_code("e", "BCDFGHJK");
        let error = device_codes::insert(db.write(), &twin).await.unwrap_err();
        assert!(error.is_unique_violation(), "{}: {error}", db.name());
        assert!(device_codes::deny(db.write(), "d", at(1)).await.unwrap());
        assert_eq!(by_user_code("BCDFGHJK", 2).await, None, "decided");
    }
}

/// RFC 8628 §3.5
#[tokio::test]
async fn a_poll_that_comes_too_early_makes_the_interval_longer() {
    for db in databases().await {
        device_codes::insert(db.write(), &device_code("d", "B"))
            .await
            .unwrap();
        let poll = async |now| {
            device_codes::poll(db.write(), db.write(), "d", at(now))
                .await
                .unwrap()
        };
        assert!(poll(0).await, "{}: the first one is in time", db.name());
        assert!(!poll(4).await);
        assert_eq!(row(&db).await.poll_interval, 10, "{}", db.name());
        assert!(!poll(13).await, "counted from the last poll, refused or not");
        assert_eq!(row(&db).await.poll_interval, 15);
        assert!(poll(28).await, "{}", db.name());
        assert_eq!(row(&db).await.poll_interval, 15);
    }
}

#[tokio::test]
async fn a_device_code_is_decided_once() {
    for db in databases().await {
        device_codes::insert(db.write(), &device_code("d", "B"))
            .await
            .unwrap();
        assert!(
            !device_codes::spend(db.write(), "d", at(1)).await.unwrap(),
            "undecided"
        );
        let approve = async |now| {
            device_codes::approve(db.write(), "d", &approval("g"), at(now))
                .await
                .unwrap()
        };
        assert!(!approve(600).await, "expired");
        assert!(approve(1).await);
        assert!(!approve(2).await);
        assert!(!device_codes::deny(db.write(), "d", at(2)).await.unwrap());
        let decided = row(&db).await;
        assert_eq!(decided.decision.as_deref(), Some("approved"));
        let by = (
            decided.user_id.as_deref(),
            decided.user_epoch,
            decided.grant_id.as_deref(),
        );
        assert_eq!(by, (Some("u"), Some(0), Some("g")), "{}", db.name());
        let how = (
            decided.session_id.as_deref(),
            decided.auth_time,
            decided.acr.as_deref(),
        );
        assert_eq!(how, (Some("s"), Some(at(0).0), Some("1")));
        assert_eq!(decided.amr.as_deref(), Some("pwd"));

        assert!(
            !device_codes::spend(db.write(), "d", at(600)).await.unwrap(),
            "expired"
        );
        assert!(device_codes::spend(db.write(), "d", at(3)).await.unwrap());
        assert!(!device_codes::spend(db.write(), "d", at(4)).await.unwrap());
        assert_eq!(row(&db).await.spent_at, Some(at(3).0), "{}", db.name());
    }
}

#[tokio::test]
async fn a_denied_device_code_buys_nothing() {
    for db in databases().await {
        device_codes::insert(db.write(), &device_code("d", "B"))
            .await
            .unwrap();
        assert!(
            !device_codes::deny(db.write(), "d", at(600)).await.unwrap(),
            "expired"
        );
        assert!(device_codes::deny(db.write(), "d", at(1)).await.unwrap());
        assert!(
            !device_codes::approve(db.write(), "d", &approval("g"), at(2))
                .await
                .unwrap()
        );
        assert!(!device_codes::spend(db.write(), "d", at(2)).await.unwrap());
        assert_eq!(
            row(&db).await.decision.as_deref(),
            Some("denied"),
            "{}",
            db.name()
        );
    }
}
