//! What may happen once happens once, however many ask at the same moment.

use super::databases::{NOW, approval, at, client, databases, device_code, grant, refresh, session, user};
use keywright::storage::grants::Rotation;
use keywright::storage::interactions::InteractionRow;
use keywright::storage::signing_keys::KeyRow;
use keywright::storage::{
    Db, Result, clients, device_codes, grants, interactions, sessions, setup_links, signing_keys, users,
};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::Barrier;

const RACERS: usize = 50;

/// Lets all racers go at the same moment and counts the winners.
async fn winners<F>(db: &Db, attempt: impl Fn(Db, usize) -> F) -> usize
where
    F: Future<Output = Result<bool>> + Send + 'static,
{
    let start = Arc::new(Barrier::new(RACERS));
    let racers: Vec<_> = (0..RACERS)
        .map(|number| {
            let (start, attempt) = (Arc::clone(&start), attempt(db.clone(), number));
            tokio::spawn(async move {
                start.wait().await;
                attempt.await.unwrap()
            })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += usize::from(racer.await.unwrap());
    }
    winners
}

/// For rows whose second insertion is refused by a unique index.
fn inserted(result: Result<()>) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_racers_one_wins() {
    for db in databases().await {
        let name = db.name();
        grants::insert(db.write(), &grant("g")).await.unwrap();
        let won = winners(&db, |db, number| async move {
            let first = refresh(&format!("first{number}"));
            grants::redeem_code(db.write(), "g", Some(&first), at(900), at(1)).await
        });
        assert_eq!(won.await, 1, "{name}: redeem a code");

        let mut family = grant("family");
        (family.code, family.refresh) = (None, Some(refresh("live")));
        grants::insert(db.write(), &family).await.unwrap();
        let won = winners(&db, |db, number| async move {
            let next = refresh(&format!("next{number}"));
            let rotation = Rotation {
                presented: b"live",
                next: &next,
                sealed: None,
            };
            grants::rotate(db.write(), "family", &rotation, at(1)).await
        });
        assert_eq!(won.await, 1, "{name}: rotate a refresh token");
        let won = winners(&db, |db, _| async move {
            grants::revoke(db.write(), "g", at(2)).await
        });
        assert_eq!(won.await, 1, "{name}: revoke a grant");

        let row = InteractionRow {
            id: "i".to_owned(),
            browser: Vec::new(),
            request: String::new(),
            created_at: NOW.0,
            expires_at: at(60).0,
            spent_at: None,
        };
        interactions::insert(db.write(), &row).await.unwrap();
        let won = winners(&db, |db, _| async move {
            interactions::spend(db.write(), "i", at(1)).await
        });
        assert_eq!(won.await, 1, "{name}: answer a saved request");

        sessions::insert(db.write(), &session("s")).await.unwrap();
        let won = winners(
            &db,
            |db, _| async move { sessions::end(db.write(), "s", at(1)).await },
        );
        assert_eq!(won.await, 1, "{name}: end a session");

        let mut tx = db.begin().await.unwrap();
        setup_links::replace(&mut tx, "l", b"", NOW, at(60))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let won = winners(&db, |db, _| async move {
            setup_links::spend(db.write(), "l", at(1)).await
        });
        assert_eq!(won.await, 1, "{name}: use a set-up link");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_device_code_is_decided_and_spent_by_one() {
    for db in databases().await {
        device_codes::insert(db.write(), &device_code("d", "B"))
            .await
            .unwrap();
        let decided = winners(&db, |db, number| async move {
            match number % 2 {
                0 => device_codes::deny(db.write(), "d", at(1)).await,
                _ => {
                    let grant_id = format!("g{number}");
                    device_codes::approve(db.write(), "d", &approval(&grant_id), at(1)).await
                }
            }
        });
        assert_eq!(decided.await, 1, "{}: approve or deny", db.name());

        device_codes::insert(db.write(), &device_code("e", "C"))
            .await
            .unwrap();
        device_codes::approve(db.write(), "e", &approval("g"), at(1))
            .await
            .unwrap();
        let spent = winners(&db, |db, _| async move {
            // As the token endpoint does it: the code and the grant it becomes, together.
            let mut tx = db.begin().await?;
            if !device_codes::spend(tx.sql(), "e", at(2)).await? {
                return Ok(false);
            }
            grants::insert(tx.sql(), &grant("g")).await?;
            tx.commit().await?;
            Ok(true)
        });
        assert_eq!(spent.await, 1, "{}: spend", db.name());

        let polled = winners(&db, |db, _| async move {
            device_codes::poll(db.write(), db.write(), "e", at(3)).await
        });
        assert_eq!(polled.await, 1, "{}: one poll is in time", db.name());
        let row = device_codes::find(db.read(), "e").await.unwrap().unwrap();
        assert_eq!(row.poll_interval, 5 + 5 * 49, "{}: no poll is lost", db.name());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_is_taken_by_one() {
    for db in databases().await {
        let name = db.name();
        let won = winners(&db, |db, number| async move {
            let mut row = user(&format!("user{number}"));
            row.email = "same@example.test".to_owned();
            inserted(users::insert(db.write(), &row).await)
        });
        assert_eq!(won.await, 1, "{name}: an e-mail address");
        let won = winners(&db, |db, _| async move {
            inserted(clients::insert(db.write(), &client("same")).await)
        });
        assert_eq!(won.await, 1, "{name}: a client identifier");
        let won = winners(&db, |db, number| async move {
            let row = device_code(&number.to_string(), "SAMECODE");
            inserted(device_codes::insert(db.write(), &row).await)
        });
        assert_eq!(won.await, 1, "{name}: a user code");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_together_end_with_one_key() {
    for db in databases().await {
        let key = |kid: String, state: &str| KeyRow {
            kid,
            alg: "RS256".to_owned(),
            state: state.to_owned(),
            private_key: Vec::new(),
            created_at: NOW.0,
            activates_at: NOW.0,
            retired_at: None,
        };
        let won = winners(&db, |db, number| {
            let row = key(format!("a{number}"), "active");
            async move { signing_keys::insert(db.write(), &row).await }
        });
        assert_eq!(won.await, 1, "{}: the first key", db.name());
        let next = key("next".to_owned(), "announced");
        signing_keys::insert(db.write(), &next).await.unwrap();
        let won = winners(&db, |db, _| async move {
            let mut tx = db.begin().await?;
            let promoted = signing_keys::promote(&mut tx, "RS256", "next", at(1)).await?;
            if promoted {
                tx.commit().await?;
            }
            Ok(promoted)
        });
        assert_eq!(won.await, 1, "{}: a key takes over", db.name());
        let keys = signing_keys::list(db.read()).await.unwrap();
        let active: Vec<_> = keys.iter().filter(|key| key.state == "active").collect();
        assert_eq!(
            (active.len(), active[0].kid.as_str()),
            (1, "next"),
            "{}",
            db.name()
        );
    }
}
