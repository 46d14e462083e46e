//! Cross-origin requests (design.md §8): public documents and the endpoints of clients, never with credentials.

use super::PATHS;
use crate::support::{Answer, TestApp};
use axum::body::Body;
use axum::http::{Request, header};

const DOCUMENTS: [&str; 5] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/jwks",
    "/status",
    "/status/0",
];
const CLIENT_ENDPOINTS: [&str; 4] = ["/token", "/revoke", "/userinfo", "/device_authorization"];
/// With origins of their own, which tests/it/auth/origins.rs tries.
const API: [&str; 6] = [
    "/auth/login",
    "/auth/login/mfa",
    "/auth/refresh",
    "/auth/logout",
    "/auth/me",
    "/auth/openapi.json",
];

/// All other paths.
fn never() -> Vec<&'static str> {
    let all = PATHS.iter().map(|(path, _)| *path).chain(["/nothing"]);
    let listed = [&DOCUMENTS[..], &CLIENT_ENDPOINTS, &API].concat();
    all.filter(|path| !listed.contains(path)).collect()
}

/// ASVS 3.4.2: a registered one, others, and what tries to look like one.
const ORIGINS: [&str; 13] = [
    "https://spa.test",
    "https://evil.test",
    "null",
    "http://spa.test",
    "https://spa.test.evil.test",
    "https://evilspa.test",
    "https://spa.test:8443",
    "https://SPA.TEST",
    "http://127.0.0.1:5173",
    "file://",
    "",
    "https://id.example.test",
    HUGE,
];
/// 4 096 letters.
const HUGE: &str = match std::str::from_utf8(&[b'a'; 4_096]) {
    Ok(text) => text,
    Err(_) => "",
};

async fn simple(app: &TestApp, method: &str, path: &str, origin: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ORIGIN, origin)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    app.send(request.body(Body::from("a=b")).unwrap()).await
}

async fn preflight(app: &TestApp, path: &str, origin: &str) -> Answer {
    let request = Request::builder()
        .method("OPTIONS")
        .uri(path)
        .header(header::ORIGIN, origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,mcp-protocol-version",
        );
    app.send(request.body(Body::empty()).unwrap()).await
}

fn headers_of(answer: &Answer) -> Vec<String> {
    let names = answer.headers.keys().map(ToString::to_string);
    names.filter(|name| name.starts_with("access-control-")).collect()
}

/// RFC 9700 §2.6 · clients-and-pages §3.3 · AC-263
#[tokio::test]
async fn anyone_may_read_documents_and_call_client_endpoints_without_credentials() {
    let app = TestApp::new().await;
    app.spa().await;
    let web = app.web().await;
    web.tokens(&mut app.bob().await, &[]).await; // with the first token comes the first status list
    for origin in ORIGINS {
        for path in DOCUMENTS {
            let answer = simple(&app, "GET", path, origin).await;
            assert_eq!(answer.status, 200);
            assert_eq!(
                answer.header("access-control-allow-origin"),
                "*",
                "{path} {origin}"
            );
            assert_eq!(headers_of(&answer), ["access-control-allow-origin"]);
        }
        for path in CLIENT_ENDPOINTS {
            let answer = simple(&app, "POST", path, origin).await;
            assert!(answer.status.is_client_error(), "{path} {}", answer.status);
            assert_eq!(
                answer.header("access-control-allow-origin"),
                "*",
                "{path} {origin}"
            );
            assert_eq!(
                answer.header("access-control-expose-headers"),
                "www-authenticate, retry-after"
            );
            assert!(answer.headers.get("access-control-allow-credentials").is_none());
            assert!(answer.headers.get("set-cookie").is_none());
        }
        for path in DOCUMENTS.iter().chain(&CLIENT_ENDPOINTS) {
            let answer = preflight(&app, path, origin).await;
            assert_eq!(answer.status, 204, "{path}");
            let methods = if DOCUMENTS.contains(path) {
                "GET"
            } else {
                "GET, POST"
            };
            for (name, value) in [
                ("access-control-allow-origin", "*"),
                ("access-control-allow-methods", methods),
                (
                    "access-control-allow-headers",
                    "authorization, content-type, mcp-protocol-version",
                ),
                ("access-control-max-age", "7200"),
            ] {
                assert_eq!(answer.header(name), value, "{path} {name}");
            }
            assert!(answer.headers.get("access-control-allow-credentials").is_none());
        }
    }
}

/// A successful answer can be read by the script that asked.
#[tokio::test]
async fn a_script_of_another_origin_can_read_its_tokens() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let mut alice = app.alice().await;
    let code = spa.code(&mut alice, &[]).await;
    let answer = spa.redeem(&code).await;
    let token = answer.tokens().access_token;
    let userinfo = app.post("/userinfo", &[("access_token", &token)]).await;
    for answer in [answer, userinfo] {
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.header("access-control-allow-origin")
            ),
            (200, "*")
        );
    }
}

/// OIDC WG: not at the authorization endpoint, not for pages, not for introspection · AC-263, G7
#[tokio::test]
async fn nobody_else_may_read_pages_sign_out_or_introspection() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    for origin in ORIGINS {
        for path in never() {
            for method in ["GET", "POST"] {
                let answer = simple(&app, method, path, origin).await;
                assert!(headers_of(&answer).is_empty(), "{method} {path} {origin}");
            }
            let answer = preflight(&app, path, origin).await;
            assert!(headers_of(&answer).is_empty(), "{path} {origin}");
            assert!(answer.status.is_client_error(), "{path} {}", answer.status);
        }
        let request = Request::get(web.authorize_url(&[])).header(header::ORIGIN, origin);
        let answer = alice.send(request.body(Body::empty()).unwrap()).await;
        assert!(answer.status == 303 && headers_of(&answer).is_empty());
    }
    let answer = web.post("/introspect", &[("token", "x")]).await;
    assert!(answer.status == 200 && headers_of(&answer).is_empty());
}
