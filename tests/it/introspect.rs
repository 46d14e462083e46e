//! Token introspection (RFC 7662): who may ask, what is told, and what an outsider can tell from the answers.

use crate::support::{API, Answer, RelyingParty, TestApp, Tokens};
use keywright::oauth::client::Metadata;
use serde_json::json;

async fn api_client(app: &TestApp) -> RelyingParty<'_> {
    let metadata = Metadata {
        resources: vec![API.to_owned()],
        ..app.web().await.metadata
    };
    app.client("caller", metadata).await
}

async fn ask(client: &RelyingParty<'_>, token: &str) -> Answer {
    client.post("/introspect", &[("token", token)]).await
}

async fn api_tokens(app: &TestApp, client: &RelyingParty<'_>) -> Tokens {
    let changes = [("scope", "openid email roles"), ("resource", API)];
    client.tokens(&mut app.alice().await, &changes).await
}

/// RFC 7662 §2.2 · RFC 9068 §2.2
#[tokio::test]
async fn a_resource_server_learns_what_it_needs_about_a_token_for_it() {
    let app = TestApp::new().await;
    let (rs, client) = (app.resource_server("rs", API).await, api_client(&app).await);
    let tokens = api_tokens(&app, &client).await;
    let answer = ask(&rs, &tokens.access_token).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.headers.get("access-control-allow-origin").is_none());
    let told = answer.json();
    let alice = app.user("alice@example.test").await;
    for (name, value) in [
        ("active", json!(true)),
        ("token_type", json!("Bearer")),
        ("client_id", json!("caller")),
        ("sub", json!(alice.id)),
        ("username", json!("alice@example.test")),
        ("iss", json!("https://id.example.test")),
        ("aud", json!([API, "https://id.example.test"])),
        ("scope", json!("email openid roles")),
        ("iat", json!(1_800_000_000)),
        ("exp", json!(1_800_000_900)),
        ("roles", json!(["member"])),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
}

/// RFC 7662 §2.2: a refresh token is the business of its own client.
#[tokio::test]
async fn a_refresh_token_is_told_about_to_its_own_client_only() {
    let app = TestApp::new().await;
    let (rs, client) = (app.resource_server("rs", API).await, api_client(&app).await);
    let tokens = api_tokens(&app, &client).await;
    let refresh_token = tokens.refresh_token.unwrap();
    let told = client.introspect(&refresh_token).await;
    assert_eq!(
        (told["active"].as_bool(), told["client_id"].as_str()),
        (Some(true), Some("caller"))
    );
    assert_eq!(told["exp"], 1_800_000_000 + 7 * 86_400);
    let nothing = json!({ "active": false });
    assert_eq!(rs.introspect(&refresh_token).await, nothing);
    let next = client.refresh(&refresh_token).await.tokens();
    assert_eq!(client.introspect(&refresh_token).await, nothing, "rotated");
    let next = next.refresh_token.unwrap();
    assert!(client.is_active(&next).await);
    app.clock.advance(7 * 86_400);
    assert_eq!(client.introspect(&next).await, nothing, "idle for too long");
}

/// RFC 7662 §2.1 · AC-126
#[tokio::test]
async fn nobody_asks_without_authentication() {
    let app = TestApp::new().await;
    let (client, spa) = (api_client(&app).await, app.spa().await);
    let tokens = api_tokens(&app, &client).await;
    let form = [("token", tokens.access_token.as_str())];
    app.post("/introspect", &form)
        .await
        .refused(401, "invalid_client");
    let bearer = format!("Bearer {}", tokens.access_token);
    app.post_as(&bearer, "/introspect", &form)
        .await
        .refused(401, "invalid_client");
    spa.post("/introspect", &form)
        .await
        .refused(401, "invalid_client");
    client
        .post("/introspect", &[])
        .await
        .refused(400, "invalid_request");
    let twice = [form[0], form[0]];
    client
        .post("/introspect", &twice)
        .await
        .refused(400, "invalid_request");
}

/// RFC 7662 §4 · CVE-2026-37979 · AC-127: another resource server's token is not active, and that is all.
#[tokio::test]
async fn a_token_for_another_audience_is_simply_not_active() {
    let app = TestApp::new().await;
    let client = api_client(&app).await;
    let tokens = api_tokens(&app, &client).await;
    let service = app.service().await;
    let grant = [("grant_type", "client_credentials")];
    let machine = service.post("/token", &grant).await.tokens();
    for audience in [
        "https://api2.test",
        "https://api.test",
        "https://api.test/v1/",
        "",
    ] {
        let id = format!("rs{}", audience.len());
        let other = app.resource_server(&id, audience).await;
        for token in [&tokens.access_token, &machine.access_token] {
            assert_eq!(ask(&other, token).await.body, r#"{"active":false}"#, "{audience}");
        }
    }
    // No right to introspect at all: its own tokens only.
    let evil = app.evil().await;
    assert_eq!(ask(&evil, &tokens.access_token).await.body, r#"{"active":false}"#);
    assert!(service.is_active(&machine.access_token).await);
}

/// RFC 7662 §2.2 · AC-128
#[tokio::test]
async fn whatever_is_not_an_active_token_is_not_active_and_nothing_else() {
    let app = TestApp::new().await;
    let client = api_client(&app).await;
    let tokens = api_tokens(&app, &client).await;
    let (access, id_token) = (tokens.access_token, tokens.id_token.unwrap());
    let refresh_token = tokens.refresh_token.unwrap();
    let code = client.code(&mut app.alice().await, &[]).await;
    let other = TestApp::new().await;
    let foreign = api_tokens(&other, &api_client(&other).await).await;
    let long = "a".repeat(60_000);
    let mut flipped = access.clone();
    let last = flipped.pop().unwrap();
    flipped.insert(flipped.len() - 20, last);
    let unsigned = format!("{}.", access.rsplit_once('.').unwrap().0);
    for (what, token) in [
        ("garbage", "garbage"),
        ("a dot", "."),
        ("dots", ".."),
        ("another server's", &foreign.access_token),
        (
            "another server's refresh token",
            foreign.refresh_token.as_ref().unwrap(),
        ),
        ("truncated", &access[..access.len() - 1]),
        ("changed", &flipped),
        ("unsigned", &unsigned),
        ("an ID token", &id_token),
        ("a code", &code),
        (
            "a truncated refresh token",
            &refresh_token[..refresh_token.len() - 1],
        ),
        ("long", &long),
        ("not ASCII", "é"),
    ] {
        let answer = ask(&client, token).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (200, r#"{"active":false}"#),
            "{what}"
        );
    }
    let too_long = "a".repeat(1024 * 1024);
    assert_eq!(ask(&client, &too_long).await.status, 413);

    client.revoke(&access).await;
    assert_eq!(ask(&client, &access).await.body, r#"{"active":false}"#, "revoked");
}

/// RFC 7662 §2.1: the hint only helps to find it.
#[tokio::test]
async fn a_wrong_hint_changes_nothing() {
    let app = TestApp::new().await;
    let client = api_client(&app).await;
    let tokens = api_tokens(&app, &client).await;
    for token in [&tokens.access_token, tokens.refresh_token.as_ref().unwrap()] {
        for hint in ["access_token", "refresh_token", "foo", "token_type_hint"] {
            let form = [("token", token.as_str()), ("token_type_hint", hint)];
            let answer = client.post("/introspect", &form).await;
            assert_eq!(answer.json()["active"], true, "{hint}");
        }
    }
}

/// AC-276: active one second before `exp`, inactive at `exp`, everywhere.
#[tokio::test]
async fn an_access_token_ends_at_its_exp() {
    let app = TestApp::new().await;
    let client = api_client(&app).await;
    let tokens = api_tokens(&app, &client).await;
    app.clock.advance(899);
    assert!(client.is_active(&tokens.access_token).await);
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 200);
    app.clock.advance(1);
    assert!(!client.is_active(&tokens.access_token).await);
    app.userinfo(&tokens.access_token)
        .await
        .refused(401, "invalid_token");
}

/// AC-136: foreign, unknown, expired and revoked cannot be told apart.
#[tokio::test]
async fn the_reasons_for_inactive_cannot_be_told_apart() {
    let app = TestApp::new().await;
    let client = api_client(&app).await;
    let rs = app.resource_server("rs", "https://api2.test").await;
    let expired = api_tokens(&app, &client).await;
    app.clock.advance(900);
    let revoked = api_tokens(&app, &client).await;
    client.revoke(&revoked.access_token).await;
    let foreign = api_tokens(&app, &client).await;
    let answers = [
        ask(&rs, &foreign.access_token).await,
        ask(&rs, foreign.refresh_token.as_ref().unwrap()).await,
        ask(&rs, &revoked.access_token).await,
        ask(&rs, &expired.access_token).await,
        ask(&rs, "never-existed").await,
        ask(&rs, "").await,
    ];
    let [first, rest @ .., empty] = &answers;
    for answer in rest {
        assert_eq!(answer.same(), first.same());
    }
    empty.refused(400, "invalid_request");
}

/// A token is active as long as what it rests on: each sibling of the token endpoint's rules holds here too.
#[tokio::test]
async fn a_token_is_inactive_when_what_it_rests_on_is_gone() {
    for what in [
        "user disabled",
        "user deleted",
        "password changed",
        "consent revoked",
        "signed out",
    ] {
        let app = TestApp::new().await;
        let client = api_client(&app).await;
        let tokens = api_tokens(&app, &client).await;
        match what {
            "user disabled" => app.set_alice_disabled(true).await,
            "user deleted" => app.delete_alice().await,
            "password changed" => app.change_password_of_alice().await,
            "consent revoked" => app.revoke_consent_of_alice("caller").await,
            _ => app.sign_out_alice().await,
        }
        for token in [&tokens.access_token, tokens.refresh_token.as_ref().unwrap()] {
            assert_eq!(ask(&client, token).await.body, r#"{"active":false}"#, "{what}");
        }
    }
}

/// A database that is down is not "inactive".
#[tokio::test]
async fn a_database_that_is_down_is_said_so() {
    let app = TestApp::new().await;
    let client = api_client(&app).await;
    let tokens = api_tokens(&app, &client).await;
    app.app.db.close().await;
    ask(&client, &tokens.access_token)
        .await
        .refused(503, "temporarily_unavailable");
}
