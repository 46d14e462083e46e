//! Which origins may call `/auth/*`: our own, and the configured ones with credentials.

use super::{APP, COOKIE, credentials, post, refresh, server, sign_in};
use crate::support::{Answer, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};

const OTHERS: [&str; 9] = [
    "https://evil.test",
    "null",
    "http://app.example.test",
    "https://app.example.test.evil.test",
    "https://evilapp.example.test",
    "https://app.example.test:8443",
    "https://APP.example.test",
    "https://app.example.test/",
    "",
];

fn cors(answer: &Answer) -> Vec<(String, String)> {
    let headers = answer.headers.iter();
    headers
        .filter(|(name, _)| name.as_str().starts_with("access-control-"))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect()
}

async fn from(app: &TestApp, origin: &str, site: &str, path: &str, body: &str) -> Answer {
    let mut request = post(path, body);
    let headers = request.headers_mut();
    headers.insert(header::ORIGIN, origin.parse().unwrap());
    headers.insert("sec-fetch-site", site.parse().unwrap());
    if site.is_empty() {
        headers.remove("sec-fetch-site");
    }
    app.send(request).await
}

/// AC-192 · AC-263: never `*`, and only the exact origin.
#[tokio::test]
async fn a_configured_origin_may_call_with_credentials() {
    let app = server().await;
    let body = credentials(USERS[0].1, USERS[0].2);
    for site in ["same-site", "cross-site", ""] {
        let answer = from(&app, APP, site, "/auth/login", &body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            cors(&answer),
            [
                ("access-control-allow-origin".to_owned(), APP.to_owned()),
                ("access-control-allow-credentials".to_owned(), "true".to_owned()),
                (
                    "access-control-expose-headers".to_owned(),
                    "www-authenticate, retry-after".to_owned()
                ),
            ]
        );
        assert_eq!(answer.header("vary"), "Origin, Cookie");
    }
    let refused = from(&app, APP, "same-site", "/auth/refresh", "").await;
    refused.problem(401, "invalid_refresh_token");
    assert_eq!(
        refused.header("access-control-allow-origin"),
        APP,
        "an app can read why"
    );
}

/// AC-095 · AC-192: refused before anything is read or counted.
#[tokio::test]
async fn any_other_origin_is_refused() {
    let app = server().await;
    let mut browser = app.browser();
    sign_in(&mut browser).await;
    for origin in OTHERS {
        for (path, body) in [
            ("/auth/login", credentials(USERS[0].1, "wrong")),
            ("/auth/refresh", String::new()),
            ("/auth/logout", String::new()),
        ] {
            for site in ["same-site", "cross-site", "none", "same-origin", ""] {
                let mut request = post(path, &body);
                let headers = request.headers_mut();
                headers.insert(header::ORIGIN, origin.parse().unwrap());
                headers.insert("sec-fetch-site", site.parse().unwrap());
                headers.insert(
                    header::COOKIE,
                    format!("{COOKIE}={}", browser.cookies[COOKIE]).parse().unwrap(),
                );
                let answer = app.send(request).await;
                answer.problem(403, "origin_not_allowed");
                assert!(cors(&answer).is_empty() && answer.headers.get("set-cookie").is_none());
            }
        }
    }
    assert_eq!(
        refresh(&mut browser).await.status,
        200,
        "not rotated, not signed out"
    );
    sign_in(&mut app.browser()).await;
}

/// A browser always says where a post comes from; what it says must fit.
#[tokio::test]
async fn the_word_of_the_browser_must_fit_the_origin() {
    let app = server().await;
    let own = "https://id.example.test";
    for (origin, site) in [
        (own, "cross-site"),
        (own, "same-site"),
        (own, "none"),
        (APP, "same-origin"),
    ] {
        let answer = from(&app, origin, site, "/auth/refresh", "").await;
        answer.problem(403, "origin_not_allowed");
    }
    let request = Request::post("/auth/refresh")
        .header(header::CONTENT_TYPE, "application/json")
        .header("sec-fetch-site", "cross-site");
    let answer = app.send(request.body(Body::empty()).unwrap()).await;
    answer.problem(403, "origin_not_allowed");
    // No browser: neither header.
    let request = Request::post("/auth/refresh").header(header::CONTENT_TYPE, "application/json");
    let answer = app.send(request.body(Body::empty()).unwrap()).await;
    answer.problem(401, "invalid_refresh_token");
}

/// AC-095: what a form of another site can send is not taken, even where the cookie came along.
#[tokio::test]
async fn a_refresh_must_be_announced_as_json() {
    let app = server().await;
    let mut browser = app.browser();
    sign_in(&mut browser).await;
    for content_type in ["", "text/plain", "application/x-www-form-urlencoded"] {
        let mut request = post("/auth/refresh", "");
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        browser.send(request).await.problem(415, "unsupported_media_type");
    }
    assert_eq!(refresh(&mut browser).await.status, 200);
}

/// AC-263
#[tokio::test]
async fn a_preflight_tells_only_a_configured_origin_what_it_may_send() {
    let app = server().await;
    for (path, methods) in [
        ("/auth/login", "POST"),
        ("/auth/refresh", "POST"),
        ("/auth/logout", "POST"),
        ("/auth/me", "GET"),
    ] {
        let ask = async |origin: &str| {
            let request = Request::options(path)
                .header(header::ORIGIN, origin)
                .header("access-control-request-method", methods)
                .header("access-control-request-headers", "authorization,content-type");
            app.send(request.body(Body::empty()).unwrap()).await
        };
        let answer = ask(APP).await;
        assert_eq!(answer.status, 204);
        for (name, value) in [
            ("access-control-allow-origin", APP),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-methods", methods),
            ("access-control-allow-headers", "authorization, content-type"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        for origin in OTHERS {
            assert!(cors(&ask(origin).await).is_empty(), "{path} {origin}");
        }
    }
    let nobody = TestApp::new().await;
    let answer = from(&nobody, APP, "same-site", "/auth/refresh", "").await;
    answer.problem(403, "origin_not_allowed");
}
