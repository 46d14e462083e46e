//! OAuth 2.0 flows, each for the clients that it is for.

use super::parts;
use crate::device::{approve, begin, poll};
use crate::support::{TestApp, USERS};

/// Web apps, mobile apps, SPAs: public clients, proved by the verifier.
#[tokio::test]
async fn authorization_code_with_pkce() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    assert!(spa.secret.is_none());
    let mut alice = app.alice().await;
    let without = alice.get(&spa.authorize_url(&[("code_challenge", "")])).await;
    without.back_with("https://spa.test/cb", "invalid_request");
    let code = spa.code(&mut alice, &[]).await;
    let stolen = [("code_verifier", "a".repeat(43))];
    let stolen: Vec<(&str, &str)> = stolen
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    spa.redeem_with(&code, &stolen)
        .await
        .refused(400, "invalid_grant");
    let tokens = spa.redeem(&code).await.tokens();
    assert_eq!(
        app.userinfo(&tokens.access_token).await.json()["email"],
        USERS[0].1
    );
}

/// Service to service: confidential clients, no user.
#[tokio::test]
async fn client_credentials() {
    let app = TestApp::new().await;
    let grant = [("grant_type", "client_credentials"), ("scope", "api:read")];
    let service = app.service().await;
    let tokens = service.post("/token", &grant).await.tokens();
    let (_, claims) = parts(&tokens.access_token);
    assert_eq!(
        (&claims["sub"], &claims["scope"]),
        (&"svc".into(), &"api:read".into())
    );
    assert!(claims.get("email").is_none() && tokens.refresh_token.is_none());
    let public = app.spa().await;
    public
        .post("/token", &grant)
        .await
        .refused(400, "unauthorized_client");
}

/// Smart TVs, CLI tools: the person types a short code somewhere else.
#[tokio::test]
async fn device_code() {
    let app = TestApp::new().await;
    let tv = app.device().await;
    let codes = begin(&tv, &[("scope", "openid email")]).await;
    poll(&tv, &codes).await.refused(400, "authorization_pending");
    approve(&mut app.alice().await, &codes).await;
    app.clock.advance(5);
    let tokens = poll(&tv, &codes).await.tokens();
    assert_eq!(
        app.userinfo(&tokens.access_token).await.json()["email"],
        USERS[0].1
    );
    app.clock.advance(5);
    poll(&tv, &codes).await.refused(400, "invalid_grant");
}

/// Maintain a session without signing in again: all clients that act for a user.
#[tokio::test]
async fn refresh_token() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    for client in [app.web().await, app.spa().await, app.native().await] {
        let changes = [("scope", "openid email offline_access"), ("prompt", "consent")];
        let first = client.tokens(&mut alice, &changes).await;
        let refresh_token = first.refresh_token.unwrap();
        app.clock.advance(15 * 60);
        assert_eq!(app.userinfo(&first.access_token).await.status, 401);
        let second = client.refresh(&refresh_token).await.tokens();
        assert_eq!(
            app.userinfo(&second.access_token).await.status,
            200,
            "{}",
            client.id
        );
        assert_ne!(
            second.refresh_token.as_ref(),
            Some(&refresh_token),
            "{}",
            client.id
        );
    }
}
