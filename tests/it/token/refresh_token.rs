//! `grant_type=refresh_token` (RFC 6749 §6): whose it is, what it gives, what ends it. Replays are in `rotation`.

use crate::support::{RelyingParty, TestApp, USERS};
use keywright::config::Config;
use keywright::oauth::client::Metadata;
use keywright::storage::consents;
use keywright::time::Seconds;

const OFFLINE: [(&str, &str); 1] = [("scope", "openid email offline_access")];

/// RFC 6749 §6 · RFC 9700 §4.14.2 · AC-082 · protocol-checks C1-37
#[tokio::test]
async fn a_refresh_gives_new_tokens_of_the_same_scope() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    for client in [app.spa().await, app.web().await, app.web_post().await] {
        let first = client.tokens(&mut alice, &[]).await;
        app.clock.advance(1);
        let answer = client.refresh(first.refresh_token.as_ref().unwrap()).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.json()["token_type"], "Bearer");
        assert_eq!(answer.json()["expires_in"], 900);
        let second = answer.tokens();
        assert_ne!(
            first.refresh_token, second.refresh_token,
            "rotation is for every client"
        );
        assert_ne!(first.access_token, second.access_token);
        assert_eq!(first.scope, second.scope);
        app.userinfo(&second.access_token).await.json()["sub"]
            .as_str()
            .unwrap();
    }
}

/// OIDC Core §12.2 · protocol-checks C1-37
#[tokio::test]
async fn the_id_token_of_a_refresh_tells_of_the_same_sign_in() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let first = web.tokens(&mut app.alice().await, &[]).await;
    app.clock.advance(5);
    let second = web.refresh(&first.refresh_token.unwrap()).await.tokens();
    let first = app.claims(&first.id_token.unwrap(), "JWT");
    let second = app.claims(&second.id_token.unwrap(), "JWT");
    for name in ["iss", "sub", "aud", "azp", "auth_time", "acr", "amr", "sid"] {
        assert_eq!(first.members()[name], second.members()[name], "{name}");
    }
    assert_eq!(
        (first.text("nonce"), second.text("nonce")),
        (Some("the-nonce"), None)
    );
    let time = |claims: &keywright::jose::Claims, name| claims.time(name).unwrap().unwrap();
    assert_eq!(time(&second, "iat").since(time(&first, "iat")), Seconds(5));
    assert_eq!(time(&second, "exp").since(time(&first, "exp")), Seconds(5));
}

/// RFC 6749 §6 · RFC 9700 §4.14 · AC-090: the token of one client is nothing to another, and is not hurt by the try.
#[tokio::test]
async fn a_refresh_token_is_good_for_its_own_client_only() {
    let app = TestApp::new().await;
    let (web, spa) = (app.web().await, app.spa().await);
    let (evil, evil_spa) = (app.evil().await, app.evil_spa().await);
    let mut alice = app.alice().await;
    for victim in [&web, &spa] {
        let tokens = victim.tokens(&mut alice, &[]).await;
        let refresh_token = tokens.refresh_token.unwrap();
        evil.refresh(&refresh_token).await.refused(400, "invalid_grant");
        evil_spa
            .refresh(&refresh_token)
            .await
            .refused(400, "invalid_grant");
        assert!(victim.is_family_alive(&tokens.access_token).await);
        victim.refresh(&refresh_token).await.tokens();
    }
    // A confidential client without its secret.
    let refresh_token = web.tokens(&mut alice, &[]).await.refresh_token.unwrap();
    let nobody = RelyingParty {
        secret: None,
        ..web.on(&app)
    };
    nobody
        .refresh(&refresh_token)
        .await
        .refused(401, "invalid_client");
    web.refresh(&refresh_token).await.tokens();
}

/// RFC 6749 §6 · OAuth 2.1 §4.3.1 · AC-091
#[tokio::test]
async fn a_refresh_narrows_the_access_token_and_never_the_grant() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let tokens = spa
        .tokens(&mut app.alice().await, &[("scope", "openid email profile")])
        .await;
    let refresh = async |token: &str, scope: &str| {
        spa.post(
            "/token",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("scope", scope),
            ],
        )
        .await
    };
    let current = tokens.refresh_token.unwrap();
    for wider in [
        "openid email profile phone",
        "phone",
        "openid admin",
        "openid \"",
        "openid\\",
        "openid\temail",
    ] {
        refresh(&current, wider).await.refused(400, "invalid_scope");
    }
    let narrow = refresh(&current, "openid profile").await.tokens();
    assert_eq!(narrow.scope, "openid profile");
    assert!(app.claims(&narrow.access_token, "at+jwt").text("email").is_none());
    let current = narrow.refresh_token.unwrap();
    // Without openid there is no ID token; the grant keeps it.
    let no_id = refresh(&current, "email").await.tokens();
    assert_eq!((no_id.scope.as_str(), no_id.id_token), ("email", None));
    let whole = spa.refresh(&no_id.refresh_token.unwrap()).await.tokens();
    assert_eq!(whole.scope, "email openid profile");
    assert!(whole.id_token.is_some());
}

/// AC-092: each of these ends the family, for good, with the access tokens that are out.
#[tokio::test]
async fn a_refresh_token_dies_with_what_it_rests_on() {
    for (what, status, error) in [
        ("user disabled", 400, "invalid_grant"),
        ("user disabled and enabled", 400, "invalid_grant"),
        ("user deleted", 400, "invalid_grant"),
        ("password changed", 400, "invalid_grant"),
        ("consent revoked", 400, "invalid_grant"),
        ("client disabled", 401, "invalid_client"),
    ] {
        let app = TestApp::new().await;
        let web = app.web().await;
        let mut alice = app.alice().await;
        let tokens = web.tokens(&mut alice, &OFFLINE).await;
        match what {
            "user disabled" => app.set_alice_disabled(true).await,
            "user disabled and enabled" => {
                app.set_alice_disabled(true).await;
                app.set_alice_disabled(false).await;
                let answer = alice.get(&web.authorize_url(&[])).await;
                assert!(answer.location().contains("/login"), "the session has ended too");
            }
            "user deleted" => app.delete_alice().await,
            "password changed" => app.change_password_of_alice().await,
            "consent revoked" => app.revoke_consent_of_alice("web").await,
            _ => app.set_client_disabled("web", true).await,
        }
        let answer = web.refresh(&tokens.refresh_token.unwrap()).await;
        assert_eq!(answer.json()["error"], error, "{what}");
        answer.refused(status, error);
        app.userinfo(&tokens.access_token)
            .await
            .refused(401, "invalid_token");
    }
}

/// AC-092: what the operator takes from a client is taken from its grants too.
#[tokio::test]
async fn a_scope_taken_from_the_client_is_not_given_any_more() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let tokens = web.tokens(&mut app.alice().await, &OFFLINE).await;
    let fewer = Metadata {
        scope: "openid email".to_owned(),
        ..web.metadata.clone()
    };
    app.change_client("web", &fewer).await;
    web.refresh(&tokens.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
}

/// RFC 6749 §5.2: a client that lost the grant type.
#[tokio::test]
async fn a_client_without_the_grant_cannot_refresh() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let tokens = web.tokens(&mut app.alice().await, &OFFLINE).await;
    let fewer = Metadata {
        grant_types: vec!["authorization_code".to_owned()],
        ..web.metadata.clone()
    };
    app.change_client("web", &fewer).await;
    web.refresh(&tokens.refresh_token.unwrap())
        .await
        .refused(400, "unauthorized_client");
}

/// OIDC Core §11: without offline_access, access ends with the browser session.
#[tokio::test]
async fn only_offline_access_outlives_the_browser_session() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let online = web.tokens(&mut alice, &[]).await;
    let offline = web.tokens(&mut alice, &OFFLINE).await;
    app.sign_out_alice().await;
    web.refresh(&online.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
    app.userinfo(&online.access_token)
        .await
        .refused(401, "invalid_token");
    let offline = web.refresh(&offline.refresh_token.unwrap()).await.tokens();

    // The session's absolute end does the same as signing out.
    let online = web.tokens(&mut app.alice().await, &[]).await;
    app.clock.advance(6 * 86_400);
    let online = web.refresh(&online.refresh_token.unwrap()).await.tokens();
    let offline = web.refresh(&offline.refresh_token.unwrap()).await.tokens();
    app.clock.advance(86_400);
    web.refresh(&online.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
    // Unused for less than seven days.
    app.clock.advance(-1);
    web.refresh(&offline.refresh_token.unwrap()).await.tokens();
}

/// AC-093 · ASVS 10.4.8: a week without use, thirty days in any case.
#[tokio::test]
async fn a_family_ends_when_idle_and_at_its_absolute_end() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let idle = web.tokens(&mut alice, &OFFLINE).await.refresh_token.unwrap();
    let mut used = web.tokens(&mut alice, &OFFLINE).await.refresh_token.unwrap();
    for _ in 0..4 {
        app.clock.advance(7 * 86_400 - 1);
        used = web.refresh(&used).await.tokens().refresh_token.unwrap();
    }
    web.refresh(&idle).await.refused(400, "invalid_grant");
    app.clock.advance(2 * 86_400 + 3);
    used = web.refresh(&used).await.tokens().refresh_token.unwrap();
    app.clock.advance(1);
    web.refresh(&used).await.refused(400, "invalid_grant");
}

/// The idle limit is exact.
#[tokio::test]
async fn an_unused_refresh_token_is_good_until_its_last_second() {
    let app = TestApp::with(|config: &mut Config| config.tokens.refresh_token_idle = Seconds(100)).await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let (one, two) = (
        web.tokens(&mut alice, &OFFLINE).await,
        web.tokens(&mut alice, &OFFLINE).await,
    );
    app.clock.advance(99);
    web.refresh(&one.refresh_token.unwrap()).await.tokens();
    app.clock.advance(1);
    web.refresh(&two.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
}

/// RFC 8725 §3.12 · AC-094: one kind of token is never taken for another.
#[tokio::test]
async fn other_tokens_are_not_refresh_tokens_and_the_reverse() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let tokens = web.tokens(&mut alice, &[]).await;
    let code = web.code(&mut alice, &[]).await;
    let session = alice.cookies["__Host-kw-session"].clone();
    let secret = web.secret.clone().unwrap();
    let id_token = tokens.id_token.as_ref().unwrap();
    for other in [&tokens.access_token, id_token, &code, &session, &secret] {
        web.refresh(other).await.refused(400, "invalid_grant");
    }
    let refresh_token = tokens.refresh_token.unwrap();
    for other in [id_token, &refresh_token, &code, &session, &secret] {
        app.userinfo(other).await.refused(401, "invalid_token");
    }
    for other in [&tokens.access_token, id_token, &refresh_token, &session] {
        web.redeem(other).await.refused(400, "invalid_grant");
    }
    web.refresh(&refresh_token).await.tokens();
}

/// A consent that is forgotten without ending its grants is asked for again, and changes no refresh.
#[tokio::test]
async fn forgetting_a_consent_is_not_revoking_it() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let tokens = web.tokens(&mut alice, &OFFLINE).await;
    let user = app.user(USERS[0].1).await;
    consents::delete(app.app.db.write(), &user.id, "web")
        .await
        .unwrap();
    let answer = alice.get(&web.authorize_url(&OFFLINE)).await;
    assert!(answer.location().contains("/consent?"));
    web.refresh(&tokens.refresh_token.unwrap()).await.tokens();
}
