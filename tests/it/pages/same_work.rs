//! A sign-in that fails costs the same whoever it is for (AC-194): the same hashes and, seen on the wire to PostgreSQL,
//! the same statements in the same order. Time itself is not measured: a busy machine would decide the test.

use crate::auth::{credentials, post};
use crate::outage::recorder::Recorder;
use crate::support::{TestApp, USERS};
use keywright::config::{Cidr, DatabaseUrl};
use keywright::storage::{password_failures, users};
use keywright::time::Seconds;

/// The six classes: who, and with which password.
const CLASSES: [(&str, &str, &str); 6] = [
    ("unknown", "nobody@example.test", "wrong"),
    ("wrong password", "alice@example.test", "wrong"),
    ("locked", "locked@example.test", USERS[1].2),
    ("disabled", "disabled@example.test", USERS[1].2),
    ("unverified", "unverified@example.test", "wrong"),
    ("without a password", "passkey@example.test", "wrong"),
];

async fn people(app: &TestApp) {
    let bob = app.user(USERS[1].1).await;
    for name in ["locked", "disabled", "unverified", "passkey"] {
        let row = users::UserRow {
            id: keywright::id::user(&keywright::entropy::SystemEntropy),
            email: format!("{name}@example.test"),
            email_verified: name != "unverified",
            preferred_username: None,
            password_hash: bob.password_hash.clone().filter(|_| name != "passkey"),
            disabled_at: (name == "disabled").then_some(app.now().0),
            ..bob.clone()
        };
        users::insert(app.app.db.write(), &row).await.unwrap();
        if name == "locked" {
            let add = async || password_failures::add(app.app.db.write(), &row.id, 2, app.now()).await;
            add().await.unwrap();
            assert!(add().await.unwrap().locked_at.is_some());
        }
    }
}

async fn sign_in(app: &TestApp, email: &str, password: &str, from: usize) -> String {
    let mut request = post("/auth/login", &credentials(email, password));
    let from = format!("198.51.100.{from}").parse().unwrap();
    request.headers_mut().insert("x-forwarded-for", from);
    let answer = app.send(request).await;
    answer.problem(401, "invalid_credentials");
    format!("{:?}", answer.same())
}

async fn server() -> TestApp {
    let app = TestApp::with(|config| {
        config.server.trusted_proxies = vec![Cidr::parse("127.0.0.0/8").unwrap()];
        config.login.attempts = 100;
        config.login.lock_after = 100;
        config.login.window = Seconds(900);
    })
    .await;
    people(&app).await;
    app
}

/// authentik IncludeSec L2 · authelia#949 · AC-193, AC-194
#[tokio::test]
async fn every_failed_sign_in_is_answered_alike_after_one_hash() {
    let app = server().await;
    let mut answers = Vec::new();
    for (from, (class, email, password)) in CLASSES.into_iter().enumerate() {
        let before = app.app.passwords.computed();
        answers.push(sign_in(&app, email, password, from).await);
        assert_eq!(app.app.passwords.computed() - before, 1, "{class}");
        assert_eq!(answers[0], answers[from], "{class}");
    }
}

/// AC-194
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_failed_sign_in_runs_the_same_statements() {
    let app = server().await;
    let DatabaseUrl::Postgres(url) = &app.app.config.database.url else {
        return;
    };
    let (through, recorder) = Recorder::before(url.expose()).await;
    let app = app
        .node(|config| {
            config.database.url = DatabaseUrl::parse(&through).unwrap();
            config.database.max_connections = 1; // one connection, so that a statement has one name
        })
        .await;
    // The first round prepares the statements, the second fills what is counted.
    for round in 0..4 {
        let mut statements: Vec<Vec<String>> = Vec::new();
        for (number, (_, email, password)) in CLASSES.into_iter().enumerate() {
            app.app.clients.forget("keywright-api"); // what is remembered has nothing to do with who it is
            recorder.take();
            sign_in(&app, email, password, round * 10 + number).await;
            statements.push(recorder.take());
        }
        if round < 2 {
            continue;
        }
        assert!(statements[0].len() >= 4, "{:?}", statements[0]);
        for ((class, ..), seen) in CLASSES.iter().zip(&statements) {
            assert_eq!(*seen, statements[0], "{class}");
        }
    }
}
