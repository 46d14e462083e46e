//! Removal of old rows: exactly what is over, and all of it.

use super::databases::{Database, NOW, at, client, databases, device_code, grant, session};
use keywright::storage::challenges::ChallengeRow;
use keywright::storage::clients::SecretRow;
use keywright::storage::interactions::InteractionRow;
use keywright::storage::{
    challenges, clients, denied_tokens, device_codes, grants, interactions, purge, sessions, setup_links,
};
use keywright::time::Timestamp;

/// When the rows of each kind are over, by the seconds in their names.
const ENDS: [i64; 2] = [100, 200];

async fn fill(db: &Database) {
    for end in ENDS {
        let id = end.to_string();
        let expires_at = at(end);
        interactions::insert(db.write(), &interaction(&id, expires_at))
            .await
            .unwrap();
        challenges::insert(db.write(), &challenge(&id, expires_at))
            .await
            .unwrap();
        let mut device = device_code(&id, &id);
        device.expires_at = expires_at.0 - 3_600;
        device_codes::insert(db.write(), &device).await.unwrap();
        // Forgiven to clocks of nodes that are behind.
        denied_tokens::insert(db.write(), &id, at(end - 60), None)
            .await
            .unwrap();
        let mut expiring = session(&format!("x{id}"));
        // Told to resource servers for an hour.
        expiring.expires_at = expires_at.0 - 3_600;
        sessions::insert(db.write(), &expiring).await.unwrap();
        let mut ended = session(&format!("e{id}"));
        (ended.expires_at, ended.ended_at) = (at(1_000_000).0, Some(NOW.0));
        sessions::insert(db.write(), &ended).await.unwrap();
        secret(db, &id, Some(expires_at)).await;
        let mut old = grant(&id);
        old.purge_at = expires_at;
        grants::insert(db.write(), &old).await.unwrap();
    }
    secret(db, "current", None).await;
    clients::insert(db.write(), &client("unused")).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    setup_links::replace(&mut tx, "link", b"l", NOW, at(150))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn challenge(id: &str, expires_at: Timestamp) -> ChallengeRow {
    ChallengeRow {
        id: id.to_owned(),
        kind: "sign_in".to_owned(),
        browser: Vec::new(),
        user_id: None,
        user_epoch: None,
        payload: Vec::new(),
        created_at: NOW.0,
        expires_at: expires_at.0,
        spent_at: None,
    }
}

fn interaction(id: &str, expires_at: Timestamp) -> InteractionRow {
    InteractionRow {
        id: id.to_owned(),
        browser: Vec::new(),
        request: "{}".to_owned(),
        created_at: NOW.0,
        expires_at: expires_at.0,
        spent_at: None,
    }
}

async fn secret(db: &Database, id: &str, expires_at: Option<Timestamp>) {
    let row = SecretRow {
        id: id.to_owned(),
        client_id: "c".to_owned(),
        digest: Vec::new(),
        created_at: NOW.0,
        expires_at: expires_at.map(|end| end.0),
    };
    clients::insert_secret(db.write(), &row).await.unwrap();
}

/// The rows that are left of each kind.
async fn left(db: &Database) -> Vec<String> {
    let mut left = Vec::new();
    for end in ENDS {
        let id = end.to_string();
        let kinds = [
            (
                "interaction",
                interactions::find(db.read(), &id).await.unwrap().is_some(),
            ),
            (
                "device",
                device_codes::find(db.read(), &id).await.unwrap().is_some(),
            ),
            ("denied", denied_tokens::contains(db.read(), &id).await.unwrap()),
            ("grant", grants::standing(db.read(), &id).await.unwrap().is_some()),
        ];
        left.extend(
            kinds
                .iter()
                .filter(|(_, is_left)| *is_left)
                .map(|(kind, _)| format!("{kind} {id}")),
        );
    }
    left
}

#[tokio::test]
async fn exactly_what_is_over_is_removed() {
    for db in databases().await {
        fill(&db).await;
        assert_eq!(
            purge::batch(&db, at(100)).await.unwrap(),
            0,
            "{}: not over yet",
            db.name()
        );
        // One row of each kind.
        assert_eq!(purge::batch(&db, at(101)).await.unwrap(), 7, "{}", db.name());
        assert_eq!(
            left(&db).await,
            ["interaction 200", "device 200", "denied 200", "grant 200"]
        );
        assert_eq!(purge::batch(&db, at(101)).await.unwrap(), 0, "{}", db.name());
        assert_eq!(
            purge::batch(&db, at(151)).await.unwrap(),
            1,
            "{}: the link",
            db.name()
        );
        assert_eq!(purge::batch(&db, at(201)).await.unwrap(), 7, "{}", db.name());
        assert!(left(&db).await.is_empty());
        assert_eq!(purge::batch(&db, at(900_000)).await.unwrap(), 0, "{}", db.name());
        let secrets = clients::live_secrets(db.read(), "c", NOW).await.unwrap();
        assert_eq!(secrets.len(), 1, "{}: a current secret never ends", db.name());
        let unused = clients::find(db.read(), "unused").await.unwrap();
        assert!(unused.is_some(), "{}: clients are not removed", db.name());
    }
}

#[tokio::test]
async fn a_batch_is_small_and_the_next_one_goes_on() {
    for db in databases().await {
        let mut tx = db.begin().await.unwrap();
        for number in 0..501 {
            let row = interaction(&number.to_string(), at(1));
            interactions::insert(tx.sql(), &row).await.unwrap();
        }
        tx.commit().await.unwrap();
        let batches = [500, 1, 0];
        for expected in batches {
            assert_eq!(purge::batch(&db, at(2)).await.unwrap(), expected, "{}", db.name());
        }
    }
}
