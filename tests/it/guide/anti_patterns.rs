//! Anti-patterns: what each row warns of does not happen here.

use crate::auth::{COOKIE, credentials, post, refresh, sign_in};
use crate::support::source::files;
use crate::support::{TestApp, USERS};
use axum::body::Body;
use axum::http::Request;
use keywright::config::{Environment, Flags, load};

/// "XSS can steal tokens: store in memory or httpOnly cookie."
#[tokio::test]
async fn jwt_in_local_storage() {
    let app = TestApp::new().await;
    let answer = sign_in(&mut app.browser()).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("; HttpOnly;") && !cookie.contains(&answer.access_token()));
    assert!(
        !answer.body.contains("kw_rt_"),
        "no script ever sees the refresh token"
    );
    for file in files("assets").iter().chain(&files("templates")) {
        assert!(!file.text.contains("localStorage"), "{}", file.path);
    }
}

/// "Stolen refresh token gives permanent access: one-time-use refresh tokens."
#[tokio::test]
async fn no_refresh_token_rotation() {
    let app = TestApp::new().await;
    let mut owner = app.browser();
    sign_in(&mut owner).await;
    let mut thief = app.browser();
    thief.cookies = owner.cookies.clone();
    refresh(&mut owner).await;
    app.clock.advance(11);
    refresh(&mut thief).await.problem(401, "invalid_refresh_token");
    refresh(&mut owner).await.problem(401, "invalid_refresh_token");
}

/// "Extended window for stolen token use: 15-30 minute TTL."
#[tokio::test]
async fn long_lived_access_tokens() {
    let app = TestApp::new().await;
    let token = sign_in(&mut app.browser()).await.access_token();
    let claims = app.claims(&token, "at+jwt");
    let time = |name| claims.time(name).unwrap().unwrap().0;
    assert_eq!(time("exp") - time("iat"), 15 * 60);
    for (lifetime, is_accepted) in [("30m", true), ("31m", false), ("1h", false)] {
        let variable = ("KEYWRIGHT_TOKENS__ACCESS_TOKEN".to_owned(), lifetime.to_owned());
        let environment: Environment = [variable].into_iter().collect();
        assert_eq!(
            load(&Flags::default(), &environment).is_ok(),
            is_accepted,
            "{lifetime}"
        );
    }
}

/// "Complete credential exposure on breach: bcrypt or argon2id."
#[tokio::test]
async fn storing_passwords_in_plaintext() {
    let app = TestApp::new().await;
    for (_, email, password) in USERS {
        let stored = app.user(email).await.password_hash.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(!stored.contains(password));
    }
}

/// "Brute force attacks: rate limit per IP and per email."
#[tokio::test]
async fn no_rate_limiting_on_login() {
    let attempt = async |app: &TestApp, email: &str, password: &str| {
        app.send(post("/auth/login", &credentials(email, password))).await
    };
    // Per e-mail address, from wherever.
    let app = TestApp::with(|config| {
        config.server.trusted_proxies = vec![keywright::config::Cidr::parse("127.0.0.1").unwrap()];
    })
    .await;
    for host in 1..=6 {
        let mut request = post("/auth/login", &credentials(USERS[0].1, "wrong"));
        let from = format!("192.0.2.{host}").parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", from);
        let answer = app.send(request).await;
        assert_eq!(answer.status, if host == 6 { 429 } else { 401 });
    }
    // Per address of the network, for whomever.
    let app = TestApp::new().await;
    for number in 1..=5 {
        let answer = attempt(&app, &format!("nobody{number}@example.test"), "wrong").await;
        answer.problem(401, "invalid_credentials");
    }
    let answer = attempt(&app, USERS[0].1, USERS[0].2).await;
    answer.problem(429, "too_many_attempts");
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
}

/// "Session hijacking via logs, referrer headers: session ID in cookie only."
#[tokio::test]
async fn session_id_in_url() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let token = sign_in(&mut browser).await.access_token();
    let cookie = browser.cookies[COOKIE].clone();
    for path in [
        format!("/auth/me?access_token={token}"),
        format!("/auth/verify?access_token={token}"),
    ] {
        let answer = app.send(Request::get(&path).body(Body::empty()).unwrap()).await;
        assert!(answer.status.is_client_error(), "{path:.20}");
    }
    let answer = app
        .send(post(&format!("/auth/refresh?refresh_token={cookie}"), ""))
        .await;
    answer.problem(401, "invalid_refresh_token");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
}
