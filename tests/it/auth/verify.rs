//! `GET /auth/verify` and `GET /auth/return`, asked as a proxy asks.

use super::sign_in;
use crate::support::{Answer, Browser, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright::oauth::client::Metadata;

const APP: &str = "https://id.example.test:8443";

async fn server() -> TestApp {
    TestApp::with(|config| config.forward_auth.origins = vec![APP.to_owned()]).await
}

fn ask(path: &str) -> axum::http::request::Builder {
    Request::get(path)
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "id.example.test:8443")
        .header("x-forwarded-uri", "/inbox?page=2&x=%2F")
        .header("x-forwarded-method", "GET")
        .header("accept", "text/html,application/xhtml+xml")
}

async fn page(browser: &mut Browser<'_>, path: &str) -> Answer {
    browser.send(ask(path).body(Body::empty()).unwrap()).await
}

async fn token(app: &TestApp, token: &str, path: &str) -> Answer {
    let request = ask(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    app.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_session_is_known_by_name_address_and_roles() {
    let app = server().await;
    let mut alice = app.alice().await;
    let request = ask("/auth/verify")
        .header("x-auth-user", "root")
        .header("x-auth-email", "root@example.test")
        .header("x-auth-roles", "admin");
    let answer = alice.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-auth-user"), app.user(USERS[0].1).await.id);
    assert_eq!(answer.header("x-auth-email"), USERS[0].1);
    assert_eq!(answer.header("x-auth-roles"), "member");
    assert_eq!(answer.header("cache-control"), "no-store");
    app.sign_out_alice().await;
    page(&mut alice, "/auth/verify")
        .await
        .problem(401, "invalid_token");
}

#[tokio::test]
async fn a_rule_asks_for_one_of_its_roles() {
    let app = server().await;
    let mut alice = app.alice().await;
    assert_eq!(
        page(&mut alice, "/auth/verify?role=admin&role=member")
            .await
            .status,
        200
    );
    let refused = page(&mut alice, "/auth/verify?role=admin").await;
    refused.problem(403, "forbidden");
    assert!(refused.headers.get("x-auth-user").is_none() && refused.headers.get("x-auth-login").is_none());
    // A rule that is not understood is not kept silently.
    for rule in [
        "?role=",
        "?role",
        "?role=member&audience=",
        "?roles=member",
        "?login=1",
        "?role=member&access_token=x",
        "?audience=a&audience=b",
    ] {
        let answer = page(&mut alice, &format!("/auth/verify{rule}")).await;
        answer.problem(400, "invalid_request");
    }
}

/// A token that somebody gave another app opens nothing here.
#[tokio::test]
async fn tokens_are_taken_of_first_party_apps_or_for_the_audience() {
    let app = server().await;
    let own = sign_in(&mut app.browser()).await.access_token();
    let answer = token(&app, &own, "/auth/verify?role=member").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-auth-email")),
        (200, USERS[0].1)
    );

    let web = app.web().await;
    let foreign = web.tokens(&mut app.alice().await, &[]).await;
    for value in [&foreign.access_token, foreign.id_token.as_ref().unwrap()] {
        token(&app, value, "/auth/verify")
            .await
            .problem(401, "invalid_token");
    }
    let service = app.service().await;
    let api = "https://api.test";
    let metadata = Metadata {
        resources: vec![api.to_owned()],
        ..service.metadata.clone()
    };
    app.change_client("svc", &metadata).await;
    let form = [("grant_type", "client_credentials"), ("resource", api)];
    let of_service = service.post("/token", &form).await.tokens().access_token;
    token(&app, &of_service, "/auth/verify")
        .await
        .problem(401, "invalid_token");
    let answer = token(&app, &of_service, "/auth/verify?audience=https://api.test").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-auth-user")),
        (200, "svc")
    );
    assert_eq!(
        (answer.header("x-auth-email"), answer.header("x-auth-roles")),
        ("", "")
    );
    let with_role = token(
        &app,
        &of_service,
        "/auth/verify?audience=https://api.test&role=member",
    )
    .await;
    with_role.problem(403, "forbidden");
    token(&app, &own, "/auth/verify?audience=https://api.test")
        .await
        .problem(401, "invalid_token");
}

/// What was revoked is not let through, at once.
#[tokio::test]
async fn a_revoked_token_is_not_let_through() {
    let app = server().await;
    for end in [0, 1] {
        let mut browser = app.browser();
        let value = sign_in(&mut browser).await.access_token();
        assert_eq!(token(&app, &value, "/auth/verify").await.status, 200);
        match end {
            0 => drop(browser.send(super::post("/auth/logout", "")).await),
            _ => app.set_alice_disabled(true).await,
        }
        token(&app, &value, "/auth/verify")
            .await
            .problem(401, "invalid_token");
    }
}

/// A header that is not good is not made up for by a cookie.
#[tokio::test]
async fn header_and_cookie_are_not_mixed() {
    let app = server().await;
    let mut alice = app.alice().await;
    for value in ["Bearer x", "Basic YTpi", "Bearer", "", "x"] {
        let request = ask("/auth/verify").header(header::AUTHORIZATION, value);
        let answer = alice.send(request.body(Body::empty()).unwrap()).await;
        answer.problem(401, "invalid_token");
        assert!(answer.headers.get("x-auth-login").is_none());
    }
    let twice = ask("/auth/verify")
        .header(header::AUTHORIZATION, "Bearer a")
        .header(header::AUTHORIZATION, "Bearer b");
    alice
        .send(twice.body(Body::empty()).unwrap())
        .await
        .problem(401, "invalid_token");
}

#[tokio::test]
async fn a_person_is_led_to_the_sign_in_page_and_back() {
    let app = server().await;
    let mut browser = app.browser();
    let answer = page(&mut browser, "/auth/verify").await;
    answer.problem(401, "invalid_token");
    let login = answer.header("x-auth-login").to_owned();
    let redirect = page(&mut browser, "/auth/verify?login=redirect").await;
    assert_eq!(redirect.location(), login);
    let form = browser.follow(&redirect).await;
    let signed_in = browser.submit_login(&form, USERS[0].1, USERS[0].2).await;
    assert!(
        signed_in
            .location()
            .starts_with("https://id.example.test/auth/return?to=")
    );
    let back = browser.follow(&signed_in).await;
    assert_eq!(back.location(), "https://id.example.test:8443/inbox?page=2&x=%2F");
    assert_eq!(page(&mut browser, "/auth/verify").await.status, 200);
    // A script, a post and a token are told, not led.
    for (name, value) in [
        ("accept", "application/json"),
        ("x-forwarded-method", "POST"),
        ("authorization", "Bearer x"),
    ] {
        let mut request = ask("/auth/verify?login=redirect").body(Body::empty()).unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        let answer = app.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-auth-login")), (401, ""));
    }
}

/// No open redirect: only our own and configured origins, byte for byte.
#[tokio::test]
async fn a_sign_in_leads_to_no_other_origin() {
    let app = server().await;
    for address in [
        "https://evil.test/",
        "https://id.example.test:8443@evil.test/",
        "https://id.example.test:8443.evil.test/",
        "https://id.example.test:84430/",
        "https://id.example.test:8443",
        "https://id.example.test:8443\\@evil.test/",
        "https://id.example.test:8443/\\evil.test",
        "https://id.example.test:8443/a b",
        "https://id.example.test:8443/\r\nx: y",
        "https://id.example.test:8443/é",
        "http://id.example.test:8443/",
        "HTTPS://id.example.test:8443/",
        "//id.example.test:8443/",
        "javascript:alert(1)//https://id.example.test/",
        "",
    ] {
        let name = URL_SAFE_NO_PAD.encode(address);
        let answer = app.get(&format!("/auth/return?to={name}")).await;
        assert_eq!(answer.status, 404, "{address}");
        assert!(answer.headers.get("location").is_none());
    }
    for (proto, host, uri) in [
        ("https", "evil.test", "/"),
        ("https", "id.example.test:8443@evil.test", "/"),
        ("https", "id.example.test:8443", "@evil.test/"),
        ("javascript", "x", "/"),
        ("", "", ""),
    ] {
        let mut request = ask("/auth/verify").body(Body::empty()).unwrap();
        for (name, value) in [
            ("x-forwarded-proto", proto),
            ("x-forwarded-host", host),
            ("x-forwarded-uri", uri),
        ] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let answer = app.send(request).await;
        assert_eq!(
            answer.header("x-auth-login"),
            "https://id.example.test/login",
            "{host}"
        );
    }
    assert_eq!(app.get("/auth/return?to=%FF").await.status, 404);
    assert_eq!(app.get("/login?flow=return.%2F%2Fevil.test").await.status, 400);
}

/// An outage is no yes, and no sign-in either.
#[tokio::test]
async fn without_the_database_nobody_is_let_through() {
    let app = server().await;
    let mut alice = app.alice().await;
    let own = sign_in(&mut app.browser()).await.access_token();
    app.app.db.close().await;
    for answer in [
        page(&mut alice, "/auth/verify?login=redirect").await,
        token(&app, &own, "/auth/verify").await,
    ] {
        answer.problem(503, "temporarily_unavailable");
        assert!(answer.headers.get("x-auth-user").is_none());
    }
}
