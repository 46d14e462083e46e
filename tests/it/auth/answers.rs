//! What all answers of `/auth/*` have in common.

use super::{COOKIE, credentials, me, post, server, sign_in};
use crate::support::{Answer, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};

const POSTS: [&str; 4] = ["/auth/login", "/auth/login/mfa", "/auth/refresh", "/auth/logout"];

/// A post of this content type with the cookies of alice.
async fn typed(app: &TestApp, cookie: &str, path: &str, content_type: &str, body: &str) -> Answer {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::COOKIE, format!("{COOKIE}={cookie}"))
        .header("sec-fetch-site", "same-origin");
    app.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// AC-063, AC-186: what the form of another site can send changes nothing, whatever its body looks like.
#[tokio::test]
async fn no_form_signs_anybody_in_or_out() {
    let app = server().await;
    let mut browser = app.browser();
    let token = sign_in(&mut browser).await.access_token();
    let cookie = browser.cookies[COOKIE].clone();
    let before = app.holdings().await;
    let json = credentials(USERS[0].1, USERS[0].2);
    let multipart = format!("--x\r\nContent-Disposition: form-data; name=\"{json}\"\r\n\r\n\r\n--x--\r\n");
    for path in POSTS {
        for (content_type, body) in [
            ("text/plain", json.as_str()),
            ("text/plain;charset=UTF-8", &json),
            ("multipart/form-data; boundary=x", &multipart),
            ("application/x-www-form-urlencoded", &json),
            ("", &json),
        ] {
            let answer = typed(&app, &cookie, path, content_type, body).await;
            answer.problem(415, "unsupported_media_type");
            assert!(answer.headers.get("set-cookie").is_none(), "{path}");
        }
    }
    assert_eq!(app.holdings().await, before);
    assert_eq!(me(&app, &token).await.status, 200);
    assert_eq!(super::refresh(&mut browser).await.status, 200);
}

/// What holds for each of them.
#[track_caller]
fn is_private(answer: &Answer, what: &str) {
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    assert_eq!(answer.header("vary"), "Origin, Cookie", "{what}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    if !answer.body.is_empty() {
        assert_eq!(answer.header("content-type"), "application/json", "{what}");
    }
    if answer.status.is_client_error() || answer.status.is_server_error() {
        let error = answer.json();
        let code = error["error"].as_str().unwrap();
        assert!(
            code.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
            "{what} {code}"
        );
        for inner in [
            "sqlx",
            "SELECT",
            "postgres",
            "sqlite",
            "127.0.0.1",
            "src/",
            "panicked",
        ] {
            assert!(!answer.body.contains(inner), "{what}: {}", answer.body);
        }
    }
}

/// ASVS 16.5.1 · ZITADEL CVE-2024-32967 · AC-191: successes, refusals and faults alike.
#[tokio::test]
async fn no_answer_is_kept_or_tells_of_the_inside() {
    let app = server().await;
    let mut browser = app.browser();
    let login = sign_in(&mut browser).await;
    let token = login.access_token();
    is_private(&login, "sign-in");
    is_private(&me(&app, &token).await, "me");
    is_private(&super::refresh(&mut browser).await, "refresh");
    for path in POSTS {
        for body in ["", "{", "{}", "[]", r#"{"email":"x","password":"y"}"#] {
            let what = format!("{path} {body}");
            is_private(&app.send(post(path, body)).await, &what);
        }
        let foreign = Request::post(path).header(header::ORIGIN, "https://evil.test");
        is_private(&app.send(foreign.body(Body::empty()).unwrap()).await, path);
    }
    is_private(&me(&app, "nothing").await, "a bad token");
    let logout = browser.send(post("/auth/logout", "")).await;
    is_private(&logout, "sign-out");
    app.app.db.close().await;
    for path in ["/auth/login", "/auth/refresh"] {
        let answer = browser.send(post(path, &credentials(USERS[0].1, "x"))).await;
        is_private(&answer, path);
    }
    let answer = me(&app, &token).await;
    assert_eq!(answer.status, 503);
    is_private(&answer, "a fault");
}
