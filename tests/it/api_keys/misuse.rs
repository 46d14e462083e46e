//! AC-242: a key is no sign-in. It opens no page, decides nothing, and makes no other key.

use crate::support::keys::{HERE, owner, with_api};
use crate::support::{API, Answer, Browser, TestApp, basic};
use axum::body::Body;
use axum::http::{Method, Request};

async fn with_key(browser: &mut Browser<'_>, method: Method, path: &str, header: (&str, &str)) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header.0, header.1)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", HERE)
        .header("sec-fetch-site", "same-origin");
    browser.send(request.body(Body::empty()).unwrap()).await
}

/// Also when a session comes along: what was meant is not guessed.
#[tokio::test]
async fn pages_refuse_a_request_with_a_key() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let key = app.key_of_alice("email roles", HERE).await;
    let authorize = web.authorize_url(&[]);
    let before = app.holdings().await;
    for (method, path) in [
        (Method::GET, "/account"),
        (Method::POST, "/account"),
        (Method::GET, "/account/api-keys"),
        (Method::POST, "/account/api-keys"),
        (Method::GET, "/account/api-keys/new"),
        (Method::POST, "/account/api-keys/new"),
        (Method::GET, "/account/security"),
        (Method::POST, "/account/security/password"),
        (Method::GET, authorize.as_str()),
        (Method::GET, "/login"),
        (Method::POST, "/login"),
        (Method::GET, "/consent"),
        (Method::POST, "/consent"),
        (Method::GET, "/device"),
        (Method::POST, "/device/confirm"),
        (Method::GET, "/end_session"),
        (Method::GET, "/"),
    ] {
        for mut browser in [app.browser(), app.alice().await] {
            let bearer = format!("Bearer {key}");
            for header in [("authorization", bearer.as_str()), ("x-api-key", &key)] {
                let answer = with_key(&mut browser, method.clone(), path, header).await;
                assert_eq!(answer.status, 403, "{method} {path}: {}", answer.body);
                assert_eq!(answer.header("x-content-type-options"), "nosniff");
            }
        }
    }
    let [clients, _, grants, consents] = app.holdings().await;
    assert_eq!([clients, grants, consents], [before[0], before[2], before[3]]);
    assert_eq!(app.count("api_keys").await, 1);
}

/// The pages of an issuer with a path are no exception.
#[tokio::test]
async fn pages_below_a_path_refuse_keys_too() {
    let app = TestApp::with(|config| {
        config.public_url = keywright::config::Issuer::parse("https://id.example.test/sso").unwrap();
    })
    .await;
    let key = app.key_of_alice("", "https://id.example.test/sso").await;
    let mut browser = app.browser();
    let bearer = format!("Bearer {key}");
    for (path, status) in [
        ("/sso/account", 403),
        ("/sso", 403),
        ("/sso/userinfo", 401),
        ("/sso/auth/verify", 200),
        ("/nothing", 404),
    ] {
        let answer = with_key(&mut browser, Method::GET, path, ("authorization", &bearer)).await;
        assert_eq!(answer.status, status, "{path}");
    }
}

/// AC-120, AC-121, AC-122: a key is no access token.
#[tokio::test]
async fn endpoints_for_tokens_refuse_a_key() {
    let app = TestApp::with(with_api).await;
    app.client("svc", owner()).await;
    let evil = app.evil().await;
    for key in [
        app.key_of_alice("email roles", HERE).await,
        app.key_of_client("svc", "api:read", API).await,
    ] {
        app.userinfo(&key).await.refused(401, "invalid_token");
        let form = [("access_token", key.as_str())];
        app.post("/userinfo", &form).await.refused(401, "invalid_token");
        crate::auth::me(&app, &key).await.problem(401, "invalid_token");
        let bearer = format!("Bearer {key}");
        for path in ["/token", "/introspect", "/revoke", "/device_authorization"] {
            let answer = app.post_as(&bearer, path, &[("token", key.as_str())]).await;
            answer.refused(401, "invalid_client");
        }
        // In the place of another secret.
        let as_secret = basic("svc", &key);
        let grant = ("grant_type", "client_credentials");
        app.post_as(&as_secret, "/token", &[grant])
            .await
            .refused(401, "invalid_client");
        for name in ["refresh_token", "code"] {
            let grant = if name == "code" {
                "authorization_code"
            } else {
                name
            };
            let form = [
                ("grant_type", grant),
                (name, &key),
                ("redirect_uri", evil.redirect_uri()),
            ];
            evil.post("/token", &form).await.refused(400, "invalid_grant");
        }
        let mut browser = app.browser();
        browser
            .cookies
            .insert("__Host-kw-session".to_owned(), key.clone());
        browser
            .cookies
            .insert("__Host-kw-refresh".to_owned(), key.clone());
        assert!(browser.get("/account").await.location().contains("/login"));
        crate::auth::refresh(&mut browser)
            .await
            .problem(401, "invalid_refresh_token");
    }
}
