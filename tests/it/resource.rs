//! `keywright::resource`, and the example that shows it, against a server behind a socket.

#[path = "../../examples/resource_server.rs"]
#[expect(dead_code, reason = "its `main` is run by people")]
pub mod example;
mod forged;
mod status;

use crate::support::{Answer, TestApp, USERS};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use keywright::clock::Clock;
use keywright::config::Issuer;
use keywright::oauth::client::Metadata;
use keywright::resource::{Denied, Require, Resource};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tower::ServiceExt;

/// An issuer on a port, and how often its keys and its status lists were fetched.
pub struct IssuerServer {
    pub app: TestApp,
    pub url: String,
    pub fetched: Arc<AtomicUsize>,
    lists: Arc<AtomicUsize>,
    /// Answers every request for a list with an error.
    is_away: Arc<AtomicBool>,
    /// Keeps every request for a list waiting, in milliseconds.
    delay: Arc<AtomicU64>,
}

impl IssuerServer {
    pub async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let app = TestApp::new().await;
        let app = app
            .node(|config| config.public_url = Issuer::parse(&url).unwrap())
            .await;
        let (fetched, lists) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let is_away = Arc::new(AtomicBool::new(false));
        let delay = Arc::new(AtomicU64::new(0));
        let waiting = Arc::clone(&delay);
        let (keys, statuses, away) = (Arc::clone(&fetched), Arc::clone(&lists), Arc::clone(&is_away));
        let count = from_fn(move |request: Request<Body>, next: Next| {
            let is_list = request.uri().path().starts_with("/status/");
            if request.uri().path() == "/jwks" {
                keys.fetch_add(1, Ordering::SeqCst);
            }
            statuses.fetch_add(usize::from(is_list), Ordering::SeqCst);
            let is_away = is_list && away.load(Ordering::SeqCst);
            let wait = Duration::from_millis(if is_list {
                waiting.load(Ordering::SeqCst)
            } else {
                0
            });
            async move {
                tokio::time::sleep(wait).await;
                match is_away {
                    true => StatusCode::BAD_GATEWAY.into_response(),
                    false => next.run(request).await,
                }
            }
        });
        let router = keywright::http::router(&app.app).layer(count);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            app,
            url,
            fetched,
            lists,
            is_away,
            delay,
        }
    }

    pub fn resource(&self, audience: &str) -> Arc<Resource> {
        let clock: Arc<dyn Clock> = self.app.clock.clone();
        Arc::new(Resource::with_clock(&self.url, audience, clock).unwrap())
    }

    /// A token of alice, for the issuer itself.
    pub async fn token(&self) -> String {
        let body = serde_json::json!({ "email": USERS[0].1, "password": USERS[0].2 });
        let request = Request::post("/auth/login").header("content-type", "application/json");
        let answer = self
            .app
            .send(request.body(Body::from(body.to_string())).unwrap())
            .await;
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }
}

pub async fn call(routes: &Router, method: &str, path: &str, authorization: &[&str]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for value in authorization {
        request = request.header("authorization", *value);
    }
    let request = request.body(Body::empty()).unwrap();
    Answer::read(routes.clone().oneshot(request).await.unwrap()).await
}

#[track_caller]
fn is_challenged(answer: &Answer, status: u16, challenge: &str) {
    assert_eq!(
        (answer.status.as_u16(), answer.header("www-authenticate")),
        (status, challenge)
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// RFC 6750 §2.1, §3, §3.1
#[tokio::test]
async fn the_example_lets_good_tokens_through_and_challenges_the_rest() {
    let issuer = IssuerServer::new().await;
    let routes = example::routes(issuer.resource(&issuer.url));
    let token = issuer.token().await;
    let bearer = format!("Bearer {token}");
    let hello = call(&routes, "GET", "/hello", &[&bearer]).await;
    let alice = issuer.app.user(USERS[0].1).await.id;
    assert_eq!(
        (hello.status.as_u16(), hello.body),
        (200, format!("notes says hello to {alice}"))
    );
    for path in ["/hello", "/admin"] {
        is_challenged(&call(&routes, "GET", path, &[]).await, 401, "Bearer");
        is_challenged(&call(&routes, "GET", path, &["Basic eDp5"]).await, 401, "Bearer");
        let invalid = call(&routes, "GET", path, &[&format!("{bearer}x")]).await;
        is_challenged(&invalid, 401, "Bearer error=\"invalid_token\"");
        let twice = call(&routes, "GET", path, &[&bearer, &bearer]).await;
        is_challenged(&twice, 400, "Bearer error=\"invalid_request\"");
        let in_address = call(&routes, "GET", &format!("{path}?access_token={token}"), &[]).await;
        is_challenged(&in_address, 401, "Bearer");
    }
    let admin = call(&routes, "GET", "/admin", &[&bearer]).await;
    is_challenged(&admin, 403, "Bearer error=\"insufficient_scope\"");
    let notes = call(&routes, "POST", "/notes", &[&bearer]).await;
    is_challenged(
        &notes,
        403,
        "Bearer error=\"insufficient_scope\", scope=\"api:write\"",
    );
}

/// RFC 8707: a service with a token for this API and no other.
#[tokio::test]
async fn a_service_writes_where_its_token_is_for() {
    let issuer = IssuerServer::new().await;
    let service = issuer.app.service().await;
    let api = "https://api.test/notes";
    let metadata = Metadata {
        resources: vec![api.to_owned()],
        ..service.metadata.clone()
    };
    issuer.app.change_client("svc", &metadata).await;
    let form = [("grant_type", "client_credentials"), ("resource", api)];
    let token = service.post("/token", &form).await.tokens().access_token;
    let bearer = format!("bearer {token}");
    let written = call(
        &example::routes(issuer.resource(api)),
        "POST",
        "/notes",
        &[&bearer],
    )
    .await;
    assert_eq!(
        (written.status.as_u16(), written.body.as_str()),
        (200, "written by svc")
    );
    let elsewhere = call(
        &example::routes(issuer.resource("https://api.test")),
        "POST",
        "/notes",
        &[&bearer],
    )
    .await;
    is_challenged(&elsewhere, 401, "Bearer error=\"invalid_token\"");
}

/// RFC 9068 §4 · RFC 8725 §3.11: type, issuer, audience, expiry.
#[tokio::test]
async fn a_token_of_another_kind_issuer_or_time_is_refused() {
    let issuer = IssuerServer::new().await;
    let resource = issuer.resource(&issuer.url);
    let check = async |token: &str| resource.check(token, &Require::token()).await;
    let token = issuer.token().await;
    assert_eq!(check(&token).await.unwrap().client_id(), "keywright-api");
    let web = issuer.app.web().await;
    let tokens = web.tokens(&mut issuer.app.alice().await, &[]).await;
    // Signed by the very same keys, under another name.
    let other = IssuerServer::new().await.token().await;
    let signature = token.rsplit_once('.').unwrap().0;
    for value in [
        "",
        "x",
        "a.b.c",
        &other,
        tokens.id_token.as_ref().unwrap(),
        tokens.refresh_token.as_ref().unwrap(),
        &format!("{signature}."),
        &format!("{signature}.{}", tokens.access_token.rsplit_once('.').unwrap().1),
        &"x".repeat(100_000),
    ] {
        assert!(
            matches!(check(value).await, Err(Denied::InvalidToken(_))),
            "{value:.40}"
        );
    }
    issuer.app.clock.advance(899);
    assert!(check(&token).await.is_ok());
    issuer.app.clock.advance(1);
    assert!(matches!(check(&token).await, Err(Denied::InvalidToken(_))));
}

/// RFC 9470 §3
#[tokio::test]
async fn a_route_can_ask_for_a_fresh_or_stronger_sign_in() {
    let issuer = IssuerServer::new().await;
    let resource = issuer.resource(&issuer.url);
    let token = issuer.token().await;
    let fresh = Require::token().max_age(60);
    assert!(resource.check(&token, &fresh).await.is_ok());
    assert!(
        resource
            .check(&token, &Require::token().acr("urn:keywright:acr:password"))
            .await
            .is_ok()
    );
    let stronger = resource
        .check(&token, &Require::token().acr("urn:x:strong").max_age(60))
        .await
        .unwrap_err();
    let answer = Answer::read(axum::response::IntoResponse::into_response(stronger)).await;
    let challenge =
        "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:x:strong\", max_age=\"60\"";
    is_challenged(&answer, 401, challenge);
    issuer.app.clock.advance(61);
    assert!(resource.check(&token, &fresh).await.is_err());
    assert!(resource.check(&token, &Require::token()).await.is_ok());
}

/// One fetch for all who wait, and none for made-up key identifiers.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_are_fetched_once_and_not_at_the_wish_of_a_stranger() {
    let issuer = IssuerServer::new().await;
    let resource = issuer.resource(&issuer.url);
    let token = issuer.token().await;
    let checks: Vec<_> = (0..50)
        .map(|_| {
            let (resource, token) = (Arc::clone(&resource), token.clone());
            tokio::spawn(async move { resource.check(&token, &Require::token()).await.is_ok() })
        })
        .collect();
    for check in checks {
        assert!(check.await.unwrap());
    }
    assert_eq!(issuer.fetched.load(Ordering::SeqCst), 1);
    for kid in 0..50 {
        use base64::Engine;
        let header = format!("{{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"{kid}\"}}");
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header);
        let (_, rest) = token.split_once('.').unwrap();
        assert!(
            resource
                .check(&format!("{header}.{rest}"), &Require::token())
                .await
                .is_err()
        );
    }
    assert_eq!(issuer.fetched.load(Ordering::SeqCst), 1);
}

/// Without keys nothing is let through, and the caller learns that it will pass.
#[tokio::test]
async fn an_issuer_that_is_away_is_an_outage_and_no_refusal() {
    let issuer = IssuerServer::new().await;
    let token = issuer.token().await;
    let away = format!("http://localhost:{}", crate::support::server::free_port());
    for url in [away.clone(), format!("{}/x", issuer.url)] {
        let resource = Arc::new(Resource::new(&url, "x").unwrap());
        assert_eq!(
            resource.check(&token, &Require::token()).await.unwrap_err(),
            Denied::Unavailable
        );
        let answer = call(
            &example::routes(resource),
            "GET",
            "/hello",
            &[&format!("Bearer {token}")],
        )
        .await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "2"));
    }
    for url in ["http://id.example.test", "ftp://localhost", "x", ""] {
        assert!(Resource::new(url, "x").is_err(), "{url}");
    }
}
