//! Visitors who only look leave nothing behind (AC-184).

use crate::support::stores::Which;
use crate::support::{Browser, TestApp, USERS};

const TABLES: [&str; 12] = [
    "interactions",
    "challenges",
    "sessions",
    "grants",
    "consents",
    "device_codes",
    "mail_links",
    "mail_outbox",
    "password_failures",
    "ephemeral",
    "attempts",
    "users",
];

async fn rows(app: &TestApp) -> Vec<i64> {
    let mut rows = Vec::new();
    for table in TABLES {
        rows.push(app.count(table).await);
    }
    rows
}

/// AC-184: whatever number comes, there is nothing on the server that could grow, and nobody's session has to go.
#[tokio::test]
async fn visits_without_a_sign_in_store_nothing() {
    let app = TestApp::new().await;
    let url = Which::Memory.url().unwrap();
    let app = app.node(|config| config.stores.url = url).await;
    let mut alice = app.alice().await;
    assert!(alice.is_signed_in().await);
    let before = rows(&app).await;
    for _ in 0..300 {
        for path in [
            "/",
            "/login",
            "/device",
            "/reset-password",
            "/logout",
            "/login?flow=x",
            "/consent?flow=x",
        ] {
            let answer = Browser::new(&app).get(path).await;
            assert!(answer.status.as_u16() < 500, "{path}");
            assert!(!answer.header("set-cookie").contains("kw-session"), "{path}");
        }
    }
    assert_eq!(rows(&app).await, before);
    assert!(alice.is_signed_in().await);
}

/// AC-184: a saved request of an app is a row, which is gone when its time to sign in is over.
#[tokio::test]
async fn saved_requests_of_visitors_are_removed() {
    let app = TestApp::new().await;
    let web = app.web().await;
    for _ in 0..50 {
        Browser::new(&app).get(&web.authorize_url(&[])).await;
    }
    assert_eq!(app.count("interactions").await, 50);
    app.clock.advance(app.app.config.sessions.interaction.0 + 1);
    keywright::jobs::remove_old_rows(&app.app).await.unwrap();
    assert_eq!(app.count("interactions").await, 0);
    app.browser().sign_in(USERS[0].1, USERS[0].2).await;
}
