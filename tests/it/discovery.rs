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
