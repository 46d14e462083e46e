//! `kill -9` of a real server in the middle of issuing, over and over on one database. What was acknowledged is true
//! afterwards; what was used up stays used up. AC-088, AC-284.

mod load;
mod ledger;

use crate::support::TestApp;
use crate::support::seed::Seed;
use crate::support::server::{Process, free_port};
use keywright::app::App;
use keywright::clock::SystemClock;
use keywright::storage::Db;
use ledger::Ledger;
use load::Load;
use std::sync::Arc;
use std::time::Duration;

const KILLS: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_before_a_kill_is_true_after_it() {
    let app = TestApp::new().await;
    app.spa().await;
    app.device().await;
    let secret = app.web().await.secret.unwrap();
    let seed = Seed::new(&app, Arc::new(SystemClock)).await;
    let port = free_port();
    let mut ledger = Ledger::default();
    let mut server = Process::start_on(&app, port).await;
    for round in 0..KILLS {
        let load = Load::start(&seed, &server.url).await;
        // Not the same moment of a request every time.
        tokio::time::sleep(Duration::from_millis(40 + 13 * round)).await;
        server.kill();
        let happened = load.ended().await;
        server = Process::start_on(&app, port).await;
        ledger.check(&seed, &server.url, &secret, happened).await;
        no_half_grants(&app.app).await;
    }
    ledger.was_worth_it();
    server.kill();
    integrity(&app.app.db).await;
}
