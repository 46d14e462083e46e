//! Provider metadata and JWKS.

use crate::support::TestApp;

/// OIDC Discovery §4 · RFC 8414 §3
#[tokio::test]
async fn both_well_known_paths_serve_the_same_metadata() {
    let app = TestApp::new().await;
    let oidc = app.get("/.well-known/openid-configuration").await;
    let oauth = app.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(oidc.body, oauth.body);
    assert_eq!(oidc.json()["issuer"], "https://id.example.test");
    assert_eq!(oidc.json()["id_token_signing_alg_values_supported"][0], "RS256");
    assert_eq!(oidc.header("content-type"), "application/json");
}

/// RFC 8414 §3.1 · OIDC Discovery §4.1
#[tokio::test]
async fn an_issuer_with_a_path_answers_at_all_path_forms() {
    let app = TestApp::with(|config| {
        config.public_url = keywright::config::Issuer::parse("https://example.test/id").unwrap();
    })
    .await;
    for path in [
        "/id/.well-known/openid-configuration",
        "/id/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/id",
        "/.well-known/openid-configuration/id",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.json()["issuer"], "https://example.test/id", "{path}");
        assert_eq!(
            answer.json()["token_endpoint"],
            "https://example.test/id/token",
            "{path}"
        );
    }
    assert_eq!(app.get("/id").await.status, 200);
    assert_eq!(app.get("/id/login").await.status, 200);
}
