//! `POST /auth/login` and `GET /auth/me`.

use super::{COOKIE, credentials, me, post, sign_in};
use crate::support::{Answer, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};

async fn login(app: &TestApp, body: &str) -> Answer {
    app.send(post("/auth/login", body)).await
}

/// The guide: an access token of 15 minutes in the answer, a refresh token of 7 days in a cookie · AC-097
#[tokio::test]
async fn a_sign_in_gives_an_access_token_and_a_cookie() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let answer = sign_in(&mut browser).await;
    let members = answer.json();
    let names: Vec<&String> = members.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "expires_in", "token_type"]);
    assert_eq!(
        (&members["token_type"], &members["expires_in"]),
        (&"Bearer".into(), &900.into())
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("vary"), "Origin, Cookie");
    let cookie = answer.header("set-cookie");
    let (pair, flags) = cookie.split_once("; ").unwrap();
    let value = pair.strip_prefix("__Host-kw-refresh=").unwrap();
    assert_eq!(flags, "Path=/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure");
    assert!(!answer.body.contains(value));
    let set: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(set.len(), 2, "no session of a browser");
    let device = set[1].to_str().unwrap();
    assert!(
        device.starts_with("__Host-kw-device="),
        "the device is known from now on"
    );
}

/// RFC 9068 with the claims of the guide: sub, email, roles, iat, exp.
#[tokio::test]
async fn the_access_token_has_the_claims_of_the_guide() {
    let app = TestApp::new().await;
    let answer = sign_in(&mut app.browser()).await;
    let claims = app.claims(&answer.access_token(), "at+jwt");
    let members = claims.members();
    let now = app.now().0;
    assert_eq!(members["sub"], app.user(USERS[0].1).await.id);
    assert_eq!(members["email"], USERS[0].1);
    assert_eq!(members["roles"], serde_json::json!(["member"]));
    assert_eq!(
        (members["iat"].as_i64(), members["exp"].as_i64()),
        (Some(now), Some(now + 900))
    );
    assert_eq!(members["client_id"], "keywright-api");
    assert_eq!(members["aud"], "https://id.example.test");
    assert_eq!(members["amr"], serde_json::json!(["pwd"]));
}

#[tokio::test]
async fn me_tells_who_the_token_is_about_and_nothing_after_its_end() {
    let app = TestApp::new().await;
    let token = sign_in(&mut app.browser()).await.access_token();
    let answer = me(&app, &token).await;
    assert_eq!(answer.status, 200);
    let members = answer.json();
    assert_eq!(members["sub"], app.user(USERS[0].1).await.id);
    assert_eq!(members["email"], USERS[0].1);
    assert_eq!(members["roles"], serde_json::json!(["member"]));
    assert!(members.get("groups").is_none(), "not in the scope");
    app.clock.advance(900);
    me(&app, &token).await.problem(401, "invalid_token");
    app.get("/auth/me").await.problem(401, "invalid_token");
}

/// A token that alice let another app have says nothing here.
#[tokio::test]
async fn me_takes_tokens_of_first_party_apps_only() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let tokens = web.tokens(&mut app.alice().await, &[]).await;
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
    me(&app, &tokens.access_token).await.problem(401, "invalid_token");
    me(&app, tokens.id_token.as_ref().unwrap())
        .await
        .problem(401, "invalid_token");
}

/// AC-193: unknown, wrong password and disabled are one answer.
#[tokio::test]
async fn nobody_learns_which_accounts_exist() {
    let app = TestApp::new().await;
    app.disable_user(USERS[1].1).await;
    let before = app.holdings().await;
    let unknown = login(&app, &credentials("nobody@example.test", USERS[0].2)).await;
    unknown.problem(401, "invalid_credentials");
    for (email, password) in [
        (USERS[0].1, "wrong"),
        (USERS[1].1, USERS[1].2),
        ("no address", "x"),
    ] {
        let answer = login(&app, &credentials(email, password)).await;
        assert_eq!(answer.same(), unknown.same(), "{email}");
    }
    assert!(unknown.headers.get("set-cookie").is_none());
    assert_eq!(app.holdings().await[1..], before[1..], "nothing was granted");
}

/// AC-196 · AC-199: the counters of the page; the right password as the sixth is no sign-in.
#[tokio::test]
async fn the_limit_of_attempts_is_that_of_the_page() {
    let app = TestApp::new().await;
    for _ in 0..3 {
        login(&app, &credentials(USERS[0].1, "wrong"))
            .await
            .problem(401, "invalid_credentials");
    }
    let mut browser = app.browser();
    let page = browser.get("/login").await;
    for _ in 0..2 {
        assert_eq!(browser.submit_login(&page, USERS[0].1, "wrong").await.status, 400);
    }
    let answer = login(&app, &credentials(USERS[0].1, USERS[0].2)).await;
    answer.problem(429, "too_many_attempts");
    assert_eq!(answer.header("retry-after"), "901");
    app.clock.advance(901);
    assert_eq!(
        login(&app, &credentials(USERS[0].1, USERS[0].2)).await.status,
        200
    );
}

/// AC-186: refused before anything is counted.
#[tokio::test]
async fn only_a_body_announced_as_json_is_read() {
    let app = TestApp::new().await;
    for content_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json;charset=utf-7",
        "application/problem+json",
        "multipart/form-data",
        "application/json, text/plain",
    ] {
        let request = Request::post("/auth/login").header(header::CONTENT_TYPE, content_type);
        let body = credentials(USERS[0].1, "wrong");
        let answer = app.send(request.body(Body::from(body)).unwrap()).await;
        answer.problem(415, "unsupported_media_type");
    }
    let request =
        Request::post("/auth/login").header(header::CONTENT_TYPE, "Application/JSON; charset=UTF-8");
    let body = Body::from(credentials(USERS[0].1, USERS[0].2));
    assert_eq!(
        app.send(request.body(body).unwrap()).await.status,
        200,
        "and none was counted"
    );
}

/// AC-187 · AC-248 · AC-249
#[tokio::test]
async fn a_body_that_could_be_read_in_two_ways_is_refused() {
    let app = TestApp::new().await;
    let good = credentials(USERS[0].1, USERS[0].2);
    let deep = format!("{{\"email\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let (bom, trailing) = (format!("\u{feff}{good}"), format!("{good}{good}"));
    let extra = |member: &str| good.replacen('{', &format!("{{{member},"), 1);
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "\"x\"",
        r#"{"email":"alice@example.test"}"#,
        r#"{"email":["alice@example.test","b"],"password":"x"}"#,
        r#"{"email":"alice@example.test","password":{"$ne":1}}"#,
        r#"{"email":"alice@example.test","password":null}"#,
        r#"{"email":"","password":"x"}"#,
        r#"{"email":"a\u0000b","password":"x"}"#,
        r#"{"email":"\ud800","password":"x"}"#,
        r#"{"email":"alice@example.test","password":NaN}"#,
        &extra(r#""is_admin":true"#),
        &extra(r#""mfa_verified":true"#),
        &extra(r#""user_id":"x""#),
        &extra(r#""email":"bob@example.test""#),
        &extra(r#""\u0065mail":"bob@example.test""#),
        &bom,
        &trailing,
        &deep,
    ] {
        login(&app, body).await.problem(400, "invalid_request");
    }
    let request = Request::post("/auth/login").header(header::CONTENT_TYPE, "application/json");
    let answer = app
        .send(
            request
                .body(Body::from(&b"{\"email\":\"\xff\",\"password\":\"x\"}"[..]))
                .unwrap(),
        )
        .await;
    answer.problem(400, "invalid_request");
    let huge = login(&app, &credentials(USERS[0].1, &"x".repeat(70_000))).await;
    huge.refused(413, "invalid_request");
    assert_eq!(login(&app, &good).await.status, 200, "and none was counted");
}

/// What the browser had before ends with a new sign-in (ASVS 7.2.4).
#[tokio::test]
async fn a_new_sign_in_replaces_the_earlier_one() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let first = sign_in(&mut browser).await.access_token();
    let cookie = browser.cookies[COOKIE].clone();
    let second = sign_in(&mut browser).await.access_token();
    assert_ne!(browser.cookies[COOKIE], cookie);
    me(&app, &first).await.problem(401, "invalid_token");
    assert_eq!(me(&app, &second).await.status, 200);
}

#[tokio::test]
async fn the_operator_can_switch_it_off() {
    let app = TestApp::new().await;
    sign_in(&mut app.browser()).await;
    app.disable_client("keywright-api").await;
    login(&app, &credentials(USERS[0].1, USERS[0].2))
        .await
        .problem(403, "forbidden");
    let off = TestApp::with(|config| config.api.enabled = false).await;
    for path in ["/auth/login", "/auth/refresh", "/auth/logout", "/auth/me"] {
        assert_eq!(off.send(post(path, "{}")).await.status, 404, "{path}");
        assert_eq!(off.get(path).await.status, 404, "{path}");
    }
}

/// AC-279: an outage is no refusal, and nothing is counted.
#[tokio::test]
async fn without_its_database_it_says_when_to_come_again() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let token = sign_in(&mut browser).await.access_token();
    app.app.db.close().await;
    for path in ["/auth/login", "/auth/refresh", "/auth/logout"] {
        let body = if path == "/auth/login" {
            credentials(USERS[0].1, USERS[0].2)
        } else {
            String::new()
        };
        let answer = browser.send(post(path, &body)).await;
        answer.problem(503, "temporarily_unavailable");
        assert_eq!(answer.header("retry-after"), "2");
        assert!(answer.headers.get("set-cookie").is_none(), "{path}");
    }
    me(&app, &token).await.problem(503, "temporarily_unavailable");
}
