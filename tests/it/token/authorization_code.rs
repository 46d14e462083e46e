//! `grant_type=authorization_code` (RFC 6749 §4.1.3) and its replay.

use crate::support::TestApp;

/// RFC 6749 §4.1 · OIDC Core §3.1
#[tokio::test]
async fn a_code_buys_tokens_once_for_a_user_who_signed_in_and_consented() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let mut browser = app.browser();
    let to_login = browser.get(&spa.authorize_url(&[])).await;
    let login = browser.follow(&to_login).await;
    let to_consent = browser
        .submit_login(&login, "alice@example.test", "correct horse battery")
        .await;
    let consent = browser.follow(&to_consent).await;
    let back = browser.decide(&consent, "allow").await;
    assert_eq!(back.all_returned(), ["code", "state", "iss"]);
    let tokens = spa.redeem(&back.returned("code").unwrap()).await.tokens();
    let claims = app
        .app
        .keyring
        .set()
        .verify(&tokens.id_token.unwrap(), &["JWT"])
        .unwrap();
    assert_eq!(claims.text("nonce"), Some("the-nonce"));
    assert_eq!(
        claims.text("sub"),
        Some(app.user("alice@example.test").await.id.as_str())
    );
}

/// RFC 6749 §4.1.2 · AC-042
#[tokio::test]
async fn a_replayed_code_revokes_its_tokens() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let code = web.code(&mut alice, &[]).await;
    let first = web.redeem(&code).await.tokens();
    assert_eq!(web.introspect(&first.access_token).await["active"], true);

    web.redeem(&code).await.refused(400, "invalid_grant");
    assert_eq!(web.introspect(&first.access_token).await["active"], false);
    web.refresh(&first.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
}
