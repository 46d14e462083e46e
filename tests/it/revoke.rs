//! Token revocation (RFC 7009).

use crate::support::{TestApp, basic};
use keywright::storage::denied_tokens;

const OFFLINE: [(&str, &str); 1] = [("scope", "openid offline_access")];

/// RFC 7009 §2.1 · AC-129: with the refresh token goes everything; an access token goes alone.
#[tokio::test]
async fn a_refresh_token_takes_its_grant_along_and_an_access_token_goes_alone() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    for client in [app.web().await, app.spa().await, app.web_post().await] {
        let first = client.tokens(&mut alice, &OFFLINE).await;
        let second = client.refresh(&first.refresh_token.unwrap()).await.tokens();
        let answer = client.revoke(&first.access_token).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{}"));
        assert!(!client.is_family_alive(&first.access_token).await);
        assert!(client.is_family_alive(&second.access_token).await);

        let refresh_token = second.refresh_token.unwrap();
        let third = client.refresh(&refresh_token).await.tokens();
        let refresh_token = third.refresh_token.unwrap();
        assert_eq!(client.revoke(&refresh_token).await.status, 200);
        for token in [&second.access_token, &third.access_token] {
            assert!(!client.is_family_alive(token).await);
        }
        client.refresh(&refresh_token).await.refused(400, "invalid_grant");
        assert_eq!(client.revoke(&refresh_token).await.status, 200, "again");
    }
}

/// RFC 7009 §2.1: whoever holds an old refresh token and wants the family dead is right.
#[tokio::test]
async fn a_rotated_refresh_token_can_still_end_its_family() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let first = web.tokens(&mut app.alice().await, &[]).await;
    let refresh_token = first.refresh_token.unwrap();
    let second = web.refresh(&refresh_token).await.tokens();
    assert_eq!(web.revoke(&refresh_token).await.status, 200);
    assert!(!web.is_active(&second.access_token).await);
}

/// AC-129: a revoked access token stays dead until it would have expired, on every node and after clean-up.
#[tokio::test]
async fn a_revoked_access_token_never_comes_back() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let web = app.web().await;
    let grant = [("grant_type", "client_credentials")];
    let machine = service.post("/token", &grant).await.tokens().access_token;
    let person = web.tokens(&mut app.alice().await, &OFFLINE).await.access_token;
    service.revoke(&machine).await;
    web.revoke(&person).await;
    let node = app.another().await;
    for second in [0, 1, 897, 1, 1, 1, 9, 60] {
        app.clock.advance(second);
        keywright::jobs::remove_old_rows(&app.app).await.unwrap();
        for app in [&app, &node] {
            assert!(!service.on(app).is_active(&machine).await, "{second}");
            assert!(!web.on(app).is_active(&person).await, "{second}");
            assert_eq!(app.userinfo(&person).await.status, 401);
        }
    }
    app.clock.advance(3_600);
    keywright::jobs::remove_old_rows(&app.app).await.unwrap();
    let jti = app.claims(&machine, "at+jwt").text("jti").unwrap().to_owned();
    let denied = denied_tokens::contains(app.app.db.read(), &jti).await;
    assert!(!denied.unwrap(), "nothing is kept for ever");
}

/// A node whose clock is ahead removes the entry while another still takes the token.
#[tokio::test]
async fn a_denial_outlives_the_token_by_the_clock_difference_of_nodes() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let grant = [("grant_type", "client_credentials")];
    let token = service.post("/token", &grant).await.tokens().access_token;
    service.revoke(&token).await;
    app.clock.advance(905);
    keywright::jobs::remove_old_rows(&app.app).await.unwrap();
    app.clock.advance(-7);
    assert!(!service.is_active(&token).await);
}

/// RFC 7009 §2.1 · AC-130: another client's token is an unknown one, and stays alive.
#[tokio::test]
async fn the_token_of_another_client_is_not_touched() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let (evil, spa) = (app.evil().await, app.evil_spa().await);
    let rs = app.resource_server("rs", "https://id.example.test").await;
    let tokens = web.tokens(&mut app.alice().await, &OFFLINE).await;
    let refresh_token = tokens.refresh_token.unwrap();
    for thief in [&evil, &spa, &rs] {
        let unknown = thief.revoke("unknown").await;
        for token in [&tokens.access_token, &refresh_token] {
            assert_eq!(thief.revoke(token).await.same(), unknown.same(), "{}", thief.id);
        }
    }
    assert!(web.is_active(&tokens.access_token).await);
    web.refresh(&refresh_token).await.tokens();
}

/// RFC 7009 §2.2 · AC-131
#[tokio::test]
async fn an_unknown_token_is_no_error_and_a_wrong_hint_finds_it() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let id_token = web.tokens(&mut alice, &[]).await.id_token.unwrap();
    let code = web.code(&mut alice, &[]).await;
    for unknown in ["x", ".", "kw_rt_x", &id_token, &code] {
        assert_eq!(web.revoke(unknown).await.status, 200, "{unknown}");
    }
    web.redeem(&code).await.tokens();
    for hint in ["access_token", "refresh_token", "foo", "id_token"] {
        let tokens = web.tokens(&mut alice, &[]).await;
        let refresh_token = tokens.refresh_token.unwrap();
        for token in [&tokens.access_token, &refresh_token] {
            let form = [("token", token.as_str()), ("token_type_hint", hint)];
            assert_eq!(web.post("/revoke", &form).await.status, 200);
            assert!(!web.is_active(token).await, "{hint}");
        }
    }
}

/// RFC 7009 §2.1: authenticated, in the body, once.
#[tokio::test]
async fn a_revocation_must_be_well_formed_and_authenticated() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let tokens = web.tokens(&mut app.alice().await, &[]).await;
    let token = ("token", tokens.access_token.as_str());
    app.post("/revoke", &[token]).await.refused(401, "invalid_client");
    let named = [token, ("client_id", "web")];
    app.post("/revoke", &named).await.refused(401, "invalid_client");
    web.post("/revoke", &[]).await.refused(400, "invalid_request");
    web.post("/revoke", &[token, token])
        .await
        .refused(400, "invalid_request");
    let header = basic("web", web.secret.as_ref().unwrap());
    let path = format!("/revoke?token={}", tokens.access_token);
    app.post_as(&header, &path, &[])
        .await
        .refused(400, "invalid_request");
    assert!(web.is_active(&tokens.access_token).await);
    // Sign-out of single-page apps calls it across origins.
    let answer = web.revoke("x").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

/// RFC 7009 §2.2.1 · CVE-2020-15223 · AC-132: what was not stored is never confirmed.
#[tokio::test]
async fn a_revocation_that_was_not_stored_is_not_confirmed() {
    let app = TestApp::new().await;
    let (web, service) = (app.web().await, app.service().await);
    let tokens = web.tokens(&mut app.alice().await, &[]).await;
    let grant = [("grant_type", "client_credentials")];
    let machine = service.post("/token", &grant).await.tokens().access_token;
    let refresh_token = tokens.refresh_token.unwrap();
    let survivor = app.another().await;
    app.app.db.close().await;
    for (client, token) in [
        (&web, &refresh_token),
        (&web, &tokens.access_token),
        (&service, &machine),
    ] {
        let answer = client.revoke(token).await;
        answer.refused(503, "temporarily_unavailable");
        assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    }
    let web = web.on(&survivor);
    assert!(web.is_active(&tokens.access_token).await, "honestly still active");
    web.refresh(&refresh_token).await.tokens();
}
