//! `grant_type=client_credentials` (RFC 6749 §4.4).

use crate::support::{TestApp, USERS};
use keywright::oauth::client::registration::{Profile, check, profile};
use keywright::oauth::client::{ApplicationType, Metadata};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// RFC 6749 §4.4 · RFC 9068 §2
#[tokio::test]
async fn a_service_gets_a_signed_token_for_its_own_scope() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let answer = service.post("/token", &[GRANT, ("scope", "api:read")]).await;
    let tokens = answer.tokens();
    assert_eq!(tokens.scope, "api:read");
    assert_eq!((tokens.refresh_token, tokens.id_token), (None, None));
    let claims = app.claims(&tokens.access_token, "at+jwt");
    assert_eq!(claims.text("sub"), Some("svc"));
    assert_eq!(answer.json()["expires_in"], 900);
}

/// RFC 6749 §3.3: nothing asked for is everything that it is registered for.
#[tokio::test]
async fn without_a_scope_parameter_a_service_gets_its_registered_scope() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let tokens = service.post("/token", &[GRANT]).await.tokens();
    assert_eq!(tokens.scope, "api:read api:write");
    let bare = app
        .client("bare", profile(Profile::Service, Vec::new()))
        .await
        .post("/token", &[GRANT])
        .await;
    assert_eq!(bare.tokens().scope, "");
    assert!(bare.json().get("scope").is_none());
}

/// RFC 6749 §4.4.2 · AC-115: only confidential clients, even if the record of a public one says otherwise.
#[tokio::test]
async fn a_public_client_is_refused() {
    let app = TestApp::new().await;
    let metadata = Metadata {
        grant_types: vec!["client_credentials".to_owned()],
        token_endpoint_auth_method: "none".to_owned(),
        scope: "api:read".to_owned(),
        ..Metadata::default()
    };
    let problems = check("open", &metadata, &[]).unwrap_err();
    assert_eq!(problems[0].field, "grant_types");
    let client = app.client("open", metadata).await;
    client
        .post("/token", &[GRANT])
        .await
        .refused(400, "unauthorized_client");
}

/// AC-116: there is no user whom these scopes could be about.
#[tokio::test]
async fn scopes_about_a_user_are_not_given_without_a_user() {
    let app = TestApp::new().await;
    let metadata = Metadata {
        scope: "openid email offline_access roles api:read".to_owned(),
        ..profile(Profile::Service, Vec::new())
    };
    let service = app.client("mixed", metadata).await;
    let tokens = service.post("/token", &[GRANT]).await.tokens();
    assert_eq!(tokens.scope, "api:read");
    for scope in ["openid", "email", "api:read roles", "offline_access"] {
        service
            .post("/token", &[GRANT, ("scope", scope)])
            .await
            .refused(400, "invalid_scope");
    }
    app.userinfo(&tokens.access_token)
        .await
        .refused(403, "insufficient_scope");
}

/// RFC 9700 §4.15 · AC-118: a service can never be taken for a person.
#[tokio::test]
async fn a_client_identifier_never_has_the_form_of_a_user_identifier() {
    let app = TestApp::new().await;
    let alice = app.user(USERS[0].1).await;
    let metadata = profile(Profile::Service, Vec::new());
    let upper = alice.id.to_ascii_uppercase();
    let simple = alice.id.replace('-', "");
    let braced = format!("{{{}}}", alice.id);
    let long = "a".repeat(129);
    for id in [
        &alice.id, &upper, &simple, &braced, "", "a b", "a:b", "a%", "é", &long,
    ] {
        let problems = check(id, &metadata, &[]).unwrap_err();
        assert_eq!(problems[0].field, "client_id", "{id}");
    }
    for id in ["svc", "my-service_1.2", &"a".repeat(128)] {
        check(id, &metadata, &[]).unwrap();
    }
}

/// A client may not register what does not fit together.
#[test]
fn a_client_record_that_contradicts_itself_is_refused() {
    let base = || profile(Profile::Web, vec!["https://web.test/cb".to_owned()]);
    let cases: [(&str, Metadata); 7] = [
        (
            "redirect_uris",
            Metadata {
                redirect_uris: Vec::new(),
                ..base()
            },
        ),
        (
            "grant_types",
            Metadata {
                grant_types: vec!["authorization_code".to_owned(), "password".to_owned()],
                ..base()
            },
        ),
        (
            "token_endpoint_auth_method",
            Metadata {
                token_endpoint_auth_method: "private_key_jwt".to_owned(),
                ..base()
            },
        ),
        (
            "scope",
            Metadata {
                scope: "a \"b\"".to_owned(),
                ..base()
            },
        ),
        (
            "resources",
            Metadata {
                resources: vec!["https://api.test/#x".to_owned()],
                ..base()
            },
        ),
        (
            "id_token_signed_response_alg",
            Metadata {
                id_token_signed_response_alg: Some("none".to_owned()),
                ..base()
            },
        ),
        (
            "default_max_age",
            Metadata {
                default_max_age: Some(-1),
                ..base()
            },
        ),
    ];
    for (field, metadata) in cases {
        let problems = check("web", &metadata, &["RS256".to_owned()]).unwrap_err();
        assert_eq!(problems.iter().map(|p| p.field).collect::<Vec<_>>(), [field]);
    }
    assert_eq!(base().application_type, ApplicationType::Web);
    check("web", &base(), &["RS256".to_owned()]).unwrap();
}
