//! Migrations, and who may open a database.

use super::databases::{OPTIONS, empty_databases, postgres};
use crate::support::TestApp;
use keywright::app::App;
use keywright::entropy::SystemEntropy;
use keywright::storage::{Db, signing_keys};
use std::sync::Arc;

#[tokio::test]
async fn migrations_may_run_again() {
    for db in empty_databases().await {
        db.migrate().await.unwrap();
        let before = schema(&db).await;
        db.migrate().await.unwrap();
        assert_eq!(schema(&db).await, before, "{}", db.name());
        assert!(before.len() > 40, "{}: {before:?}", db.name());
        db.ping().await.unwrap();
    }
}

/// Columns and indexes.
async fn schema(db: &Db) -> Vec<(String,)> {
    let rows = match db {
        Db::Sqlite { readers, .. } => {
            let sql =
                "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c ORDER BY 1";
            sqlx::query_as(sql)
                .fetch_all(&mut *readers.get().await.unwrap())
                .await
        }
        Db::Postgres(pool) => {
            let sql = "SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                       WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 ORDER BY 1";
            sqlx::query_as(sql)
                .fetch_all(&mut *pool.get().await.unwrap())
                .await
        }
    };
    rows.unwrap()
}

/// A program that does not know a table would break it.
#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    for db in empty_databases().await {
        db.migrate().await.unwrap();
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                     SELECT 999999, 'newer', success, checksum, 0 FROM _sqlx_migrations LIMIT 1";
        execute(&db, newer).await;
        let error = db.migrate().await.unwrap_err();
        assert!(error.to_string().contains("999999"), "{}: {error}", db.name());
    }
}

#[tokio::test]
async fn a_migration_that_was_changed_after_its_release_is_refused() {
    for db in empty_databases().await {
        db.migrate().await.unwrap();
        let other = "UPDATE _sqlx_migrations SET checksum = CAST('other' AS BYTEA)";
        execute(&db, other).await;
        assert!(db.migrate().await.is_err(), "{}", db.name());
    }
}

async fn execute(db: &Db, sql: &'static str) {
    match db {
        Db::Sqlite { writer, .. } => drop(
            sqlx::query(sql)
                .execute(&mut *writer.get().await.unwrap())
                .await
                .unwrap(),
        ),
        Db::Postgres(pool) => drop(
            sqlx::query(sql)
                .execute(&mut *pool.get().await.unwrap())
                .await
                .unwrap(),
        ),
    }
}

/// Two writers would each believe in their own counters and caches.
#[tokio::test]
async fn an_sqlite_file_has_one_server() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keywright.db");
    let mut first = Db::open_sqlite(&path, OPTIONS).await.unwrap();
    let mut second = Db::open_sqlite(&path, OPTIONS).await.unwrap();
    first.lock_for_serving(&path).unwrap();
    let refused = second.lock_for_serving(&path).unwrap_err();
    assert!(
        refused.to_string().contains("another keywright server"),
        "{refused}"
    );
    first.close().await;
    drop(first);
    second.lock_for_serving(&path).unwrap();
}

/// What the database holds is for the server's own user.
#[cfg(unix)]
#[tokio::test]
async fn the_sqlite_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keywright.db");
    let mut db = Db::open_sqlite(&path, OPTIONS).await.unwrap();
    db.lock_for_serving(&path).unwrap();
    db.migrate().await.unwrap();
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} is {mode:o}", entry.file_name());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_may_migrate_one_postgres_together() {
    let Some(url) = postgres().await else { return };
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let db = Db::open_postgres(&url, OPTIONS).await.unwrap();
                let migrated = db.migrate().await;
                db.close().await;
                migrated
            })
        })
        .collect();
    for node in nodes {
        node.await.unwrap().unwrap();
    }
}

/// Nodes on one empty database sign with the same keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_may_make_their_first_keys_together() {
    let Some(url) = postgres().await else { return };
    let node = TestApp::new().await;
    let mut config = node.app.config.clone();
    config.database.url = keywright::config::DatabaseUrl::parse(&url).unwrap();
    let nodes: Vec<_> = (0..3)
        .map(|_| {
            let (config, clock) = (config.clone(), node.clock.clone());
            tokio::spawn(async move { App::build(config, clock, Arc::new(SystemEntropy)).await })
        })
        .collect();
    let mut documents = Vec::new();
    for node in nodes {
        let app = node.await.unwrap().unwrap();
        documents.push(app.documents().jwks.clone());
        let keys = signing_keys::list(app.db.read()).await.unwrap();
        assert_eq!(keys.len(), 2, "one of each algorithm");
    }
    assert!(documents.iter().all(|jwks| *jwks == documents[0]));
}
