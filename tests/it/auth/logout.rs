//! `POST /auth/logout`.

use super::{COOKIE, me, post, refresh, sign_in};
use crate::support::TestApp;
use axum::http::header;

fn with_bearer(token: &str) -> axum::http::Request<axum::body::Body> {
    let mut request = post("/auth/logout", "{}");
    request
        .headers_mut()
        .insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    request
}

/// The guide: the refresh token is invalid, the access token is denied until it expires.
#[tokio::test]
async fn a_logout_ends_the_family_and_denies_the_access_token() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let first = sign_in(&mut browser).await.access_token();
    let second = refresh(&mut browser).await.access_token();
    let cookies = browser.cookies.clone();
    let answer = browser.send(with_bearer(&second)).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    assert!(
        answer
            .header("set-cookie")
            .starts_with("__Host-kw-refresh=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
    );
    assert!(!browser.cookies.contains_key(COOKIE));
    for token in [first, second] {
        me(&app, &token).await.problem(401, "invalid_token");
    }
    assert_eq!(app.count("denied_tokens").await, 1);
    browser.cookies = cookies;
    refresh(&mut browser).await.problem(401, "invalid_refresh_token");
}

/// AC-190
#[tokio::test]
async fn a_logout_without_anything_to_end_is_no_error() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let tokens = spa.tokens(&mut app.alice().await, &[]).await;
    let foreign = tokens.refresh_token.as_ref().unwrap();
    for value in ["", "x", foreign] {
        let mut browser = app.browser();
        if !value.is_empty() {
            browser.cookies.insert(COOKIE.to_owned(), value.to_owned());
        }
        for _ in 0..2 {
            assert_eq!(browser.send(with_bearer(&tokens.access_token)).await.status, 204);
        }
    }
    assert!(spa.is_family_alive(&tokens.access_token).await, "another app's");
    assert_eq!(spa.refresh(foreign).await.status, 200);
    assert_eq!(app.count("denied_tokens").await, 0);
}

/// Only the cookie, or only the access token: each is enough.
#[tokio::test]
async fn either_half_ends_both() {
    let app = TestApp::new().await;
    for by_cookie in [true, false] {
        let mut browser = app.browser();
        let token = sign_in(&mut browser).await.access_token();
        let answer = match by_cookie {
            true => browser.send(post("/auth/logout", "")).await,
            false => app.send(with_bearer(&token)).await,
        };
        assert_eq!(answer.status, 204);
        me(&app, &token).await.problem(401, "invalid_token");
        if !by_cookie {
            refresh(&mut browser).await.problem(401, "invalid_refresh_token");
        }
    }
}

/// Any generation will do: whoever holds an old cookie and wants it dead is right.
#[tokio::test]
async fn an_old_cookie_can_still_sign_out() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    sign_in(&mut browser).await;
    let old = browser.cookies.clone();
    let token = refresh(&mut browser).await.access_token();
    app.clock.advance(60);
    browser.cookies = old;
    assert_eq!(browser.send(post("/auth/logout", "")).await.status, 204);
    me(&app, &token).await.problem(401, "invalid_token");
}
