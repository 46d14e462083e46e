//! What the device sees: the device authorization and token endpoints (RFC 8628 §3.1, §3.2, §3.4, §3.5).

use super::{Codes, GRANT_TYPE, approve, begin, decide, poll, type_code};
use crate::support::{Answer, RelyingParty, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::app::App;
use keywright::entropy::SystemEntropy;
use keywright::identity::event::Actor;
use keywright::identity::users;
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use keywright::secret::Secret;
use keywright::storage::purge;
use std::sync::Arc;
use tower::ServiceExt;

/// RFC 8628 §3.2, §6.1
#[tokio::test]
async fn a_device_is_told_what_to_show() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let answer = device
        .post("/device_authorization", &[("scope", "openid email")])
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("cache-control")),
        (200, "no-store")
    );
    let json = answer.json();
    let user_code = json["user_code"].as_str().unwrap();
    let (left, right) = user_code.split_once('-').unwrap();
    let letters = |part: &str| part.len() == 4 && part.chars().all(|c| "BCDFGHJKLMNPQRSTVWXZ".contains(c));
    assert!(letters(left) && letters(right), "{user_code}");
    assert!(json["device_code"].as_str().unwrap().starts_with("kw_dc_"));
    assert_eq!(json["verification_uri"], "https://id.example.test/device");
    assert_eq!(
        json["verification_uri_complete"],
        format!("https://id.example.test/device?user_code={user_code}")
    );
    assert_eq!(
        (json["expires_in"].as_i64(), json["interval"].as_i64()),
        (Some(600), Some(5))
    );
}

/// RFC 8628 §3.5 · AC-137
#[tokio::test]
async fn a_device_that_polls_too_fast_is_slowed_down_more_each_time() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let codes = begin(&device, &[]).await;
    for (wait, error) in [
        (0, "authorization_pending"),
        (5, "authorization_pending"),
        (4, "slow_down"),  // from now on every 10 seconds
        (9, "slow_down"),  // 15
        (14, "slow_down"), // 20
        (20, "authorization_pending"),
        (19, "slow_down"), // 25
        (25, "authorization_pending"),
    ] {
        app.clock.advance(wait);
        poll(&device, &codes).await.refused(400, error);
    }
    // The interval is known to every process.
    let second = App::build(app.app.config.clone(), app.clock.clone(), Arc::new(SystemEntropy))
        .await
        .unwrap();
    let second = keywright::http::router(&Arc::new(second));
    app.clock.advance(24);
    let body = format!(
        "grant_type={GRANT_TYPE}&device_code={}&client_id=dev",
        codes.device
    );
    let request = Request::post("/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    let answer = Answer::read(second.oneshot(request).await.unwrap()).await;
    answer.refused(400, "slow_down");
}

/// RFC 8628 §3.5 · AC-138
#[tokio::test]
async fn a_device_learns_of_denial_and_expiry() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let mut alice = app.alice().await;
    let codes = begin(&device, &[]).await;
    let page = type_code(&mut alice, &codes.user).await;
    decide(&mut alice, &page, "deny").await;
    poll(&device, &codes).await.refused(400, "access_denied");

    let (waiting, approved) = (begin(&device, &[]).await, begin(&device, &[]).await);
    approve(&mut alice, &approved).await;
    app.clock.advance(599);
    poll(&device, &waiting)
        .await
        .refused(400, "authorization_pending");
    app.clock.advance(1);
    for codes in [waiting, approved] {
        poll(&device, &codes).await.refused(400, "expired_token");
    }
    assert_eq!(app.count("grants").await, 0);
}

/// RFC 8628 §3.5 · AC-138: what is not a device code of this server, or was used up.
#[tokio::test]
async fn a_code_buys_tokens_once_and_a_replay_revokes_them() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let mut alice = app.alice().await;
    let codes = begin(&device, &[("scope", "openid email offline_access")]).await;
    approve(&mut alice, &codes).await;
    let tokens = poll(&device, &codes).await.tokens();
    let claims = app
        .app
        .keyring
        .set()
        .verify(&tokens.access_token, &["at+jwt"])
        .unwrap();
    let sub = app.user("alice@example.test").await.id;
    assert_eq!(claims.text("sub"), Some(sub.as_str()));
    let refresh_token = tokens.refresh_token.unwrap();

    let unknown = codes.device.replace("kw_dc_", "kw_ac_");
    let changed = format!("{}A", &codes.device[..codes.device.len() - 1]);
    for code in [
        "x",
        &unknown,
        &changed,
        &codes.user,
        &refresh_token,
        &tokens.access_token,
    ] {
        if code == codes.device {
            continue;
        }
        let form = [("grant_type", GRANT_TYPE), ("device_code", code)];
        device.post("/token", &form).await.refused(400, "invalid_grant");
    }
    let next = device.refresh(&refresh_token).await.tokens();
    poll(&device, &codes).await.refused(400, "invalid_grant");
    device
        .refresh(&next.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
    let userinfo = app
        .post("/userinfo", &[("access_token", &next.access_token)])
        .await;
    assert_eq!(userinfo.status, 401);
}

/// AC-139
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_polls_at_once_one_gets_tokens() {
    let app = Arc::new(TestApp::new().await);
    let device = app.device().await;
    let codes = begin(&device, &[]).await;
    approve(&mut app.alice().await, &codes).await;
    let polls: Vec<_> = (0..20)
        .map(|_| {
            let (app, code) = (Arc::clone(&app), codes.device.clone());
            tokio::spawn(async move {
                let form = [
                    ("grant_type", GRANT_TYPE),
                    ("device_code", code.as_str()),
                    ("client_id", "dev"),
                ];
                app.post("/token", &form).await
            })
        })
        .collect();
    let mut won = 0;
    for poll in polls {
        let answer = poll.await.unwrap();
        if answer.status == 200 {
            won += 1;
        } else {
            answer.refused(400, "invalid_grant");
        }
    }
    assert_eq!((won, app.count("grants").await), (1, 1));
}

/// RFC 8628 §3.4 · AC-140
#[tokio::test]
async fn a_code_belongs_to_its_client() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let other = app.client("tv", profile(Profile::Device, Vec::new())).await;
    let codes = begin(&device, &[]).await;
    poll(&other, &codes).await.refused(400, "invalid_grant");
    approve(&mut app.alice().await, &codes).await;
    poll(&other, &codes).await.refused(400, "invalid_grant");
    poll(&device, &codes).await.tokens();
}

/// CVE-2026-88770 · AC-145
#[tokio::test]
async fn a_user_who_is_gone_since_the_approval_buys_nothing() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let mut bob = app.bob().await;
    let (changed, disabled) = (begin(&device, &[]).await, begin(&device, &[]).await);
    approve(&mut bob, &changed).await;
    let user = app.user("bob@example.test").await;
    users::set_password(
        Actor::operator(&app.app),
        &user,
        Secret::new("another long password".to_owned()),
    )
    .await
    .unwrap();
    poll(&device, &changed).await.refused(400, "invalid_grant");

    approve(&mut app.alice().await, &disabled).await;
    app.disable_user("alice@example.test").await;
    poll(&device, &disabled).await.refused(400, "invalid_grant");
    assert_eq!(app.count("grants").await, 0);
}

/// AC-145: a client that is disabled gets no further.
#[tokio::test]
async fn a_client_that_is_disabled_since_the_approval_buys_nothing() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let codes = begin(&device, &[]).await;
    approve(&mut app.alice().await, &codes).await;
    app.disable_client("dev").await;
    poll(&device, &codes).await.refused(401, "invalid_client");
}

/// A device that is connected stays so when the browser signs out.
#[tokio::test]
async fn a_device_outlives_the_session_that_approved_it() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let mut alice = app.alice().await;
    let codes = begin(&device, &[]).await;
    approve(&mut alice, &codes).await;
    let tokens = poll(&device, &codes).await.tokens();
    let page = alice.get("/logout").await;
    let csrf = page.hidden("csrf").unwrap();
    alice
        .post("/logout", &[("csrf", &csrf), ("decision", "signout")])
        .await;
    let next = device.refresh(&tokens.refresh_token.unwrap()).await.tokens();
    let userinfo = app
        .post("/userinfo", &[("access_token", &next.access_token)])
        .await;
    assert_eq!(userinfo.status, 200);
}

/// RFC 8628 §3.1 · AC-146, AC-147
#[tokio::test]
async fn a_device_authorization_is_refused_as_at_the_token_endpoint() {
    let app = TestApp::new().await;
    let (device, spa) = (app.device().await, app.spa().await);
    let kiosk = Metadata {
        token_endpoint_auth_method: "client_secret_basic".to_owned(),
        ..profile(Profile::Device, Vec::new())
    };
    let kiosk = app.client("kiosk", kiosk).await;
    let post = async |client: &RelyingParty<'_>, form: &[(&str, &str)]| {
        client.post("/device_authorization", form).await
    };
    post(&spa, &[]).await.refused(400, "unauthorized_client");
    post(&device, &[("scope", "openid admin")])
        .await
        .refused(400, "invalid_scope");
    post(&device, &[("scope", "openid \"")])
        .await
        .refused(400, "invalid_scope");
    post(&device, &[("resource", "https://api.test/")])
        .await
        .refused(400, "invalid_target");
    post(&device, &[("scope", "openid"), ("scope", "openid")])
        .await
        .refused(400, "invalid_request");
    for form in [
        &[("client_id", "kiosk")][..],
        &[("client_id", "kiosk"), ("client_secret", "x")],
        &[("client_id", "does-not-exist")],
        &[],
    ] {
        let answer = app.post("/device_authorization", form).await;
        answer.refused(401, "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic "));
    }
    app.disable_client("dev").await;
    post(&device, &[]).await.refused(401, "invalid_client");
    assert_eq!(app.count("device_codes").await, 0);
    begin(&kiosk, &[]).await;
}

/// RFC 6749 §3.2 · RFC 8628 §3.4
#[tokio::test]
async fn a_poll_needs_one_device_code() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let codes = begin(&device, &[]).await;
    let none = [("grant_type", GRANT_TYPE)];
    device.post("/token", &none).await.refused(400, "invalid_request");
    let two = [
        ("grant_type", GRANT_TYPE),
        ("device_code", codes.device.as_str()),
        ("device_code", "x"),
    ];
    device.post("/token", &two).await.refused(400, "invalid_request");
}

/// AC-148: codes that nobody used do not stay.
#[tokio::test]
async fn codes_that_have_expired_are_purged() {
    let app = TestApp::new().await;
    let device = app.device().await;
    for _ in 0..20 {
        begin(&device, &[]).await;
    }
    app.clock.advance(600 + 3_600);
    purge::batch(&app.app.db, app.now()).await.unwrap();
    assert_eq!(
        app.count("device_codes").await,
        20,
        "a late poll still learns why"
    );
    app.clock.advance(1);
    purge::batch(&app.app.db, app.now()).await.unwrap();
    assert_eq!(app.count("device_codes").await, 0);
}

/// What a device gets without asking for a scope, and what it asks for.
#[tokio::test]
async fn a_device_gets_the_scope_that_was_shown() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let mut alice = app.alice().await;
    for (form, scope, refreshes) in [
        (&[][..], "openid", true),
        (&[("scope", "openid email")], "email openid", true),
    ] {
        let codes: Codes = begin(&device, form).await;
        approve(&mut alice, &codes).await;
        let tokens = poll(&device, &codes).await.tokens();
        assert_eq!(
            (tokens.scope.as_str(), tokens.refresh_token.is_some()),
            (scope, refreshes)
        );
        assert!(tokens.id_token.is_some());
    }
}
