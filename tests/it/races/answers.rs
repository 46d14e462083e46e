//! A saved request is answered once, however often its form is sent.

use crate::support::{Answer, Browser, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::http::router;
use tower::ServiceExt;

const RACERS: usize = 20;

/// Sends one form of ours many times at the same moment.
async fn submit_together(browser: &Browser<'_>, path: &str, form: &[(&str, &str)]) -> Vec<Answer> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let cookies: Vec<String> = browser
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let tasks: Vec<_> = (0..RACERS)
        .map(|_| {
            let request = Request::post(path)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::COOKIE, cookies.join("; "))
                .header(header::ORIGIN, browser.app.app.config.public_url.origin())
                .header("sec-fetch-site", "same-origin")
                .body(Body::from(body.clone()))
                .unwrap();
            let router = router(&browser.app.app);
            tokio::spawn(async move { Answer::read(router.oneshot(request).await.unwrap()).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn codes(answers: &[Answer]) -> Vec<String> {
    for answer in answers {
        assert!(answer.status.as_u16() < 500, "{} {}", answer.status, answer.body);
    }
    let redirects = answers.iter().filter(|answer| answer.status == 303);
    redirects.filter_map(|answer| answer.returned("code")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn consent_sent_twice_gives_one_code() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    for round in 0..5 {
        let mut alice = app.alice().await;
        let asked = alice.get(&spa.authorize_url(&[("prompt", "consent")])).await;
        let page = alice.follow(&asked).await;
        let (flow, csrf) = (page.hidden("flow").unwrap(), page.hidden("csrf").unwrap());
        let form = [("flow", flow.as_str()), ("csrf", &csrf), ("decision", "allow")];
        let codes = codes(&submit_together(&alice, "/consent", &form).await);
        assert_eq!(codes.len(), 1, "round {round}");
        spa.redeem(&codes[0]).await.tokens();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn allow_and_deny_at_once_have_one_outcome() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    for round in 0..5 {
        let mut alice = app.alice().await;
        let asked = alice.get(&spa.authorize_url(&[("prompt", "consent")])).await;
        let page = alice.follow(&asked).await;
        let (flow, csrf) = (page.hidden("flow").unwrap(), page.hidden("csrf").unwrap());
        let form = |decision| {
            [
                ("flow", flow.as_str()),
                ("csrf", csrf.as_str()),
                ("decision", decision),
            ]
        };
        let (allow, deny) = (form("allow"), form("deny"));
        let (mut answers, denied) = tokio::join!(
            submit_together(&alice, "/consent", &allow),
            submit_together(&alice, "/consent", &deny),
        );
        answers.extend(denied);
        let redirects = answers.iter().filter(|answer| answer.status == 303);
        let denied = redirects.filter(|answer| answer.returned("error").as_deref() == Some("access_denied"));
        assert_eq!(codes(&answers).len() + denied.count(), 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_in_sent_twice_gives_one_code() {
    let app = TestApp::with(|config| config.passwords.queue = 64).await;
    let spa = app.spa().await;
    spa.code(&mut app.alice().await, &[]).await; // consents
    let mut browser = app.browser();
    let asked = browser.get(&spa.authorize_url(&[])).await;
    let page = browser.follow(&asked).await;
    let (flow, csrf) = (page.hidden("flow").unwrap(), page.hidden("csrf").unwrap());
    let (_, email, password) = USERS[0];
    let form = [
        ("flow", flow.as_str()),
        ("csrf", &csrf),
        ("username", email),
        ("password", password),
    ];
    let answers = submit_together(&browser, "/login", &form).await;
    let codes = codes(&answers);
    assert_eq!(codes.len(), 1);
    spa.redeem(&codes[0]).await.tokens();
}
