//! Scope (RFC 6749 §3.3) at every endpoint that takes one: granted is never more than allowed.

use crate::support::TestApp;
use keywright::oauth::client::Metadata;

/// RFC 6749 §3.3 · AC-116
#[tokio::test]
async fn a_scope_that_the_client_may_not_have_is_refused_everywhere() {
    let app = TestApp::new().await;
    let (web, service, device) = (app.web().await, app.service().await, app.device().await);
    let mut alice = app.alice().await;
    let many: String = (0..900).map(|n| format!("s{n} ")).collect();
    let long = "a".repeat(5_000);
    for scope in [
        "openid admin",
        "admin",
        "keywright:admin",
        "OPENID",
        "openid \"",
        "openid \\",
        "openid \u{e9}",
        "openid\u{7f}",
        "openid\temail",
        "openid\nemail",
        many.trim(),
        &long,
    ] {
        let answer = alice.get(&web.authorize_url(&[("scope", scope)])).await;
        answer.back_with(web.redirect_uri(), "invalid_scope");
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        service.post("/token", &form).await.refused(400, "invalid_scope");
        device
            .post("/device_authorization", &[("scope", scope)])
            .await
            .refused(400, "invalid_scope");
    }
}

/// RFC 6749 §5.1 · AC-117: the answer tells what was given, sorted and without repeats.
#[tokio::test]
async fn the_granted_scope_is_told_in_one_order() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    for scope in [
        "profile openid email",
        "email profile openid",
        "openid openid email profile",
        "  openid  email   profile ",
    ] {
        let tokens = web.tokens(&mut alice, &[("scope", scope)]).await;
        assert_eq!(tokens.scope, "email openid profile");
        let claims = app.claims(&tokens.access_token, "at+jwt");
        assert_eq!(claims.text("scope"), Some("email openid profile"));
    }
}

/// ASVS 10.3.2 · AC-125: a narrow token is answered narrowly, whatever its grant could have.
#[tokio::test]
async fn a_narrow_token_tells_no_more_than_its_own_scope() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let scope = ("scope", "openid email profile phone roles");
    let tokens = web.tokens(&mut app.alice().await, &[scope]).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh_token.as_deref().unwrap()),
        ("scope", "openid"),
    ];
    let narrow = web.post("/token", &form).await.tokens();
    let told = app.userinfo(&narrow.access_token).await.json();
    let sub = app.user("alice@example.test").await.id;
    assert_eq!(told, serde_json::json!({ "sub": sub }));
    let json = |token: &str, typ| serde_json::Value::Object(app.claims(token, typ).into_members());
    for answer in [
        web.introspect(&narrow.access_token).await,
        json(&narrow.access_token, "at+jwt"),
        json(&narrow.id_token.unwrap(), "JWT"),
    ] {
        let answer = answer.to_string();
        assert!(!answer.contains("alice@example.test"), "{answer}");
        assert!(!answer.contains("member"), "{answer}");
    }
    let whole = app.userinfo(&tokens.access_token).await.json();
    assert_eq!(whole["email"], "alice@example.test");
}

/// OIDC Core §5.5 · AC-116: asking by name gives a client no claim whose scope it may not have.
#[tokio::test]
async fn claims_asked_for_by_name_need_the_scope_of_the_client() {
    let app = TestApp::new().await;
    let metadata = Metadata {
        scope: "openid".to_owned(),
        ..app.spa_metadata()
    };
    let client = app.client("curious", metadata).await;
    let claims = r#"{"userinfo":{"email":{"essential":true},"phone_number":null,"groups":null,"roles":null},
        "id_token":{"email":{"essential":true},"address":null,"roles":null,"name":null}}"#;
    let tokens = client
        .tokens(&mut app.alice().await, &[("scope", "openid"), ("claims", claims)])
        .await;
    let told = app.userinfo(&tokens.access_token).await.json();
    assert_eq!(told.as_object().unwrap().len(), 1, "{told}");
    let id_token = app.claims(&tokens.id_token.unwrap(), "JWT");
    for name in ["email", "address", "roles", "name"] {
        assert!(!id_token.members().contains_key(name), "{name}");
    }
}

/// OIDC Core §5.5 · AC-071: people see what is asked for by name, and are asked again when it is more.
#[tokio::test]
async fn claims_asked_for_by_name_are_consented_to() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    web.tokens(&mut alice, &[("scope", "openid")]).await;
    let claims = r#"{"userinfo":{"phone_number":null},"id_token":{"acr":{"essential":false}}}"#;
    let more = [("scope", "openid"), ("claims", claims)];
    let mut silent = more.to_vec();
    silent.push(("prompt", "none"));
    let answer = alice.get(&web.authorize_url(&silent)).await;
    answer.back_with(web.redirect_uri(), "consent_required");
    let answer = alice.get(&web.authorize_url(&more)).await;
    let page = alice.follow(&answer).await;
    assert!(page.body.contains("phone number"), "{}", page.body);
    let code = alice.decide(&page, "allow").await.returned("code").unwrap();
    let tokens = web.redeem(&code).await.tokens();
    assert_eq!(tokens.scope, "openid");
    let told = app.userinfo(&tokens.access_token).await.json();
    assert_eq!(told["phone_number"], "+1 555 0100");
    // Remembered: not asked a third time.
    web.code(&mut alice, &silent).await;
    // What needs no scope needs no consent.
    let acr = r#"{"id_token":{"acr":null,"auth_time":null,"sub":null}}"#;
    let plain = [("scope", "openid"), ("claims", acr), ("prompt", "none")];
    web.code(&mut alice, &plain).await;
}
