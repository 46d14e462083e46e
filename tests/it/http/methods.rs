//! Methods and paths: what is not in the table of routes is not there.

use super::PATHS;
use crate::support::TestApp;
use crate::support::source::root;
use axum::body::Body;
use axum::http::Request;

/// What holds for every path is tested on every path.
#[test]
fn the_list_of_paths_is_that_of_the_routes() {
    let file = std::fs::read_to_string(root().join("src/http/routes.rs")).unwrap();
    let mut missing = Vec::new();
    for (at, call) in file.match_indices(".route(") {
        let argument = file[at + call.len()..].trim_start();
        let Some(route) = argument.strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
            continue;
        };
        // Those of the development server are not in this one.
        let known = PATHS.iter().any(|(path, _)| is_of(route, path));
        if !known && !["/demo", "/dev/mail"].contains(&route) {
            missing.push(route);
        }
    }
    assert!(missing.is_empty(), "not in PATHS: {missing:?}");
}

/// Whether a path is one of a route: `{name}` is a segment, `{*name}` the rest.
fn is_of(route: &str, path: &str) -> bool {
    let (mut route, mut path) = (route.split('/'), path.split('/'));
    loop {
        match (route.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(_)) if part.starts_with("{*") => return true,
            (Some(part), Some(segment)) if part == segment || part.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// ASVS 4.1.4, 13.4.4 · AC-015
#[tokio::test]
async fn other_methods_are_refused_with_a_list_of_those_that_work() {
    let app = TestApp::new().await;
    let before = app.holdings().await;
    for &(path, methods) in PATHS {
        for method in [
            "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "GET", "POST",
        ] {
            if methods.contains(&method) {
                continue;
            }
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("x-marker", "echo me")
                .body(Body::from("marker=echo"))
                .unwrap();
            let answer = app.send(request).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            let allow = answer.header("allow");
            for method in methods {
                assert!(allow.contains(method), "{path} {allow}");
            }
            assert!(answer.body.is_empty(), "{method} {path}: {}", answer.body);
        }
    }
    assert_eq!(app.holdings().await, before);
}

/// oathkeeper CVE-2026-33494 · AC-261
#[tokio::test]
async fn a_path_is_taken_as_it_is_written() {
    let app = TestApp::new().await;
    for path in [
        "//authorize",
        "/./token",
        "/x/../token",
        "/%74oken",
        "/token/",
        "/TOKEN",
        "/token;jsessionid=1",
        "/token%2f",
        "/token%00",
        "/token.json",
        "/authorize/",
        "/login/",
        "/login%2f..%2f",
        "/device/confirm/",
        "/setup",
        "/setup/",
        "/setup/a/b",
        "/.well-known/",
        "/.well-known/openid-configuration/",
        "/assets/../Cargo.toml",
        "/assets/x/../../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
    ] {
        for method in ["GET", "POST"] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .body(Body::empty())
                .unwrap();
            let answer = app.send(request).await;
            assert!(
                matches!(answer.status.as_u16(), 404 | 405),
                "{method} {path} {}",
                answer.status
            );
            assert!(answer.headers.get("location").is_none());
        }
    }
    let page = app.get("/login").await;
    let style = page.body.split_once("rel=\"stylesheet\" href=\"").unwrap().1;
    let style = style.split_once('"').unwrap().0;
    let (folder, _) = style.rsplit_once('/').unwrap();
    for name in [
        "../app.css",
        "%2e%2e/app.css",
        "vendor/../app.css",
        "/etc/passwd",
        "",
    ] {
        assert_eq!(app.get(&format!("{folder}/{name}")).await.status, 404, "{name}");
    }
    assert_eq!(app.get(style).await.status, 200);
}

/// ASVS 13.4.5 · AC-262
#[tokio::test]
async fn operations_tell_nothing_and_management_is_not_there() {
    let app = TestApp::new().await;
    for path in [
        "/metrics",
        "/debug",
        "/debug/pprof/",
        "/admin",
        "/actuator",
        "/health",
        "/version",
        "/docs",
        "/swagger",
        "/openapi.json",
        "/.env",
        "/.git/config",
        "/register",
        "/par",
        "/auth",
        "/auth/",
    ] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
    assert_eq!(app.get("/healthz").await.body, "ok\n");
    assert_eq!(app.get("/readyz").await.body, "ready\n");
    app.app.drain();
    let draining = app.get("/readyz").await;
    assert_eq!(
        (draining.status.as_u16(), draining.body.as_str()),
        (503, "not ready\n")
    );
    assert_eq!(app.get("/healthz").await.status, 200);
    let other = TestApp::new().await;
    other.app.db.close().await;
    assert_eq!(other.get("/readyz").await.status, 503);
    assert_eq!(
        other.get("/healthz").await.status,
        200,
        "a restart would not help"
    );
}

/// RFC 9110 §9.3.2
#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = TestApp::new().await;
    for path in ["/jwks", "/login", "/", "/healthz"] {
        let get = app.get(path).await;
        let head = app.send(Request::head(path).body(Body::empty()).unwrap()).await;
        assert_eq!((head.status, head.body.as_str()), (get.status, ""));
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert_eq!(head.header("cache-control"), get.header("cache-control"));
    }
}
