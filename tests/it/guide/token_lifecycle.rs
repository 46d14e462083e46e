//! Token lifecycle: log in, call an API, refresh, log out.

use crate::auth::{COOKIE, credentials, me, post, refresh, sign_in};
use crate::resource::{IssuerServer, call, example};
use crate::support::{TestApp, USERS};
use axum::http::header;
use keywright::storage::purge;

/// Verify credentials; an access token of 15 minutes; a refresh token of 7 days in an httpOnly cookie.
#[tokio::test]
async fn login() {
    let app = TestApp::new().await;
    let wrong = post("/auth/login", &credentials(USERS[0].1, "wrong"));
    app.send(wrong).await.problem(401, "invalid_credentials");
    let answer = sign_in(&mut app.browser()).await;
    assert_eq!(answer.json()["expires_in"], 15 * 60);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-kw-refresh="));
    assert!(cookie.contains("; HttpOnly;") && cookie.contains("; Max-Age=604800;"));
    assert_eq!(me(&app, &answer.access_token()).await.json()["email"], USERS[0].1);
}

/// Validate signature, check expiry; extract claims, authorize; return the resource.
#[tokio::test]
async fn api_request() {
    let issuer = IssuerServer::new().await;
    let api = example::routes(issuer.resource(&issuer.url));
    let token = issuer.token().await;
    let bearer = format!("Bearer {token}");
    let hello = call(&api, "GET", "/hello", &[&bearer]).await;
    let alice = issuer.app.user(USERS[0].1).await.id;
    assert_eq!(hello.body, format!("notes says hello to {alice}"));
    let admin = call(&api, "GET", "/admin", &[&bearer]).await;
    assert_eq!(admin.status, 403, "her roles do not allow that");
    let (rest, _) = token.rsplit_once('.').unwrap();
    let other = issuer.token().await;
    let (_, signature) = other.rsplit_once('.').unwrap();
    let swapped = format!("Bearer {rest}.{signature}");
    assert_eq!(call(&api, "GET", "/hello", &[&swapped]).await.status, 401);
    issuer.app.clock.advance(15 * 60);
    assert_eq!(call(&api, "GET", "/hello", &[&bearer]).await.status, 401);
}

/// Validate the refresh token, issue a new access token, rotate the refresh token (one-time use).
#[tokio::test]
async fn token_refresh() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let first = sign_in(&mut browser).await.access_token();
    let before = browser.cookies.clone();
    app.clock.advance(15 * 60);
    me(&app, &first).await.problem(401, "invalid_token");
    let second = refresh(&mut browser).await.access_token();
    assert_eq!(me(&app, &second).await.status, 200);
    assert_ne!(browser.cookies[COOKIE], before[COOKIE]);
    app.clock.advance(60);
    let mut old = app.browser();
    old.cookies = before;
    refresh(&mut old).await.problem(401, "invalid_refresh_token");
    refresh(&mut browser).await.problem(401, "invalid_refresh_token");
}

/// Invalidate the refresh token; the access token is denied until its expiry.
#[tokio::test]
async fn logout() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let token = sign_in(&mut browser).await.access_token();
    let kept = browser.cookies.clone();
    let mut logout = post("/auth/logout", "");
    let bearer = format!("Bearer {token}").parse().unwrap();
    logout.headers_mut().insert(header::AUTHORIZATION, bearer);
    assert_eq!(browser.send(logout).await.status, 204);
    assert!(!browser.cookies.contains_key(COOKIE));
    browser.cookies = kept;
    refresh(&mut browser).await.problem(401, "invalid_refresh_token");
    me(&app, &token).await.problem(401, "invalid_token");
    assert_eq!(app.count("denied_tokens").await, 1);
    // The status lists tell of it as long as anybody could take the token.
    app.clock.advance(2 * 3_600);
    purge::batch(&app.app.db, app.now()).await.unwrap();
    assert_eq!(
        app.count("denied_tokens").await,
        0,
        "it says nothing to anybody any more"
    );
}
