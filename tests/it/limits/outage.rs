//! Without the store nobody can tell how many attempts there were: a sign-in is not looked at, and works again by itself.

use crate::auth::{credentials, post};
use crate::support::stores::{Private, Which};
use crate::support::{Answer, TestApp, USERS};
use std::time::{Duration, Instant};

async fn sign_in(app: &TestApp, password: &str) -> Answer {
    app.send(post("/auth/login", &credentials(USERS[0].1, password)))
        .await
}

#[track_caller]
fn unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    assert!(answer.headers.get("set-cookie").is_none());
}

async fn an_outage(which: Which) {
    let Some(mut server) = Private::start(which).await else {
        return;
    };
    let app = TestApp::new().await;
    let app = app.node(|config| config.stores.url = server.url()).await;
    assert_eq!(sign_in(&app, "wrong").await.status, 401);
    let mut browser = app.browser();
    let page = browser.get("/login").await;
    let reset = browser.get("/reset-password").await;
    let (csrf, reset) = (page.hidden("csrf").unwrap(), reset.hidden("csrf"));
    server.stop();
    for password in ["wrong", USERS[0].2] {
        unavailable(&sign_in(&app, password).await);
        let form = [
            ("flow", ""),
            ("csrf", &csrf),
            ("username", USERS[0].1),
            ("password", password),
        ];
        unavailable(&browser.post("/login", &form).await);
    }
    if let Some(csrf) = reset {
        let form = [("csrf", csrf.as_str()), ("email", USERS[0].1)];
        unavailable(&browser.post("/reset-password", &form).await);
    }
    let failures = app.count("password_failures").await;
    assert_eq!(failures, 1, "nothing was looked at");
    server.restart().await;
    let since = Instant::now();
    while sign_in(&app, USERS[0].2).await.status != 200 {
        assert!(since.elapsed() < Duration::from_secs(6), "no success again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_no_password_is_looked_at() {
    an_outage(Which::Redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_memcached_no_password_is_looked_at() {
    an_outage(Which::Memcached).await;
}
