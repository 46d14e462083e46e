//! `grant_type=client_credentials` (RFC 6749 §4.4).

use crate::support::TestApp;

/// RFC 6749 §4.4 · RFC 9068 §2
#[tokio::test]
async fn a_service_gets_a_signed_token_for_its_own_scope() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let answer = service
        .post(
            "/token",
            &[("grant_type", "client_credentials"), ("scope", "api:read")],
        )
        .await;
    let tokens = answer.tokens();
    assert_eq!(tokens.scope, "api:read");
    assert_eq!((tokens.refresh_token, tokens.id_token), (None, None));
    let claims = app
        .app
        .keyring
        .set()
        .verify(&tokens.access_token, &["at+jwt"])
        .unwrap();
    assert_eq!(claims.text("sub"), Some("svc"));
    assert_eq!(answer.json()["expires_in"], 900);
}
