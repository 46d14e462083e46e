//! `kill -9` of a real server in the middle of issuing, over and over on one database. What was acknowledged is true
//! afterwards; what was used up stays used up.

mod ledger;
mod load;

use crate::support::TestApp;
use crate::support::seed::Seed;
use crate::support::server::{Process, client, code_form, free_port, post};
use keywright::clock::SystemClock;
use keywright::storage::Db;
use ledger::Ledger;
use load::Load;
use std::sync::Arc;

const KILLS: usize = 20;

/// AC-088, AC-284
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_before_a_kill_is_true_after_it() {
    let app = TestApp::new().await;
    app.spa().await;
    app.device().await;
    let seed = Seed::new(&app, Arc::new(SystemClock)).await;
    let port = free_port();
    let mut ledger = Ledger::default();
    let mut server = Process::start_on(&app, port).await;
    for round in 0..KILLS {
        let load = Load::start(&seed, &server.url).await;
        // Not at the same moment every time; a slow machine is given the time it needs.
        load.answered(10 + 7 * round % 40).await;
        server.kill();
        let happened = load.ended().await;
        server = Process::start_on(&app, port).await;
        nothing_is_half_done(&app).await;
        ledger.check(&server.url, happened).await;
    }
    server.kill();
    ledger.says_enough();
    nothing_is_half_done(&app).await;
    integrity(&app.app.db).await;
}

/// AC-268: a replay is in the trail as soon as it is refused.
#[tokio::test]
async fn an_event_that_was_answered_survives_a_kill() {
    let app = TestApp::new().await;
    app.spa().await;
    let seed = Seed::new(&app, Arc::new(SystemClock)).await;
    let server = Process::start_on(&app, free_port()).await;
    let (_, code) = seed.code("spa").await;
    let (http, url) = (client(), format!("{}/token", server.url));
    for status in [200, 400] {
        let answer = post(&http, &url, &code_form("spa", &code)).await.unwrap();
        assert_eq!(answer.0, status, "{}", answer.1);
    }
    server.kill();
    assert_eq!(
        app.count("events WHERE event = 'replay' AND client_id = 'spa'")
            .await,
        1
    );
}

/// Rows that one statement or transaction writes together are there together.
async fn nothing_is_half_done(app: &TestApp) {
    for halves in [
        "grants WHERE code_digest IS NOT NULL AND (code_spent_at IS NULL) <> (refresh_digest IS NULL)",
        "grants WHERE (refresh_rotated_at IS NULL) <> (refresh_previous IS NULL)",
        "device_codes WHERE (spent_at IS NULL) = EXISTS (SELECT 1 FROM grants g WHERE g.id = device_codes.grant_id)",
    ] {
        assert_eq!(app.count(halves).await, 0, "{halves}");
    }
}

async fn integrity(db: &Db) {
    if let Db::Sqlite { writer, .. } = db {
        let checked: String = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_one(&mut *writer.get().await.unwrap())
            .await
            .unwrap();
        assert_eq!(checked, "ok");
        let orphans = sqlx::query("PRAGMA foreign_key_check")
            .fetch_all(&mut *writer.get().await.unwrap())
            .await
            .unwrap();
        assert!(orphans.is_empty());
    }
}
