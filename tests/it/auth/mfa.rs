//! `POST /auth/login/mfa`: the second step of a sign-in by JSON.

use super::{COOKIE, credentials, post, server};
use crate::support::{Answer, Browser, TestApp, USERS};
use keywright::storage::users;
use serde_json::json;

async fn first_step(browser: &mut Browser<'_>) -> Answer {
    let body = credentials(USERS[0].1, USERS[0].2);
    browser.send(post("/auth/login", &body)).await
}

async fn second_step(browser: &mut Browser<'_>, token: &str, code: &str) -> Answer {
    let body = json!({ "mfa_token": token, "code": code }).to_string();
    browser.send(post("/auth/login/mfa", &body)).await
}

fn token(answer: &Answer) -> String {
    answer.json()["mfa_token"].as_str().unwrap().to_owned()
}

/// AC-188: a password alone signs nobody in who has an authenticator app, on no path.
#[tokio::test]
async fn a_second_factor_is_asked_for_by_json_too() {
    let app = server().await;
    let (_alice, authenticator, _) = app.alice_with_app().await;
    let before = app.count("grants").await;
    let mut browser = app.browser();
    let first = first_step(&mut browser).await;
    assert_eq!(first.status, 403);
    assert_eq!(first.json()["error"], "mfa_required");
    assert!(first.headers.get("set-cookie").is_none());
    assert!(first.json().get("access_token").is_none());
    assert_eq!(app.count("grants").await, before);

    let done = second_step(&mut browser, &token(&first), &authenticator.code(app.now())).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(browser.cookies.contains_key(COOKIE));
    let claims = app.claims(&done.access_token(), "at+jwt");
    assert_eq!(claims.text("acr"), Some("urn:keywright:acr:mfa"));
    assert_eq!(
        super::refresh(&mut browser).await.status,
        200,
        "the family lives on"
    );
}

/// AC-216 · AC-218: codes are good once, guesses are counted, and what waits ends soon and with its first success.
#[tokio::test]
async fn the_second_step_is_good_once_and_not_for_long() {
    let app = server().await;
    let (_alice, authenticator, codes) = app.alice_with_app().await;
    let mut browser = app.browser();
    let handle = token(&first_step(&mut browser).await);
    second_step(&mut browser, &handle, "000000")
        .await
        .problem(401, "invalid_code");
    let (name, secret) = handle.split_once('.').unwrap();
    for forged in [
        format!("{name}.{}", &secret[1..]),
        format!("{name}."),
        name.to_owned(),
        "x.y".to_owned(),
    ] {
        let code = authenticator.code(app.now());
        second_step(&mut browser, &forged, &code)
            .await
            .problem(401, "invalid_code");
    }
    let done = second_step(&mut browser, &handle, &authenticator.code(app.now())).await;
    assert_eq!(done.status, 200, "a forged handle used no code up: {}", done.body);
    second_step(&mut browser, &handle, &codes[0])
        .await
        .problem(401, "invalid_code");

    let late = token(&first_step(&mut browser).await);
    app.clock.advance(301);
    second_step(&mut browser, &late, &codes[1])
        .await
        .problem(401, "invalid_code");
    let again = token(&first_step(&mut browser).await);
    assert_eq!(second_step(&mut browser, &again, &codes[1]).await.status, 200);
}

/// AC-189: what waits is for one account and its credentials, and opens nothing else.
#[tokio::test]
async fn the_second_step_is_for_the_account_that_began_it() {
    let app = server().await;
    let (_alice, authenticator, codes) = app.alice_with_app().await;
    let mut bob = app.bob().await;
    let (bobs, _) = bob.add_app().await;
    app.clock.advance(60);
    let mut browser = app.browser();
    let handle = token(&first_step(&mut browser).await);
    second_step(&mut browser, &handle, &bobs.code(app.now()))
        .await
        .problem(401, "invalid_code");
    super::me(&app, &handle).await.problem(401, "invalid_token");
    app.userinfo(&handle).await.refused(401, "invalid_token");
    assert!(!browser.is_signed_in().await);
    // Her password changes meanwhile, and with it the epoch of her credentials.
    let alice = app.user(USERS[0].1).await;
    let hash = alice.password_hash.unwrap();
    users::set_password(
        app.app.db.write(),
        &alice.id,
        alice.credential_epoch,
        &hash,
        app.now(),
    )
    .await
    .unwrap();
    for code in [authenticator.code(app.now()), codes[0].clone()] {
        second_step(&mut browser, &handle, &code)
            .await
            .problem(401, "invalid_code");
    }
    assert_eq!(app.count("grants").await, 0);
}

/// AC-218
#[tokio::test]
async fn guesses_at_the_second_step_are_limited() {
    let app = server().await;
    let (_alice, _, _) = app.alice_with_app().await;
    let mut browser = app.browser();
    let handle = token(&first_step(&mut browser).await);
    let mut last = second_step(&mut browser, &handle, "000000").await;
    for _ in 0..5 {
        last = second_step(&mut browser, &handle, "000000").await;
    }
    last.problem(429, "too_many_attempts");
    assert!(last.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn who_must_have_a_second_factor_and_has_none_is_not_signed_in() {
    let app: TestApp = server().await;
    let mut browser = app.browser();
    assert_eq!(first_step(&mut browser).await.status, 200);
    app.require_mfa(USERS[0].1).await;
    first_step(&mut browser)
        .await
        .problem(403, "mfa_enrollment_required");
}
