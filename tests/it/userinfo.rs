//! Userinfo (OIDC Core §5.3) and the bearer rules of RFC 6750.

use crate::support::{API, Answer, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::oauth::client::Metadata;
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";

async fn send(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// OIDC Core §5.3.2, §5.4, §5.1 · protocol-checks C1-5, C1-9 to C1-13
#[tokio::test]
async fn each_scope_gives_its_own_claims_and_no_other() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let sub = app.user("alice@example.test").await.id;
    let profile = json!({
        "name": "alice Example", "given_name": "Given", "family_name": "Example",
        "preferred_username": "alice", "updated_at": 1_800_000_000,
    });
    let email = json!({"email": "alice@example.test", "email_verified": true});
    let phone = json!({"phone_number": "+1 555 0100", "phone_number_verified": true});
    let address = json!({"address": {"locality": "Springfield"}});
    let (groups, roles) = (json!({"groups": ["staff"]}), json!({"roles": ["member"]}));
    let merged = |parts: &[&Value]| {
        let mut all = json!({ "sub": sub });
        for part in parts {
            all.as_object_mut()
                .unwrap()
                .extend(part.as_object().unwrap().clone());
        }
        all
    };
    for (scope, expected) in [
        ("openid", merged(&[])),
        ("openid profile", merged(&[&profile])),
        ("openid email", merged(&[&email])),
        ("openid phone", merged(&[&phone])),
        ("openid address", merged(&[&address])),
        ("openid groups", merged(&[&groups])),
        ("openid roles", merged(&[&roles])),
        (
            "openid profile email phone address groups roles offline_access",
            merged(&[&profile, &email, &phone, &address, &groups, &roles]),
        ),
    ] {
        let tokens = web.tokens(&mut alice, &[("scope", scope)]).await;
        let answer = app.userinfo(&tokens.access_token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json(), expected, "{scope}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let id_token = app.claims(&tokens.id_token.unwrap(), "JWT");
        assert_eq!(id_token.text("sub"), Some(sub.as_str()), "OIDC Core §5.3.2");
    }
}

/// OIDC Core §5.5 · protocol-checks C1-35
#[tokio::test]
async fn a_claim_asked_for_by_name_is_given() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let claims = r#"{"userinfo":{"name":{"essential":true},"unknown":null,"sub":null}}"#;
    let changes = [("scope", "openid"), ("claims", claims)];
    let tokens = web.tokens(&mut app.alice().await, &changes).await;
    let told = app.userinfo(&tokens.access_token).await.json();
    assert_eq!(told["name"], "alice Example");
    assert_eq!(told.as_object().unwrap().len(), 2);
    let id_token = app.claims(&tokens.id_token.unwrap(), "JWT");
    assert!(id_token.text("name").is_none());
}

/// RFC 6750 §2 · protocol-checks C1-5, C1-6, C1-7: header or form, by GET or POST.
#[tokio::test]
async fn the_token_is_taken_from_the_header_or_the_form() {
    let app = TestApp::new().await;
    let token = app
        .web()
        .await
        .tokens(&mut app.alice().await, &[])
        .await
        .access_token;
    let bearer = format!("Bearer {token}");
    let lower = format!("bearer {token}");
    let form = format!("access_token={token}");
    let content_type = ("content-type", FORM);
    for (what, answer) in [
        (
            "GET",
            send(&app, "GET", "/userinfo", &[("authorization", &bearer)], "").await,
        ),
        (
            "scheme in lower case",
            send(&app, "GET", "/userinfo", &[("authorization", &lower)], "").await,
        ),
        (
            "POST, header",
            send(&app, "POST", "/userinfo", &[("authorization", &bearer)], "").await,
        ),
        (
            "POST, header, empty form",
            send(
                &app,
                "POST",
                "/userinfo",
                &[("authorization", &bearer), content_type],
                "",
            )
            .await,
        ),
        (
            "POST, form",
            send(&app, "POST", "/userinfo", &[content_type], &form).await,
        ),
        (
            "odd Accept",
            send(
                &app,
                "GET",
                "/userinfo",
                &[("authorization", &bearer), ("accept", "text/x")],
                "",
            )
            .await,
        ),
    ] {
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
        assert!(answer.json()["sub"].is_string());
    }
}

/// RFC 6750 §2, §3.1 · OAuth 2.1 §5.2 · AC-133
#[tokio::test]
async fn a_request_that_sends_the_token_wrongly_is_challenged() {
    let app = TestApp::new().await;
    let token = app
        .web()
        .await
        .tokens(&mut app.alice().await, &[])
        .await
        .access_token;
    let bearer = format!("Bearer {token}");
    let in_query = format!("/userinfo?access_token={token}");
    let form = format!("access_token={token}");
    let json = format!("{{\"access_token\":\"{token}\"}}");
    let auth = ("authorization", bearer.as_str());
    let content_type = ("content-type", FORM);
    for (what, answer) in [
        ("in the address", send(&app, "GET", &in_query, &[], "").await),
        (
            "in the address too",
            send(&app, "GET", &in_query, &[auth], "").await,
        ),
        (
            "twice",
            send(&app, "POST", "/userinfo", &[auth, content_type], &form).await,
        ),
        (
            "two headers",
            send(&app, "GET", "/userinfo", &[auth, auth], "").await,
        ),
        (
            "two in the form",
            send(
                &app,
                "POST",
                "/userinfo",
                &[content_type],
                &format!("{form}&{form}"),
            )
            .await,
        ),
        (
            "in JSON",
            send(
                &app,
                "POST",
                "/userinfo",
                &[("content-type", "application/json")],
                &json,
            )
            .await,
        ),
        (
            "another scheme",
            send(&app, "GET", "/userinfo", &[("authorization", "Basic eDp5")], "").await,
        ),
        (
            "not a scheme",
            send(&app, "GET", "/userinfo", &[("authorization", &token)], "").await,
        ),
    ] {
        assert_eq!(answer.json()["error"], "invalid_request", "{what}");
        answer.refused(400, "invalid_request");
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_request\""),
            "{what}: {challenge}"
        );
        assert!(
            !challenge.contains(&token) && !answer.body.contains(&token),
            "{what}"
        );
    }
    // RFC 6750 §3.1: without any token there is no error code to give.
    for method in ["GET", "POST"] {
        let answer = send(&app, method, "/userinfo", &[], "").await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"keywright\"");
        assert!(answer.json().get("error").is_none());
    }
    assert_eq!(send(&app, "PUT", "/userinfo", &[auth], "").await.status, 405);
}

/// RFC 6750 §3.1 · AC-133
#[tokio::test]
async fn a_token_that_is_no_good_is_an_invalid_token() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let tokens = web.tokens(&mut app.alice().await, &[]).await;
    let access = tokens.access_token.as_str();
    let other = TestApp::new().await;
    let foreign = other
        .web()
        .await
        .tokens(&mut other.alice().await, &[])
        .await
        .access_token;
    for (what, token) in [
        ("empty", ""),
        ("garbage", "garbage"),
        ("truncated", &access[..access.len() - 1]),
        ("an ID token (AC-121)", tokens.id_token.as_ref().unwrap()),
        ("a refresh token (AC-094)", tokens.refresh_token.as_ref().unwrap()),
        ("another server's", &foreign),
        ("two tokens", &format!("{access} {access}")),
    ] {
        let answer = app.userinfo(token).await;
        assert_eq!(answer.status, 401, "{what}");
        answer.refused(401, "invalid_token");
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.contains("error=\"invalid_token\""),
            "{what}: {challenge}"
        );
    }
    app.clock.advance(900);
    app.userinfo(access).await.refused(401, "invalid_token");
}

/// OIDC Core §5.3.1 · RFC 6750 §3.1 · AC-120 · AC-133
#[tokio::test]
async fn a_token_without_openid_or_for_another_audience_is_not_enough() {
    let app = TestApp::new().await;
    let metadata = Metadata {
        resources: vec![API.to_owned()],
        ..app.spa_metadata()
    };
    let client = app.client("caller", metadata).await;
    let mut alice = app.alice().await;
    for changes in [
        vec![("scope", "email")],
        vec![("scope", "email"), ("resource", API)],
        vec![("scope", "")],
    ] {
        let token = client.tokens(&mut alice, &changes).await.access_token;
        let answer = app.userinfo(&token).await;
        answer.refused(403, "insufficient_scope");
        assert!(answer.header("www-authenticate").contains("insufficient_scope"));
    }
    let service = app.service().await;
    let grant = [("grant_type", "client_credentials")];
    let machine = service.post("/token", &grant).await.tokens().access_token;
    app.userinfo(&machine).await.refused(403, "insufficient_scope");
}

/// The claims are those of now, not of the sign-in.
#[tokio::test]
async fn userinfo_tells_the_present() {
    let app = TestApp::new().await;
    let token = app
        .web()
        .await
        .tokens(&mut app.alice().await, &[])
        .await
        .access_token;
    app.set_alice_disabled(true).await;
    app.userinfo(&token).await.refused(401, "invalid_token");
    app.app.db.close().await;
    let answer = app.userinfo(&token).await;
    answer.refused(503, "temporarily_unavailable");
    assert!(answer.headers.get(header::WWW_AUTHENTICATE).is_none());
}
