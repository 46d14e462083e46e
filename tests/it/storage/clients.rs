//! The client registry and its secrets; denied access tokens.

use super::databases::{Database, NOW, at, client, databases};
use keywright::storage::clients::{self, SecretRow};
use keywright::storage::denied_tokens;

#[tokio::test]
async fn a_client_is_written_changed_listed_and_deleted() {
    for db in databases().await {
        let error = clients::insert(db.write(), &client("c")).await.unwrap_err();
        assert!(error.is_unique_violation(), "{}: {error}", db.name());
        clients::insert(db.write(), &client("d")).await.unwrap();
        let found = clients::find(db.read(), "c").await.unwrap().unwrap();
        assert_eq!(
            format!("{found:?}"),
            format!("{:?}", client("c")),
            "{}",
            db.name()
        );
        assert!(clients::find(db.read(), "C").await.unwrap().is_none());

        let ids = async |after, limit| {
            let page = clients::list(db.read(), after, limit).await.unwrap();
            page.into_iter().map(|client| client.id).collect::<Vec<_>>()
        };
        assert_eq!(ids("", 1).await, ["c"]);
        assert_eq!(ids("c", 10).await, ["d"]);
        assert!(ids("d", 10).await.is_empty());

        assert!(clients::set_metadata(db.write(), "c", "{}", at(1)).await.unwrap());
        assert!(
            clients::set_disabled(db.write(), "c", Some(at(2)), at(2))
                .await
                .unwrap()
        );
        let found = clients::find(db.read(), "c").await.unwrap().unwrap();
        assert_eq!(
            (found.metadata.as_str(), found.disabled_at),
            ("{}", Some(at(2).0))
        );
        assert_eq!((found.created_at, found.updated_at), (NOW.0, at(2).0));
        assert!(clients::set_disabled(db.write(), "c", None, at(3)).await.unwrap());
        assert_eq!(
            clients::find(db.read(), "c").await.unwrap().unwrap().disabled_at,
            None
        );
        assert!(
            !clients::set_metadata(db.write(), "nobody", "{}", NOW)
                .await
                .unwrap()
        );
        assert!(
            !clients::set_disabled(db.write(), "nobody", None, NOW)
                .await
                .unwrap()
        );

        assert!(clients::delete(db.write(), "c").await.unwrap());
        assert!(!clients::delete(db.write(), "c").await.unwrap());
        assert_eq!(ids("", 10).await, ["d"], "{}", db.name());
    }
}

async fn add_secret(db: &Database, id: &str, created_at: i64) {
    let secret = SecretRow {
        id: id.to_owned(),
        client_id: "c".to_owned(),
        digest: id.as_bytes().to_vec(),
        created_at: at(created_at).0,
        expires_at: None,
    };
    clients::insert_secret(db.write(), &secret).await.unwrap();
}

/// While a secret is rotated the old one lives on for the overlap; one already in overlap ends.
#[tokio::test]
async fn a_rotation_leaves_two_secrets_at_most() {
    for db in databases().await {
        let live = async |now: i64| {
            let secrets = clients::live_secrets(db.read(), "c", at(now)).await.unwrap();
            secrets.into_iter().map(|secret| secret.id).collect::<Vec<_>>()
        };
        add_secret(&db, "first", 0).await;
        clients::expire_secrets(db.write(), "c", at(110), at(10))
            .await
            .unwrap();
        add_secret(&db, "second", 10).await;
        assert_eq!(live(109).await, ["second", "first"], "{}", db.name());
        assert_eq!(live(110).await, ["second"]);

        clients::expire_secrets(db.write(), "c", at(120), at(20))
            .await
            .unwrap();
        add_secret(&db, "third", 20).await;
        assert_eq!(live(20).await, ["third", "second"], "{}", db.name());
        assert_eq!(live(120).await, ["third"]);
        assert!(
            clients::live_secrets(db.read(), "other", NOW)
                .await
                .unwrap()
                .is_empty()
        );

        clients::delete(db.write(), "c").await.unwrap();
        assert!(live(20).await.is_empty(), "secrets go with their client");
    }
}

#[tokio::test]
async fn a_denied_token_stays_denied() {
    for db in databases().await {
        let denied = async |jti: &str| denied_tokens::contains(db.read(), jti).await.unwrap();
        assert!(!denied("j").await);
        denied_tokens::insert(db.write(), "j", at(900), None)
            .await
            .unwrap();
        denied_tokens::insert(db.write(), "j", at(900), None)
            .await
            .unwrap();
        assert!(denied("j").await, "{}", db.name());
        assert!(!denied("J").await);
    }
}
