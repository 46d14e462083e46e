//! Bounds on hostile input (ASVS 15.3.7), and a handler that breaks.

use crate::support::{Answer, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use hyper::body::Frame;
use keywright::app::App;
use keywright::entropy::{Entropy, SystemEntropy};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::ServiceExt;

const FORM: &str = "application/x-www-form-urlencoded";
const POSTS: [&str; 12] = [
    "/token",
    "/introspect",
    "/revoke",
    "/device_authorization",
    "/userinfo",
    "/authorize",
    "/end_session",
    "/login",
    "/consent",
    "/device",
    "/logout",
    "/nothing",
];

async fn post(app: &TestApp, path: &str, body: String) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, FORM);
    app.send(request.body(Body::from(body)).unwrap()).await
}

/// RUSTSEC-2022-0055 · AC-247
#[tokio::test]
async fn a_body_above_64_kib_is_refused_everywhere() {
    let app = TestApp::new().await;
    let megabyte = format!("a={}", "x".repeat(1024 * 1024));
    let just = format!("a={}", "x".repeat(64 * 1024 - 2));
    for path in POSTS {
        let answer = post(&app, path, megabyte.clone()).await;
        assert_eq!(answer.status, 413, "{path}");
        assert_eq!(post(&app, path, format!("{just}x")).await.status, 413, "{path}");
        let fits = post(&app, path, just.clone()).await;
        assert!(
            fits.status != 413 && fits.status.is_client_error() || fits.status == 200,
            "{path}"
        );
    }
}

/// AC-247: the same without a length that could be looked at first.
#[tokio::test]
async fn an_endless_body_is_read_no_further_than_the_limit() {
    let app = TestApp::new().await;
    for path in POSTS {
        let request = Request::post(path).header(header::CONTENT_TYPE, FORM);
        let (body, read) = Endless::new();
        let answer = app.send(request.body(Body::new(body)).unwrap()).await;
        assert_eq!(answer.status, 413, "{path}");
        let read = read.load(Ordering::SeqCst);
        assert!((64..=66).contains(&read), "{path}: {read} KiB");
    }
}

/// A body of KiB after KiB, which counts them.
struct Endless(Arc<AtomicUsize>);

impl Endless {
    fn new() -> (Self, Arc<AtomicUsize>) {
        let read = Arc::<AtomicUsize>::default();
        (Self(Arc::clone(&read)), read)
    }
}

impl hyper::body::Body for Endless {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(axum::body::Bytes::from_static(
            &[b'x'; 1024],
        )))))
    }
}

/// AC-247
#[tokio::test]
async fn absurd_forms_are_refused_quickly() {
    let app = TestApp::new().await;
    app.service().await;
    let fields: String = (0..6_000).map(|n| format!("{n}=1&")).collect();
    let same = "a=1&".repeat(10_000);
    let brackets = format!("a{}=1", "[b]".repeat(15_000));
    let separators = "&".repeat(60_000);
    let started = Instant::now();
    for body in [fields, same, separators] {
        for path in ["/token", "/introspect", "/device_authorization"] {
            let answer = post(&app, path, body.clone()).await;
            assert!(
                matches!(answer.status.as_u16(), 400 | 401),
                "{} {}",
                answer.status,
                answer.body
            );
        }
    }
    // An unknown parameter with an odd name is an unknown parameter.
    let body = format!("{brackets}&grant_type=client_credentials&client_id=svc&client_secret=x");
    post(&app, "/token", body).await.refused(401, "invalid_client");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

/// Randomness that can be made to break: for the cookie of a new browser, which only handlers draw.
#[derive(Default)]
struct Breaking(AtomicBool);

impl Entropy for Breaking {
    fn fill(&self, bytes: &mut [u8]) {
        assert!(
            !(self.0.load(Ordering::SeqCst) && bytes.len() == 32),
            "made to break"
        );
        SystemEntropy.fill(bytes);
    }
}

/// ASVS 16.5.4 · RAUTHY-006 · AC-287
#[tokio::test]
async fn a_handler_that_panics_fails_its_own_request_only() {
    let app = TestApp::new().await;
    let entropy = Arc::new(Breaking::default());
    let config = app.app.config.clone();
    let other = App::build(config, app.clock.clone(), entropy.clone())
        .await
        .unwrap();
    let router = keywright::http::router(&Arc::new(other));
    let get = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        Answer::read(router.clone().oneshot(request).await.unwrap()).await
    };
    entropy.0.store(true, Ordering::SeqCst);
    for path in ["/", "/login", "/device"] {
        let answer = get(path).await;
        assert_eq!(answer.status, 500, "{path}");
        assert_eq!(answer.body, r#"{"error":"server_error"}"#);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(!answer.header("x-request-id").is_empty());
    }
    assert_eq!(get("/jwks").await.status, 200, "others go on");
    entropy.0.store(false, Ordering::SeqCst);
    for path in ["/", "/login", "/device"] {
        assert_eq!(get(path).await.status, 200, "{path}");
    }
}
