//! Security and cache headers (ASVS 3.4, 14.2, 14.3), and what `Host` cannot change.

use super::PATHS;
use crate::support::{Answer, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::config::Issuer;

const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Everybody may read and keep these.
const DOCUMENTS: &[&str] = &[
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/jwks",
];
const FILES: &[&str] = &[
    "/auth/openapi.json",
    "/favicon.ico",
    "/favicon.svg",
    "/status",
    "/status/0",
];

/// ASVS 3.4.1, 3.4.4, 3.4.5, 3.4.8, 13.4.6 · AC-069, AC-265
#[track_caller]
fn is_hardened(answer: &Answer, what: &str) {
    for (name, value) in [
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what} {name}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    for name in ["server", "x-powered-by", "via"] {
        assert!(answer.headers.get(name).is_none(), "{what} {name}");
    }
    assert_eq!(answer.header("x-request-id").len(), 16, "{what}");
    if !answer.body.is_empty() {
        let content_type = answer.header("content-type");
        let known = [
            "application/json",
            "text/html; charset=utf-8",
            "text/plain; charset=utf-8",
            "image/svg+xml",
        ];
        assert!(known.contains(&content_type), "{what} {content_type}");
    }
}

/// AC-265: also errors, redirects, and what does not exist.
#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let app = TestApp::new().await;
    for &(path, _) in PATHS.iter().chain(&[("/nothing", &[][..])]) {
        for method in ["GET", "POST", "OPTIONS", "DELETE", "HEAD", "TRACE"] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .body(Body::from("x"))
                .unwrap();
            let answer = app.send(request).await;
            is_hardened(&answer, &format!("{method} {path}"));
        }
    }
    let huge = app.post("/token", &[("x", &"x".repeat(70_000))]).await;
    assert_eq!(huge.status, 413);
    is_hardened(&huge, "a body that is too large");
    let first = app.get("/").await;
    let second = app.get("/").await;
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

/// ASVS 14.2.2, 14.3.2 · AC-264
#[tokio::test]
async fn only_public_documents_may_be_cached() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let to_consent = alice.get(&web.authorize_url(&[])).await;
    let consent = alice.follow(&to_consent).await;
    let back = alice.decide(&consent, "allow").await;
    let tokens = web.redeem(&back.returned("code").unwrap()).await;
    let token = tokens.tokens().access_token;
    let device = app.device().await;
    for answer in [
        to_consent,
        consent,
        back,
        tokens,
        web.post("/introspect", &[("token", &token)]).await,
        web.post("/revoke", &[("token", "x")]).await,
        app.post("/userinfo", &[("access_token", &token)]).await,
        app.get("/userinfo").await,
        device.post("/device_authorization", &[]).await,
        app.post("/token", &[]).await,
        alice.get("/").await,
        alice.get("/device").await,
        alice.get("/logout").await,
        alice.get("/end_session").await,
        app.get("/login").await,
        app.get("/authorize").await,
        app.get("/nothing").await,
        app.get("/healthz").await,
    ] {
        assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.body);
    }
    for &(path, methods) in PATHS {
        let (mut browser, public) = (app.alice().await, [DOCUMENTS, FILES].concat());
        if methods.contains(&"GET") && !public.contains(&path) {
            let answer = browser.get(path).await;
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
    // A path that looks like a file is no file (cache deception).
    for path in [
        "/account/x.css",
        "/account/security/x.js",
        "/account.css",
        "/login/x.png",
    ] {
        let answer = alice.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.body.contains("alice@example.test"));
    }
    for path in DOCUMENTS {
        let answer = app.get(path).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

/// An asset is addressed by its content and kept for good.
#[tokio::test]
async fn assets_may_be_kept_for_good() {
    let app = TestApp::new().await;
    let page = app.get("/login").await;
    let mut found = 0;
    for attribute in ["src=\"", "href=\""] {
        for (at, _) in page.body.match_indices(attribute) {
            let path = page.body[at + attribute.len()..].split_once('"').unwrap().0;
            let asset = app.get(path).await;
            assert_eq!(asset.status, 200, "{path}");
            assert_eq!(
                asset.header("cache-control"),
                "public, max-age=31536000, immutable"
            );
            assert_eq!(asset.header("x-content-type-options"), "nosniff");
            let old = app.get(&path.replacen("assets/", "assets/0", 1)).await;
            assert_eq!(old.status, if path.contains("/assets/") { 404 } else { 200 });
            found += 1;
        }
    }
    assert!(found >= 3, "{found}");
}

/// ASVS 3.4.3, 3.4.6 · clients-and-pages §2.1 rule 7 · AC-069: Chromium applies `form-action` to the whole chain of
/// redirects, so it is missing where a form can end at a client.
#[tokio::test]
async fn every_page_has_its_policy() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let native = app.native().await;
    let mut alice = app.alice().await;
    let own = format!("{PAGE}; form-action 'self'");
    for path in [
        "/",
        "/device",
        "/logout",
        "/end_session",
        "/nothing",
        "/authorize",
        "/setup/x",
    ] {
        let page = alice.get(path).await;
        assert_eq!(page.header("content-security-policy"), own, "{path}");
    }
    let mut browser = app.browser();
    let to_login = browser.get(&web.authorize_url(&[])).await;
    let login = browser.follow(&to_login).await;
    let wrong = browser
        .submit_login(&login, "alice@example.test", "wrong words here")
        .await;
    let to_consent = alice.get(&web.authorize_url(&[])).await;
    let consent = alice.follow(&to_consent).await;
    alice.decide(&consent, "allow").await;
    let form_post = alice
        .get(&web.authorize_url(&[("response_mode", "form_post")]))
        .await;
    let custom = [("redirect_uri", "com.example.app:/cb")];
    let open_app = native.authorize(&mut alice, &custom).await;
    for page in [login, wrong, consent, form_post, open_app] {
        assert_eq!(page.header("content-security-policy"), PAGE, "{}", page.body);
        assert!(!page.body.contains("<script>") && !page.body.contains("<style"));
    }
}

/// RFC 8414 §3.3 · ASVS 10.5.3 · AC-055: addresses come from the configuration only.
#[tokio::test]
async fn no_header_changes_an_address() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let plain = app.get("/.well-known/openid-configuration").await;
    let request = |path: &str| {
        Request::get(path)
            .header(header::HOST, "evil.test")
            .header("x-forwarded-host", "evil.test")
            .header("x-forwarded-proto", "http")
            .header("x-forwarded-port", "8443")
            .header("x-forwarded-prefix", "/evil")
            .header("x-original-url", "/evil")
            .header("x-rewrite-url", "/evil")
            .header("forwarded", "host=evil.test;proto=http")
            .body(Body::empty())
            .unwrap()
    };
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ] {
        assert_eq!(app.send(request(path)).await.body, plain.body);
    }
    let to_login = app.send(request(&web.authorize_url(&[]))).await;
    assert!(
        to_login
            .location()
            .starts_with("https://id.example.test/login?flow=")
    );
    for path in ["/login", "/", "/device"] {
        let page = app.send(request(path)).await;
        assert!(page.status == 200 && !page.body.contains("evil"), "{}", page.body);
    }
}

/// AC-055: an issuer with a path serves everything below it, and its metadata in both places.
#[tokio::test]
async fn an_issuer_with_a_path_keeps_to_it() {
    let app =
        TestApp::with(|config| config.public_url = Issuer::parse("https://example.test/id").unwrap()).await;
    let web = app.web().await;
    let metadata = app.get("/id/.well-known/openid-configuration").await;
    for path in [
        "/.well-known/openid-configuration/id",
        "/.well-known/oauth-authorization-server/id",
    ] {
        assert_eq!(app.get(path).await.body, metadata.body);
    }
    assert_eq!(metadata.json()["issuer"], "https://example.test/id");
    assert_eq!(metadata.json()["token_endpoint"], "https://example.test/id/token");
    let mut browser = app.browser();
    let to_login = browser.get(&format!("/id{}", web.authorize_url(&[]))).await;
    assert!(
        to_login
            .location()
            .starts_with("https://example.test/id/login?flow="),
        "{}",
        to_login.location()
    );
    let page = browser.follow(&to_login).await;
    assert!(
        page.body.contains("action=\"/id/login\"") && page.body.contains("href=\"/id/assets/"),
        "{}",
        page.body
    );
    assert_eq!(app.get("/authorize").await.status, 404);
    let request = Request::post("/id/authorize")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site");
    let again = app.send(request.body(Body::from("a=b")).unwrap()).await;
    assert_eq!(again.location(), "https://example.test/id/authorize?a=b");
}
