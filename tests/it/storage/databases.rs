//! Both databases, empty and migrated, and rows to put into them.

use crate::support::create_database;
use keywright::storage::clients::ClientRow;
use keywright::storage::device_codes::{Approval, DeviceCodeRow};
use keywright::storage::grants::{NewCode, NewGrant, NewRefresh};
use keywright::storage::sessions::SessionRow;
use keywright::storage::users::UserRow;
use keywright::storage::{Db, Options, clients, users};
use keywright::time::Timestamp;
use tempfile::TempDir;

pub const NOW: Timestamp = Timestamp(1_800_000_000);

pub const OPTIONS: Options = Options {
    max_connections: 10,
    durable: false,
};

/// A database of one test. It reads like a `Db`.
pub struct Database {
    pub db: Db,
    _directory: TempDir,
}

impl std::ops::Deref for Database {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// A later instant.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 + seconds)
}

/// SQLite, and Postgres where there is one, with the user `u` and the client `c`.
pub async fn databases() -> Vec<Database> {
    let databases = empty_databases().await;
    for db in &databases {
        db.migrate().await.unwrap();
        users::insert(db.write(), &user("u")).await.unwrap();
        clients::insert(db.write(), &client("c")).await.unwrap();
    }
    databases
}

/// Databases without any table.
pub async fn empty_databases() -> Vec<Database> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keywright.db");
    let mut databases = vec![Database {
        db: Db::open_sqlite(&path, OPTIONS).await.unwrap(),
        _directory: directory,
    }];
    if let Some(url) = postgres().await {
        databases.push(Database {
            db: Db::open_postgres(&url, OPTIONS).await.unwrap(),
            _directory: tempfile::tempdir().unwrap(),
        });
    }
    databases
}

/// The address of a new Postgres database.
pub async fn postgres() -> Option<String> {
    let server = crate::support::postgres_server()?;
    Some(create_database(&server).await)
}

pub fn user(id: &str) -> UserRow {
    UserRow {
        id: id.to_owned(),
        email: format!("{id}@example.test"),
        email_verified: true,
        preferred_username: Some(id.to_owned()),
        name: None,
        profile: r#"{"locale":"de"}"#.to_owned(),
        roles: r#"["member"]"#.to_owned(),
        groups: "[]".to_owned(),
        password_hash: Some("$argon2id$old".to_owned()),
        credential_epoch: 0,
        disabled_at: None,
        created_at: NOW.0,
        updated_at: NOW.0,
    }
}

pub fn client(id: &str) -> ClientRow {
    ClientRow {
        id: id.to_owned(),
        metadata: r#"{"client_name":"Ä"}"#.to_owned(),
        disabled_at: None,
        created_at: NOW.0,
        updated_at: NOW.0,
    }
}

/// A session of `u` that ends after an hour.
pub fn session(id: &str) -> SessionRow {
    SessionRow {
        id: id.to_owned(),
        digest: vec![1, 0, 255],
        user_id: "u".to_owned(),
        user_epoch: 0,
        auth_time: NOW.0,
        acr: "1".to_owned(),
        amr: "pwd".to_owned(),
        ip: "192.0.2.1".to_owned(),
        user_agent: "test".to_owned(),
        created_at: NOW.0,
        last_seen_at: NOW.0,
        expires_at: at(3_600).0,
        ended_at: None,
    }
}

/// A grant of `u` to `c` with a code that is good for a minute.
pub fn grant(id: &str) -> NewGrant<'_> {
    NewGrant {
        id,
        client_id: "c",
        user_id: "u",
        user_epoch: 0,
        session_id: None,
        offline: true,
        scope: "openid email",
        resources: "[]",
        claims: None,
        nonce: Some("n"),
        auth_time: NOW.0,
        acr: "1",
        amr: "pwd",
        created_at: NOW,
        expires_at: at(86_400),
        purge_at: at(3_660),
        code: Some(NewCode {
            digest: b"code".to_vec(),
            expires_at: at(60),
            challenge: Some("challenge"),
            redirect_uri: "https://app.test/cb",
        }),
        refresh: None,
        status_index: None,
    }
}

/// A refresh token that is good for an hour.
pub fn refresh(digest: &str) -> NewRefresh {
    NewRefresh {
        digest: digest.as_bytes().to_vec(),
        expires_at: at(3_600),
        certificate: None,
    }
}

/// An undecided device code that is good for ten minutes.
pub fn device_code(id: &str, user_code: &str) -> DeviceCodeRow {
    DeviceCodeRow {
        id: id.to_owned(),
        digest: vec![7; 32],
        user_code: user_code.to_owned(),
        client_id: "c".to_owned(),
        scope: "openid".to_owned(),
        resources: "[]".to_owned(),
        ip: "192.0.2.1".to_owned(),
        user_agent: "test".to_owned(),
        created_at: NOW.0,
        expires_at: at(600).0,
        poll_interval: 5,
        polled_at: None,
        decision: None,
        user_id: None,
        user_epoch: None,
        session_id: None,
        auth_time: None,
        acr: None,
        amr: None,
        grant_id: None,
        spent_at: None,
    }
}

pub fn approval(grant_id: &str) -> Approval<'_> {
    Approval {
        user_id: "u",
        user_epoch: 0,
        session_id: "s",
        auth_time: NOW.0,
        acr: "1",
        amr: "pwd",
        grant_id,
    }
}
