//! `POST /auth/refresh`.

use super::{COOKIE, me, post, refresh, sign_in};
use crate::support::TestApp;
use axum::body::Body;
use axum::http::{Request, header};

/// The guide: one-time use · AC-082 · AC-097
#[tokio::test]
async fn a_refresh_replaces_cookie_and_access_token() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let first = sign_in(&mut browser).await;
    let before = browser.cookies[COOKIE].clone();
    app.clock.advance(600);
    let second = refresh(&mut browser).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_ne!(second.access_token(), first.access_token());
    assert_ne!(browser.cookies[COOKIE], before);
    assert!(!second.body.contains(&browser.cookies[COOKIE]));
    assert!(
        second
            .header("set-cookie")
            .ends_with("SameSite=Strict; Max-Age=604800; Secure")
    );
    assert_eq!(me(&app, &second.access_token()).await.status, 200);
}

/// AC-085: two tabs, or an answer that was lost on the way.
#[tokio::test]
async fn within_ten_seconds_the_old_cookie_gives_the_same_successor() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    sign_in(&mut browser).await;
    let old = browser.cookies.clone();
    refresh(&mut browser).await;
    let next = browser.cookies[COOKIE].clone();
    for _ in 0..3 {
        app.clock.advance(3);
        browser.cookies = old.clone();
        let again = refresh(&mut browser).await;
        assert_eq!(again.status, 200);
        assert_eq!(browser.cookies[COOKIE], next);
        assert_eq!(me(&app, &again.access_token()).await.status, 200);
    }
    assert_eq!(refresh(&mut browser).await.status, 200, "one branch, still alive");
}

/// AC-083 · AC-089: also after a restart.
#[tokio::test]
async fn after_ten_seconds_the_old_cookie_ends_the_family() {
    let app = TestApp::new().await;
    let mut thief = app.browser();
    sign_in(&mut thief).await;
    let stolen = thief.cookies.clone();
    let token = refresh(&mut thief).await.access_token();
    let live = thief.cookies.clone();
    app.clock.advance(10);
    let app = app.another().await;
    let mut browser = app.browser();
    browser.cookies = stolen;
    let answer = refresh(&mut browser).await;
    answer.problem(401, "invalid_refresh_token");
    assert!(answer.header("set-cookie").starts_with("__Host-kw-refresh=; "));
    browser.cookies = live;
    refresh(&mut browser).await.problem(401, "invalid_refresh_token");
    me(&app, &token).await.problem(401, "invalid_token");
}

/// AC-086: the successor was used, so the old cookie is a copy.
#[tokio::test]
async fn an_old_cookie_whose_successor_was_used_ends_the_family_at_once() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    sign_in(&mut browser).await;
    let old = browser.cookies.clone();
    refresh(&mut browser).await;
    refresh(&mut browser).await;
    let live = browser.cookies.clone();
    browser.cookies = old;
    refresh(&mut browser).await.problem(401, "invalid_refresh_token");
    browser.cookies = live;
    refresh(&mut browser).await.problem(401, "invalid_refresh_token");
}

/// AC-085: real concurrency.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_refreshes_at_once_all_get_one_successor() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    sign_in(&mut browser).await;
    let cookie = format!("{COOKIE}={}", browser.cookies[COOKIE]);
    let racers = (0..50).map(|_| {
        let mut request = post("/auth/refresh", "");
        request
            .headers_mut()
            .insert(header::COOKIE, cookie.parse().unwrap());
        let router = keywright::http::router(&app.app);
        tokio::spawn(async move {
            let answer = tower::ServiceExt::oneshot(router, request).await.unwrap();
            let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
            (
                answer.status().as_u16(),
                cookie.split(';').next().unwrap().to_owned(),
            )
        })
    });
    let racers: Vec<_> = racers.collect();
    let mut answers = Vec::new();
    for racer in racers {
        answers.push(racer.await.unwrap());
    }
    answers.sort();
    answers.dedup();
    assert_eq!(answers.len(), 1, "one answer to all");
    assert_eq!(answers[0].0, 200);
    assert_eq!(app.count("grants").await, 1);
}

/// AC-096: a refresh token anywhere else is not looked at.
#[tokio::test]
async fn the_refresh_token_is_taken_from_the_cookie_only() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    sign_in(&mut browser).await;
    let token = browser.cookies[COOKIE].clone();
    let in_body = post("/auth/refresh", &format!("{{\"refresh_token\":\"{token}\"}}"));
    let in_query = post(&format!("/auth/refresh?refresh_token={token}"), "");
    let mut in_header = post("/auth/refresh", "");
    in_header
        .headers_mut()
        .insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    let mut under_another_name = post("/auth/refresh", "");
    under_another_name
        .headers_mut()
        .insert(header::COOKIE, format!("kw-refresh={token}").parse().unwrap());
    let mut twice = post("/auth/refresh", "");
    let cookies = format!("{COOKIE}=x; {COOKIE}={token}");
    twice
        .headers_mut()
        .insert(header::COOKIE, cookies.parse().unwrap());
    for request in [in_body, in_query, in_header, under_another_name] {
        let answer = app.send(request).await;
        answer.problem(401, "invalid_refresh_token");
        assert!(answer.headers.get("set-cookie").is_none());
    }
    app.send(twice).await.problem(401, "invalid_refresh_token");
    assert_eq!(refresh(&mut browser).await.status, 200, "not rotated");
}

/// AC-090 · AC-094: what is no refresh token of this client is refused, and stays what it was.
#[tokio::test]
async fn another_token_in_the_cookie_is_refused() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let mut alice = app.alice().await;
    let tokens = spa.tokens(&mut alice, &[]).await;
    let token = sign_in(&mut app.browser()).await.access_token();
    let foreign = tokens.refresh_token.as_ref().unwrap();
    let session = alice.cookies["__Host-kw-session"].clone();
    for value in ["x", foreign, tokens.id_token.as_ref().unwrap(), &token, &session] {
        let mut browser = app.browser();
        browser.cookies.insert(COOKIE.to_owned(), value.to_owned());
        refresh(&mut browser).await.problem(401, "invalid_refresh_token");
    }
    assert_eq!(spa.refresh(foreign).await.status, 200);
    assert_eq!(me(&app, &token).await.status, 200);
}

/// The cookie is no key to the token endpoint: there the client has no grant.
#[tokio::test]
async fn the_token_endpoint_knows_nothing_of_the_cookie() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    sign_in(&mut browser).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "keywright-api"),
        ("refresh_token", browser.cookies[COOKIE].as_str()),
    ];
    app.post("/token", &form)
        .await
        .refused(400, "unauthorized_client");
    assert_eq!(refresh(&mut browser).await.status, 200, "not rotated");
}

/// AC-092
#[tokio::test]
async fn what_ends_a_user_ends_the_cookie() {
    for end in [0, 1, 2] {
        let app = TestApp::new().await;
        let mut browser = app.browser();
        let token = sign_in(&mut browser).await.access_token();
        match end {
            0 => app.set_alice_disabled(true).await,
            1 => app.change_password_of_alice().await,
            _ => app.revoke_consent_of_alice("keywright-api").await,
        }
        refresh(&mut browser).await.problem(401, "invalid_refresh_token");
        me(&app, &token).await.problem(401, "invalid_token");
        assert!(!browser.cookies.contains_key(COOKIE));
    }
}

/// AC-093: seven days without use, thirty in all.
#[tokio::test]
async fn the_cookie_ends_when_idle_and_in_any_case() {
    let day = 86_400;
    let app = TestApp::new().await;
    let mut browser = app.browser();
    sign_in(&mut browser).await;
    app.clock.advance(7 * day);
    refresh(&mut browser).await.problem(401, "invalid_refresh_token");
    sign_in(&mut browser).await;
    for _ in 0..4 {
        app.clock.advance(6 * day);
        assert_eq!(refresh(&mut browser).await.status, 200);
    }
    app.clock.advance(5 * day);
    let last = refresh(&mut browser).await;
    assert!(
        last.header("set-cookie").contains("Max-Age=86400;"),
        "the day that is left"
    );
    app.clock.advance(day);
    refresh(&mut browser).await.problem(401, "invalid_refresh_token");
}

/// Signing in on a page and by JSON are two things: neither ends the other.
#[tokio::test]
async fn the_session_of_the_pages_is_another_one() {
    let app = TestApp::new().await;
    let mut browser = app.alice().await;
    sign_in(&mut browser).await;
    app.sign_out_alice().await;
    assert_eq!(refresh(&mut browser).await.status, 200);
    let request =
        Request::get("/auth/me").header(header::COOKIE, format!("{COOKIE}={}", browser.cookies[COOKIE]));
    let answer = app.send(request.body(Body::empty()).unwrap()).await;
    answer.problem(401, "invalid_token");
}
