//! Every value of the metadata document is tried at the server.

use super::{OIDC, is_served, strings};
use crate::support::{RelyingParty, TestApp};
use axum::body::Body;
use axum::http::Request;
use keywright::oauth::api_key::TOKEN_TYPE;
use keywright::oauth::client::Metadata;
use keywright::oauth::token::grants::TOKEN_EXCHANGE;
use serde_json::Value;

async fn document(app: &TestApp) -> Value {
    app.get(OIDC).await.json()
}

/// A client registered for all that the document names, in every way of authentication.
async fn client<'a>(app: &'a TestApp, document: &Value, method: &str) -> RelyingParty<'a> {
    let mut grant_types = strings(document, "grant_types_supported");
    if method == "none" {
        grant_types.retain(|grant| grant != "client_credentials" && grant != TOKEN_EXCHANGE);
    }
    let metadata = Metadata {
        token_endpoint_auth_method: method.to_owned(),
        grant_types,
        scope: strings(document, "scopes_supported").join(" "),
        ..app.spa_metadata()
    };
    app.client(&format!("c-{method}"), metadata).await
}

#[tokio::test]
async fn every_endpoint_answers() {
    let app = TestApp::new().await;
    for (name, value) in document(&app).await.as_object().unwrap() {
        let Some(path) = value
            .as_str()
            .and_then(|url| url.strip_prefix("https://id.example.test/"))
        else {
            continue;
        };
        let answer = app.get(&format!("/{path}")).await;
        assert!(is_served(&answer), "{name}");
        let posted = Request::post(format!("/{path}")).body(Body::empty()).unwrap();
        assert!(is_served(&app.send(posted).await), "{name}");
    }
}

#[tokio::test]
async fn every_way_of_client_authentication_works_where_it_is_promised() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    for (name, path, form) in [
        (
            "token_endpoint_auth_methods_supported",
            "/token",
            ("grant_type", "refresh_token"),
        ),
        (
            "revocation_endpoint_auth_methods_supported",
            "/revoke",
            ("token", "x"),
        ),
        (
            "introspection_endpoint_auth_methods_supported",
            "/introspect",
            ("token", "x"),
        ),
    ] {
        let app = TestApp::new().await;
        for method in strings(&document, name) {
            let client = client(&app, &document, &method).await;
            let answer = client.post(path, &[form]).await;
            assert_ne!(answer.status, 401, "{path} {method}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn every_grant_type_is_dispatched() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let client = client(&app, &document, "client_secret_basic").await;
    for grant_type in strings(&document, "grant_types_supported") {
        let form = [
            ("grant_type", grant_type.as_str()),
            ("code", "x"),
            ("refresh_token", "x"),
            ("device_code", "x"),
            ("subject_token", "x"),
            ("subject_token_type", TOKEN_TYPE),
        ];
        let answer = client.post("/token", &form).await;
        if answer.status != 200 {
            // RFC 8693 §2.2.2
            let expected = match grant_type == TOKEN_EXCHANGE {
                true => "invalid_request",
                false => "invalid_grant",
            };
            answer.refused(400, expected);
        }
    }
    let authorization = client.post("/device_authorization", &[]).await;
    assert_eq!(authorization.status, 200, "{}", authorization.body);
}

#[tokio::test]
async fn every_response_mode_delivers_a_code() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let client = client(&app, &document, "none").await;
    let mut alice = app.alice().await;
    for mode in strings(&document, "response_modes_supported") {
        let answer = client.authorize(&mut alice, &[("response_mode", &mode)]).await;
        let code = match mode.as_str() {
            "form_post" => answer.hidden("code").unwrap(),
            "fragment" => {
                assert!(answer.location().contains("#code="));
                answer.returned("code").unwrap()
            }
            _ => {
                assert!(answer.location().contains("?code="));
                answer.returned("code").unwrap()
            }
        };
        client.redeem(&code).await.tokens();
    }
}

#[tokio::test]
async fn every_prompt_display_locale_and_acr_is_understood() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let client = client(&app, &document, "none").await;
    let (mut alice, _, _) = app.alice_with_app().await;
    client.code(&mut alice, &[]).await;
    for (name, parameter) in [
        ("prompt_values_supported", "prompt"),
        ("display_values_supported", "display"),
        ("ui_locales_supported", "ui_locales"),
        ("acr_values_supported", "acr_values"),
    ] {
        for value in strings(&document, name) {
            let answer = alice.get(&client.authorize_url(&[(parameter, &value)])).await;
            assert!(!answer.location().contains("error="), "{parameter}={value}");
        }
    }
    for acr in strings(&document, "acr_values_supported") {
        let claims = format!(r#"{{"id_token":{{"acr":{{"essential":true,"value":"{acr}"}}}}}}"#);
        let tokens = client.tokens(&mut alice, &[("claims", &claims)]).await;
        let id_token = app.claims(&tokens.id_token.unwrap(), "JWT");
        assert_eq!(id_token.text("acr"), Some(acr.as_str()));
    }
}

/// OIDC Discovery §3: "claims that the provider MAY be able to supply" – here each one is supplied by something.
#[tokio::test]
async fn every_scope_is_granted_and_every_claim_that_alice_has_is_supplied() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let client = client(&app, &document, "none").await;
    let scopes = strings(&document, "scopes_supported");
    let tokens = client
        .tokens(&mut app.alice().await, &[("scope", &scopes.join(" "))])
        .await;
    let mut granted: Vec<&str> = tokens.scope.split(' ').collect();
    let mut promised: Vec<&str> = scopes.iter().map(String::as_str).collect();
    granted.sort_unstable();
    promised.sort_unstable();
    assert_eq!(granted, promised);
    let told = app.userinfo(&tokens.access_token).await.json();
    let id_token = app.claims(&tokens.id_token.unwrap(), "JWT");
    let claims = strings(&document, "claims_supported");
    for name in id_token.members().keys().chain(told.as_object().unwrap().keys()) {
        assert!(claims.contains(name), "{name} is not promised");
    }
    // What nobody told the server about alice.
    let absent = [
        "middle_name",
        "nickname",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
    ];
    for name in claims {
        let supplied = id_token.members().contains_key(&name) || told.get(&name).is_some();
        assert!(supplied || absent.contains(&name.as_str()), "{name}");
    }
}

#[tokio::test]
async fn every_algorithm_signs() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let client = client(&app, &document, "none").await;
    let mut alice = app.alice().await;
    let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_value(app.get("/jwks").await.json()).unwrap();
    for alg in strings(&document, "id_token_signing_alg_values_supported") {
        let metadata = Metadata {
            id_token_signed_response_alg: Some(alg.clone()),
            ..client.metadata.clone()
        };
        app.change_client(&client.id, &metadata).await;
        let token = client.tokens(&mut alice, &[]).await.id_token.unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(alg.parse().unwrap());
        validation.set_audience(&[&client.id]);
        validation.set_issuer(&["https://id.example.test"]);
        jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
    }
}

/// What is not named is refused, so the document is not only true but complete.
#[tokio::test]
async fn what_is_not_named_is_refused() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    let client = client(&app, &document, "none").await;
    let mut alice = app.alice().await;
    for (parameter, value, error) in [
        ("response_mode", "web_message", "invalid_request"),
        ("response_mode", "query.jwt", "invalid_request"),
        ("response_type", "id_token", "unsupported_response_type"),
        ("prompt", "create", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("request", "e30.e30.", "request_not_supported"),
        (
            "request_uri",
            "https://canary.test/x",
            "request_uri_not_supported",
        ),
        ("registration", "{}", "registration_not_supported"),
        (
            "claims",
            r#"{"id_token":{"acr":{"essential":true,"value":"urn:mace:phr"}}}"#,
            "unmet_authentication_requirements",
        ),
    ] {
        let answer = alice.get(&client.authorize_url(&[(parameter, value)])).await;
        answer.back_with(client.redirect_uri(), error);
    }
}
