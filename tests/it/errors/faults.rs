//! When something breaks: 503 with a time to come back, or 500, never a decision; the process goes on.

use crate::support::{TestApp, VERIFIER};
use axum::body::Body;
use axum::http::Request;
use keywright::app::App;
use keywright::clock::Clock;
use keywright::entropy::SystemEntropy;
use keywright::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower::ServiceExt;

/// ASVS 16.5.2 · AC-279: nobody is told "invalid" because a database is away.
#[tokio::test]
async fn without_the_database_every_endpoint_says_come_back_later() {
    let app = TestApp::new().await;
    let (web, service) = (app.web().await, app.service().await);
    let mut alice = app.alice().await;
    let code = web.code(&mut alice, &[]).await;
    let tokens = web.tokens(&mut alice, &[]).await;
    let refresh_token = tokens.refresh_token.unwrap();
    app.app.db.close().await;
    for client in ["web", "svc"] {
        app.app.clients.forget(client);
    }
    let grant = ("grant_type", "client_credentials");
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", VERIFIER),
    ];
    for answer in [
        service.post("/token", &[grant]).await,
        web.post("/token", &redeem).await,
        web.refresh(&refresh_token).await,
        web.revoke(&refresh_token).await,
        web.post("/introspect", &[("token", &refresh_token)]).await,
        web.post("/device_authorization", &[]).await,
        app.userinfo(&tokens.access_token).await,
    ] {
        answer.refused(503, "temporarily_unavailable");
        assert_eq!(answer.header("retry-after"), "2");
        assert!(answer.headers.get("www-authenticate").is_none());
        assert!(!answer.body.contains("sql") && !answer.body.contains("pool"));
    }
    for path in [
        web.authorize_url(&[]).as_str(),
        "/login?flow=x",
        "/device",
        "/logout",
    ] {
        let answer = alice.get(path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(answer.header("retry-after"), "2", "{path}");
        assert!(answer.headers.get("location").is_none());
    }
    for (path, status) in [
        ("/.well-known/openid-configuration", 200),
        ("/jwks", 200),
        ("/healthz", 200),
        ("/readyz", 503),
    ] {
        assert_eq!(app.get(path).await.status, status, "{path}");
    }
}

/// A clock that can be told to panic.
struct Bomb(AtomicBool);

impl Clock for Bomb {
    fn now(&self) -> Timestamp {
        assert!(!self.0.load(Ordering::SeqCst), "the bomb");
        Timestamp(1_800_000_000)
    }
}

/// ASVS 16.5.4 · AC-287: one request fails, the next one works.
#[tokio::test]
async fn a_panic_in_a_handler_ends_one_request_only() {
    let app = TestApp::new().await;
    let bomb = Arc::new(Bomb(AtomicBool::new(false)));
    let config = app.elsewhere().await;
    let built = App::build(config, bomb.clone(), Arc::new(SystemEntropy)).await;
    let router = keywright::http::router(&Arc::new(built.unwrap()));
    for armed in [true, false, true, false] {
        bomb.0.store(armed, Ordering::SeqCst);
        let request = Request::get("/userinfo").header("authorization", "Bearer x");
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let answer = crate::support::Answer::read(response).await;
        match armed {
            true => {
                answer.refused(500, "server_error");
                assert_eq!(answer.body, r#"{"error":"server_error"}"#);
                assert_eq!(answer.header("x-content-type-options"), "nosniff");
            }
            false => answer.refused(401, "invalid_token"),
        }
    }
}
