//! `keywright login` against a server of the test, which answers as RFC 8628 says.

use super::{Terminal, is_private};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

fn answer(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

/// A server whose token endpoint gives `answers` one after the other. Returns its issuer and the number of polls.
async fn server(answers: Vec<(StatusCode, Value)>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let metadata = json!({
        "issuer": issuer,
        "device_authorization_endpoint": format!("{issuer}/device_authorization"),
        "token_endpoint": format!("{issuer}/token"),
    });
    let started = json!({
        "device_code": "device-code", "user_code": "BCDF-GHJK", "verification_uri": format!("{issuer}/device"),
        "expires_in": 60, "interval": 1,
    });
    let polls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&polls);
    let routes = Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(async move || answer(StatusCode::OK, &metadata)),
        )
        .route(
            "/device_authorization",
            post(async move || answer(StatusCode::OK, &started)),
        )
        .route(
            "/token",
            post(async move |body: String| {
                assert!(body.contains("device_code=device-code"), "{body}");
                let (status, body) = &answers[counter.fetch_add(1, Ordering::SeqCst)];
                answer(*status, body)
            }),
        );
    tokio::spawn(async { axum::serve(listener, routes).await });
    (issuer, polls)
}

async fn login(terminal: Terminal, issuer: &str, more: &[&str]) -> (Terminal, super::Ended) {
    let arguments = [&["login", "--issuer", issuer, "--client", "tool"], more].concat();
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    let run = move || {
        let ended = terminal.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        (terminal, ended)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn pending() -> (StatusCode, Value) {
    (
        StatusCode::BAD_REQUEST,
        json!({ "error": "authorization_pending" }),
    )
}

/// RFC 8628 §3.5
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_kept_in_a_private_file_once_the_person_has_allowed() {
    let tokens = json!({ "access_token": "at-canary", "token_type": "Bearer", "expires_in": 900 });
    let (issuer, polls) = server(vec![pending(), (StatusCode::OK, tokens.clone())]).await;
    let (terminal, ended) = login(Terminal::new(), &issuer, &[]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("BCDF-GHJK") && ended.stdout.contains(&format!("{issuer}/device")));
    assert!(!ended.stdout.contains("at-canary"));
    assert_eq!(polls.load(Ordering::SeqCst), 2);
    let path = terminal.path().join(".config/keywright/tokens.json");
    assert!(is_private(&path));
    let saved: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(saved[&issuer]["tokens"], tokens);
    assert_eq!(saved[&issuer]["client_id"], "tool");
    assert!(saved[&issuer]["expires_at"].is_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_json_the_tokens_are_printed_and_kept_nowhere() {
    let tokens = json!({ "access_token": "at", "token_type": "Bearer" });
    let (issuer, _) = server(vec![(StatusCode::OK, tokens.clone())]).await;
    let (terminal, ended) = login(Terminal::new(), &issuer, &["--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap(), tokens);
    assert!(ended.stderr.contains("BCDF-GHJK"));
    assert!(!terminal.path().join(".config").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_ends_the_login() {
    let denied = (StatusCode::BAD_REQUEST, json!({ "error": "access_denied" }));
    let (issuer, _) = server(vec![pending(), denied]).await;
    login(Terminal::new(), &issuer, &[])
        .await
        .1
        .refused(1, "access_denied");
}

/// RFC 8414 §3.3: metadata of another issuer is an attack or a mistake.
#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_must_be_the_one_that_was_named() {
    let (issuer, _) = server(Vec::new()).await;
    let other = issuer.replace("127.0.0.1", "localhost");
    login(Terminal::new(), &other, &[])
        .await
        .1
        .refused(1, "is of the issuer");
    login(Terminal::new(), "http://id.example.com", &[])
        .await
        .1
        .refused(2, "not https");
    login(Terminal::new(), &format!("{issuer}/"), &[])
        .await
        .1
        .refused(2, "must not end with a slash");
}
