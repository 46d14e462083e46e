//! Blocks of indexes, and what has ended lately.

use super::databases::{Database, NOW, at, client, databases, grant, session, user};
use keywright::storage::grants::NewGrant;
use keywright::storage::status::{self, Ended, NewBlock};
use keywright::storage::{Db, clients, denied_tokens, grants, purge, sessions, users};
use keywright::time::Timestamp;
use sqlx::AssertSqlSafe;

async fn take(db: &Db, size: i64, client_id: Option<&str>, needed_until: Timestamp) -> i64 {
    let block = NewBlock {
        size,
        client_id,
        needed_until,
    };
    loop {
        if let Some(first) = status::take_block(db.write(), &block).await.unwrap() {
            return first;
        }
    }
}

async fn ended(db: &Db) -> Vec<(i64, i64)> {
    let mut ended: Vec<_> = status::ended(db.read(), at(1_000), at(2_000))
        .await
        .unwrap()
        .iter()
        .map(
            |Ended {
                 first_index,
                 last_index,
             }| (*first_index, *last_index),
        )
        .collect();
    ended.sort_unstable();
    ended
}

async fn add(db: &Database, id: &str, status_index: i64, change: impl FnOnce(&mut NewGrant<'_>)) {
    let mut written = grant(id);
    written.status_index = Some(status_index);
    change(&mut written);
    grants::insert(db.write(), &written).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_two_blocks_overlap_whoever_takes_them_at_once() {
    for db in databases().await {
        let racers: Vec<_> = (1..=40)
            .map(|size| {
                let db = db.db.clone();
                tokio::spawn(async move { (take(&db, size, None, at(100)).await, size) })
            })
            .collect();
        let mut taken = Vec::new();
        for racer in racers {
            taken.push(racer.await.unwrap());
        }
        taken.sort_unstable();
        let mut next = 0;
        for (first, size) in taken {
            assert_eq!(first, next, "{}", db.name());
            next = first + size;
        }
    }
}

#[tokio::test]
async fn a_list_is_there_while_a_block_in_it_is_needed_and_no_number_comes_again() {
    for db in databases().await {
        let lists = async |now| status::lists(db.read(), 100, now).await.unwrap();
        assert!(lists(NOW).await.is_empty());
        assert_eq!(take(&db, 150, None, at(500)).await, 0);
        assert_eq!(take(&db, 10, Some("c"), at(100)).await, 150);
        assert_eq!(take(&db, 100, None, at(50)).await, 160);
        assert_eq!(lists(NOW).await, [0, 1, 2], "{}", db.name());
        assert_eq!(lists(at(100)).await, [0, 1]);
        assert!(lists(at(500)).await.is_empty());
        while purge::batch(&db, at(10_000)).await.unwrap() > 0 {}
        assert_eq!(take(&db, 1, None, at(20_000)).await, 260, "{}", db.name());
        assert_eq!(lists(at(10_000)).await, [2]);
        // One block over several lists leaves none of them out.
        assert_eq!(take(&db, 500, None, at(30_000)).await, 261, "{}", db.name());
        assert_eq!(lists(at(25_000)).await, [2, 3, 4, 5, 6, 7]);
    }
}

#[tokio::test]
async fn a_grant_takes_another_index_only_from_the_one_it_has() {
    for db in databases().await {
        add(&db, "g", 7, |_| ()).await;
        let change = async |from, to| {
            grants::change_status_index(db.write(), "g", from, to)
                .await
                .unwrap()
        };
        assert!(!change(6, 8).await && change(7, 9).await && !change(7, 10).await);
        let found = grants::standing(db.read(), "g").await.unwrap().unwrap();
        assert_eq!(found.status_index, Some(9), "{}", db.name());
    }
}

/// A grant of a server that knew of no lists.
#[tokio::test]
async fn a_grant_without_an_index_gets_one_and_keeps_it() {
    for db in databases().await {
        add(&db, "without", 0, |grant| grant.status_index = None).await;
        add(&db, "with", 7, |_| ()).await;
        let give = async |id, index| status::give_index(db.write(), id, index).await.unwrap();
        assert_eq!(give("without", 8).await, Some(8), "{}", db.name());
        assert_eq!(give("without", 9).await, Some(8));
        assert_eq!(give("with", 10).await, Some(7));
        assert_eq!(give("gone", 11).await, None);
        let found = grants::standing(db.read(), "without").await.unwrap().unwrap();
        assert_eq!(found.status_index, Some(8));
    }
}

#[tokio::test]
async fn what_ended_lately_is_told_and_what_ended_long_ago_is_not() {
    for db in databases().await {
        for id in ["disabled", "changed", "long-ago", "renamed"] {
            users::insert(db.write(), &user(id)).await.unwrap();
        }
        clients::insert(db.write(), &client("off")).await.unwrap();
        let in_session = |session_id, offline| {
            move |grant: &mut NewGrant<'_>| {
                (grant.session_id, grant.offline) = (Some(session_id), offline);
            }
        };
        add(&db, "stands", 0, |_| ()).await;
        for (id, index, when) in [("revoked", 1, 1_001), ("old", 2, 1_000)] {
            add(&db, id, index, |_| ()).await;
            grants::revoke(db.write(), id, at(when)).await.unwrap();
        }
        for (index, user_id) in [(3, "disabled"), (4, "changed"), (5, "long-ago"), (6, "renamed")] {
            add(&db, user_id, index, |grant| grant.user_id = user_id).await;
        }
        users::set_disabled(db.write(), "disabled", Some(at(1_500)), at(1_500))
            .await
            .unwrap();
        users::set_password(db.write(), "changed", 0, "new", at(1_500))
            .await
            .unwrap();
        users::set_password(db.write(), "long-ago", 0, "new", at(900))
            .await
            .unwrap();
        users::set_profile(db.write(), "renamed", Some("R"), None, at(1_500))
            .await
            .unwrap();
        for (id, expires_at, ended_at) in [
            ("over", at(1_500), None),
            ("over-long", at(900), None),
            ("live", at(2_001), None),
            ("left", at(9_000), Some(1_500)),
        ] {
            let mut row = session(id);
            (row.expires_at, row.ended_at) = (expires_at.0, ended_at.map(|end| at(end).0));
            sessions::insert(db.write(), &row).await.unwrap();
        }
        add(&db, "g-over", 10, in_session("over", false)).await;
        add(&db, "g-over-offline", 11, in_session("over", true)).await;
        add(&db, "g-over-long", 12, in_session("over-long", false)).await;
        add(&db, "g-live", 13, in_session("live", false)).await;
        add(&db, "g-left", 14, in_session("left", false)).await;
        add(&db, "g-off", 20, |grant| grant.client_id = "off").await;
        take(&db, 100, None, at(9_000)).await;
        let block = take(&db, 10, Some("off"), at(9_000)).await;
        take(&db, 10, Some("c"), at(9_000)).await;
        denied_tokens::insert(db.write(), "j", at(9_000), Some(30))
            .await
            .unwrap();
        denied_tokens::insert(db.write(), "k", at(9_000), None)
            .await
            .unwrap();
        let told = [(1, 1), (3, 3), (4, 4), (10, 10), (14, 14), (30, 30)];
        assert_eq!(ended(&db).await, told, "{}", db.name());

        clients::set_disabled(db.write(), "off", Some(at(1_500)), at(1_500))
            .await
            .unwrap();
        let off = [(20, 20), (block, block + 9)];
        let mut both = [&told[..], &off[..]].concat();
        both.sort_unstable();
        assert_eq!(ended(&db).await, both, "{}", db.name());
        clients::set_disabled(db.write(), "off", None, at(1_600))
            .await
            .unwrap();
        assert_eq!(ended(&db).await, told, "enabled again");
    }
}

#[tokio::test]
async fn what_is_removed_altogether_is_told_for_as_long_as_asked() {
    for db in databases().await {
        users::insert(db.write(), &user("v")).await.unwrap();
        clients::insert(db.write(), &client("d")).await.unwrap();
        add(&db, "of-v", 1, |grant| grant.user_id = "v").await;
        add(&db, "of-d", 2, |grant| grant.client_id = "d").await;
        take(&db, 10, None, at(9_000)).await;
        let block = take(&db, 10, Some("d"), at(9_000)).await;
        assert_eq!(status::keep_user(db.write(), "v", at(3_000)).await.unwrap(), 1);
        users::delete(db.write(), "v").await.unwrap();
        assert_eq!(status::keep_client(db.write(), "d", at(3_000)).await.unwrap(), 2);
        clients::delete(db.write(), "d").await.unwrap();
        let kept = [(1, 1), (2, 2), (block, block + 9)];
        assert_eq!(ended(&db).await, kept, "{}", db.name());
        while purge::batch(&db, at(3_000)).await.unwrap() > 0 {}
        assert_eq!(ended(&db).await, kept, "{}", db.name());
        while purge::batch(&db, at(3_001)).await.unwrap() > 0 {}
        assert!(ended(&db).await.is_empty(), "{}", db.name());
    }
}

/// However many grants there are, none is looked at that has not ended lately.
#[tokio::test]
async fn no_list_costs_a_scan_of_all_grants() {
    let literals = crate::support::source::sql_literals();
    let (_, sql) = literals
        .iter()
        .find(|(path, sql)| path.ends_with("status.rs") && sql.contains("g.revoked_at >"))
        .unwrap();
    let sql = sql.replace("$1", "1000").replace("$2", "2000");
    for db in databases().await {
        let plan: Vec<String> = match &db.db {
            Db::Sqlite { readers, .. } => {
                let text = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
                let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(text)
                    .fetch_all(&mut *readers.get().await.unwrap())
                    .await
                    .unwrap();
                rows.into_iter().map(|row| row.3).collect()
            }
            Db::Postgres(pool) => {
                let connection = &mut *pool.get().await.unwrap();
                // The tables are empty: any index would cost more than looking at everything.
                sqlx::query("SET enable_seqscan = off")
                    .execute(&mut *connection)
                    .await
                    .unwrap();
                let text = AssertSqlSafe(format!("EXPLAIN {sql}"));
                sqlx::query_scalar(text)
                    .fetch_all(&mut *connection)
                    .await
                    .unwrap()
            }
        };
        let of_grants: Vec<_> = plan
            .iter()
            .filter(|line| line.contains(" g ") || line.contains("on grants"))
            .collect();
        assert!(of_grants.len() >= 5, "{plan:#?}");
        for line in of_grants {
            let by_index =
                line.contains("SEARCH g USING INDEX") || line.contains("Index") || line.contains("Bitmap");
            assert!(by_index && !line.contains("SCAN g"), "{}: {line}", db.name());
        }
    }
}

/// Grants of the time before there were lists.
#[tokio::test]
async fn the_migration_gives_every_grant_that_is_there_an_index_of_its_own() {
    let migration = include_str!("../../../migrations/0007_status.sql");
    let (_, fill) = migration.split_once("\nUPDATE grants").unwrap();
    let fill = format!("UPDATE grants{fill}");
    for db in databases().await {
        let run = async || {
            let text = AssertSqlSafe(fill.clone());
            match &db.db {
                Db::Sqlite { writer, .. } => sqlx::raw_sql(text)
                    .execute(&mut *writer.get().await.unwrap())
                    .await
                    .map(|_| ()),
                Db::Postgres(pool) => sqlx::raw_sql(text)
                    .execute(&mut *pool.get().await.unwrap())
                    .await
                    .map(|_| ()),
            }
        };
        run().await.unwrap();
        assert!(
            status::lists(db.read(), 100, NOW).await.unwrap().is_empty(),
            "none"
        );
        let mut given = Vec::new();
        for id in ["c", "a", "b"] {
            grants::insert(db.write(), &grant(id)).await.unwrap();
        }
        run().await.unwrap();
        for id in ["a", "b", "c"] {
            let found = grants::standing(db.read(), id).await.unwrap().unwrap();
            given.push(found.status_index.unwrap());
        }
        assert_eq!(given, [0, 1, 2], "{}", db.name());
        assert_eq!(take(&db, 10, None, at(100)).await, 3);
        assert_eq!(status::lists(db.read(), 2, at(86_400)).await.unwrap(), [0, 1]);
    }
}
