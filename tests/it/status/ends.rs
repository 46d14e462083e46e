//! Every way in which a token ends is in the list, and what has not ended is not.

use super::FRESH;
use crate::auth::{post, refresh, sign_in};
use crate::support::{TestApp, USERS};
use axum::http::header;
use keywright::identity::event::Actor;
use keywright::oauth::client;
use keywright::storage::clients;

const OFFLINE: [(&str, &str); 1] = [("scope", "openid offline_access")];

/// The guide: signed out, the access token is refused, at resource servers too.
#[tokio::test]
async fn a_sign_out_by_json_is_told_with_all_tokens_of_the_sign_in() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let first = sign_in(&mut browser).await.access_token();
    let second = refresh(&mut browser).await.access_token();
    let mut elsewhere = app.browser();
    let other = sign_in(&mut elsewhere).await.access_token();
    assert_eq!(app.have_ended(&[&first, &second, &other]).await, [false; 3]);
    let mut logout = post("/auth/logout", "{}");
    let bearer = format!("Bearer {second}").parse().unwrap();
    logout.headers_mut().insert(header::AUTHORIZATION, bearer);
    assert_eq!(browser.send(logout).await.status, 204);
    assert_eq!(
        app.have_ended(&[&first, &second, &other]).await,
        [true, true, false]
    );
}

/// RFC 7009 §2.1
#[tokio::test]
async fn a_revoked_refresh_token_takes_all_access_tokens_of_its_family_along() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let first = web.tokens(&mut alice, &OFFLINE).await;
    let second = web.refresh(&first.refresh_token.unwrap()).await.tokens();
    let other = web.tokens(&mut alice, &OFFLINE).await.access_token;
    let tokens = [&*first.access_token, &second.access_token, &other];
    assert_eq!(app.have_ended(&tokens).await, [false; 3]);
    web.revoke(&second.refresh_token.unwrap()).await;
    assert_eq!(app.have_ended(&tokens).await, [true, true, false]);
}

/// RFC 7009 §2.1: the access token goes alone, here. To resource servers its family has one index, so what was given
/// before goes with it; what is given afterwards is good, until the grant ends in turn.
#[tokio::test]
async fn a_denied_access_token_takes_its_elder_siblings_along_and_no_later_one() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let first = web.tokens(&mut app.alice().await, &OFFLINE).await;
    app.clock.advance(600);
    let second = web.refresh(&first.refresh_token.unwrap()).await.tokens();
    web.revoke(&first.access_token).await;
    let third = web.refresh(&second.refresh_token.unwrap()).await.tokens();
    let tokens = [&*first.access_token, &second.access_token, &third.access_token];
    assert_eq!(app.have_ended(&tokens).await, [true, true, false]);
    assert!(web.is_active(&second.access_token).await, "here it goes on");
    web.revoke(&third.refresh_token.unwrap()).await;
    assert_eq!(app.have_ended(&tokens).await, [true; 3]);
    // The denial of the first token is over by now, the second one is not.
    app.clock.advance(600);
    keywright::jobs::remove_old_rows(&app.app).await.unwrap();
    assert_eq!(app.have_ended(&tokens[1..]).await, [true; 2]);
}

/// AC-129
#[tokio::test]
async fn a_denied_token_of_a_service_is_told_alone() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let (one, two) = (service.machine_token().await, service.machine_token().await);
    service.revoke(&one).await;
    assert_eq!(app.have_ended(&[&one, &two]).await, [true, false]);
    let again = app.another().await;
    assert_eq!(
        again.have_ended(&[&one, &two]).await,
        [true, false],
        "after a restart"
    );
}

#[tokio::test]
async fn the_end_of_a_session_is_told_but_for_what_outlives_it() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let mut elsewhere = app.alice().await;
    let online = web.tokens(&mut alice, &[]).await.access_token;
    let offline = web.tokens(&mut alice, &OFFLINE).await.access_token;
    let other = web.tokens(&mut elsewhere, &[]).await.access_token;
    let tokens = [&*online, &offline, &other];
    assert_eq!(app.have_ended(&tokens).await, [false; 3]);
    let page = alice.get("/logout").await;
    let csrf = page.hidden("csrf").unwrap();
    alice
        .post("/logout", &[("csrf", &csrf), ("decision", "signout")])
        .await;
    assert_eq!(app.have_ended(&tokens).await, [true, false, false]);
}

#[tokio::test]
async fn a_session_that_runs_out_is_told() {
    let app = TestApp::with(|config| config.sessions.absolute = keywright::time::Seconds(600)).await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    app.clock.advance(500);
    let online = web.tokens(&mut alice, &[]).await.access_token;
    assert_eq!(app.have_ended(&[&online]).await, [false]);
    app.clock.advance(100);
    keywright::jobs::remove_old_rows(&app.app).await.unwrap();
    assert_eq!(app.have_ended(&[&online]).await, [true]);
    assert!(!web.is_active(&online).await);
}

#[tokio::test]
async fn a_disabled_changed_or_removed_user_is_told() {
    for end in ["disabled", "changed", "removed"] {
        let app = TestApp::new().await;
        let web = app.web().await;
        let alice = web.tokens(&mut app.alice().await, &OFFLINE).await.access_token;
        let bob = web.tokens(&mut app.bob().await, &OFFLINE).await.access_token;
        let tokens = [&*alice, &bob];
        assert_eq!(app.have_ended(&tokens).await, [false; 2]);
        match end {
            "disabled" => app.set_alice_disabled(true).await,
            "changed" => app.change_password_of_alice().await,
            _ => {
                let user = app.user(USERS[0].1).await;
                keywright::identity::users::remove(Actor::operator(&app.app), &user)
                    .await
                    .unwrap();
            }
        }
        assert_eq!(app.have_ended(&tokens).await, [true, false], "{end}");
        if end == "disabled" {
            app.set_alice_disabled(false).await; // brings nothing back
        }
        assert_eq!(app.have_ended(&tokens).await, [true, false], "{end}");
    }
}

#[tokio::test]
async fn a_disabled_or_removed_client_is_told_with_the_tokens_that_have_no_row() {
    let app = TestApp::new().await;
    let (service, web) = (app.service().await, app.web().await);
    let mut tokens = vec![web.tokens(&mut app.alice().await, &OFFLINE).await.access_token];
    for _ in 0..100 {
        tokens.push(service.machine_token().await);
    }
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let of_service = |ended: Vec<bool>| {
        assert!(!ended[0]);
        ended[1..].to_vec()
    };
    assert_eq!(of_service(app.have_ended(&tokens).await), [false; 100]);
    app.set_client_disabled("svc", true).await;
    assert_eq!(of_service(app.have_ended(&tokens).await), [true; 100]);
    app.set_client_disabled("svc", false).await;
    assert_eq!(of_service(app.have_ended(&tokens).await), [false; 100]);
    assert!(client::remove(&app.app, "svc").await.unwrap());
    assert!(!client::remove(&app.app, "svc").await.unwrap());
    assert_eq!(of_service(app.have_ended(&tokens).await), [true; 100]);
    assert!(client::remove(&app.app, "web").await.unwrap());
    assert_eq!(app.have_ended(&tokens[..1]).await, [true]);
    assert!(clients::find(app.app.db.read(), "web").await.unwrap().is_none());
}

/// The end of a client that was removed is not that of another one with its name.
#[tokio::test]
async fn a_client_that_is_added_again_begins_anew() {
    let app = TestApp::new().await;
    let old = app.service().await.machine_token().await;
    assert!(client::remove(&app.app, "svc").await.unwrap());
    app.clock.advance(1);
    let new = app.service().await.machine_token().await;
    assert_eq!(app.have_ended(&[&old, &new]).await, [true, false]);
}

/// RFC 6749 §4.1.2 · RFC 9700 §4.14.2: what a replay ends is told.
#[tokio::test]
async fn a_replay_is_told() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &OFFLINE).await;
    let bought = web.redeem(&code).await.tokens().access_token;
    assert_eq!(app.have_ended(&[&bought]).await, [false]);
    web.redeem(&code).await.refused(400, "invalid_grant");
    assert_eq!(app.have_ended(&[&bought]).await, [true]);
}

/// Nothing is told for ever: when no token can be alive any more, the list is empty again, and then gone.
#[tokio::test]
async fn a_list_is_empty_when_the_last_token_has_expired_and_gone_when_none_can_come() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let token = service.machine_token().await;
    service.revoke(&token).await;
    assert_eq!(app.have_ended(&[&token]).await, [true]);
    app.clock.advance(3_600);
    keywright::jobs::remove_old_rows(&app.app).await.unwrap();
    assert_eq!(app.have_ended(&[&token]).await, [false]);
    app.clock.advance(3_600);
    let (path, _) = super::reference(&app, &token);
    assert_eq!(app.get(&path).await.status, 404);
    let next = service.machine_token().await;
    app.clock.advance(FRESH);
    assert_eq!(app.have_ended(&[&next]).await, [false]);
}
