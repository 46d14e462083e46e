//! The OpenAPI document against the server: every path, method, status and member that it names, and no other.

use super::{credentials, post, server, sign_in};
use crate::support::{Answer, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::Value;

/// Asserts that an answer is one that the document describes.
#[track_caller]
fn is_described(document: &Value, path: &str, method: &str, answer: &Answer) {
    let operation = &document["paths"][path][method];
    let described = &operation["responses"][answer.status.as_str()];
    assert!(described.is_object(), "{method} {path} {}", answer.status);
    let reference = &described["content"]["application/json"]["schema"]["$ref"];
    let Some(reference) = reference.as_str() else {
        assert!(answer.body.is_empty(), "{method} {path}: {}", answer.body);
        return;
    };
    assert_eq!(answer.header("content-type"), "application/json");
    let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
    let body = answer.json();
    for name in schema["required"].as_array().unwrap() {
        assert!(
            body.get(name.as_str().unwrap()).is_some(),
            "{path}: no {name} in {body}"
        );
    }
    for (name, value) in body.as_object().unwrap() {
        let property = &schema["properties"][name];
        if property.is_null() {
            assert_ne!(schema["additionalProperties"], false, "{path}: {name}");
            continue;
        }
        let fits = match property["type"].as_str().unwrap() {
            "string" => value.is_string(),
            "integer" => value.is_i64(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            other => panic!("{other}"),
        };
        assert!(fits, "{path}: {name} is {value}");
        if let Some(allowed) = property["enum"].as_array() {
            assert!(allowed.contains(value), "{path}: {name} is {value}");
        }
    }
    if let Some(code) = body["error"].as_str() {
        let description = described["description"].as_str().unwrap();
        assert!(description.contains(&format!("`{code}`")), "{path}: {code}");
    }
}

#[tokio::test]
async fn the_document_names_exactly_the_routes_there_are() {
    let app = server().await;
    let answer = app.get("/auth/openapi.json").await;
    assert_eq!(answer.status, 200);
    let document = answer.json();
    assert_eq!(document["servers"][0]["url"], "https://id.example.test");
    assert_eq!(document["paths"].as_object().unwrap().len(), 5);
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete"] {
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(path);
            let answer = app.send(request.body(Body::empty()).unwrap()).await;
            let is_there = !matches!(answer.status.as_u16(), 404 | 405);
            assert_eq!(is_there, operations.get(method).is_some(), "{method} {path}");
        }
    }
    let off = TestApp::with(|config| config.api.enabled = false).await;
    let document = off.get("/auth/openapi.json").await.json();
    assert!(document["paths"].as_object().unwrap().is_empty());
}

#[tokio::test]
async fn every_answer_is_one_that_the_document_describes() {
    let app = server().await;
    let document = app.get("/auth/openapi.json").await.json();
    let mut browser = app.browser();
    let mut seen = Vec::new();
    let login = sign_in(&mut browser).await;
    let token = login.access_token();
    seen.push(("/auth/login", "post", login));
    for body in ["", &credentials(USERS[0].1, "wrong"), &"x".repeat(70_000)] {
        seen.push(("/auth/login", "post", app.send(post("/auth/login", body)).await));
    }
    for path in ["/auth/login", "/auth/login/mfa", "/auth/refresh", "/auth/logout"] {
        let plain = Request::post(path).body(Body::from("{}")).unwrap();
        seen.push((path, "post", app.send(plain).await));
        let mut elsewhere = post(path, "{}");
        elsewhere
            .headers_mut()
            .insert(header::ORIGIN, "https://evil.test".parse().unwrap());
        seen.push((path, "post", app.send(elsewhere).await));
        seen.push((path, "post", browser.send(post(path, "{\"x\":1}")).await));
    }
    seen.push((
        "/auth/refresh",
        "post",
        browser.send(post("/auth/refresh", "{}")).await,
    ));
    seen.push((
        "/auth/refresh",
        "post",
        app.send(post("/auth/refresh", "{}")).await,
    ));
    seen.push(("/auth/me", "get", super::me(&app, &token).await));
    seen.push(("/auth/me", "get", super::me(&app, "x").await));
    seen.push((
        "/auth/logout",
        "post",
        browser.send(post("/auth/logout", "{}")).await,
    ));
    for _ in 0..5 {
        let wrong = post("/auth/login", &credentials(USERS[0].1, "wrong"));
        seen.push(("/auth/login", "post", app.send(wrong).await));
    }
    app.disable_client("keywright-api").await;
    let allowed = post("/auth/login", &credentials(USERS[1].1, USERS[1].2));
    seen.push(("/auth/login", "post", app.send(allowed).await));
    app.app.db.close().await;
    for path in ["/auth/login", "/auth/login/mfa", "/auth/refresh", "/auth/logout"] {
        browser.cookies.insert(super::COOKIE.to_owned(), "x".to_owned());
        let body = if path == "/auth/login" {
            credentials(USERS[1].1, "x")
        } else {
            String::new()
        };
        seen.push((path, "post", browser.send(post(path, &body)).await));
    }
    seen.push(("/auth/me", "get", super::me(&app, &token).await));
    let mut statuses: Vec<u16> = Vec::new();
    for (path, method, answer) in &seen {
        is_described(&document, path, method, answer);
        statuses.push(answer.status.as_u16());
    }
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [200, 204, 400, 401, 403, 413, 415, 429, 503]);
}
