//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693), for API keys.

use crate::support::keys::{HERE, gateway, owner, with_api};
use crate::support::{API, Answer, RelyingParty, TestApp, USERS};
use keywright::oauth::api_key::TOKEN_TYPE;
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::check;
use keywright::oauth::token::grants::TOKEN_EXCHANGE;

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

impl RelyingParty<'_> {
    /// Exchanges a key; a value of `changes` replaces, an empty one removes.
    pub async fn exchange(&self, key: &str, changes: &[(&str, &str)]) -> Answer {
        let mut form = vec![
            ("grant_type", TOKEN_EXCHANGE),
            ("subject_token", key),
            ("subject_token_type", TOKEN_TYPE),
        ];
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            form.push((name, value));
        }
        form.retain(|(_, value)| !value.is_empty());
        self.post("/token", &form).await
    }
}

/// RFC 8693 §2.2.1 · RFC 9068 §2.2
#[tokio::test]
async fn a_key_becomes_a_short_signed_token_for_its_resource() {
    let app = TestApp::with(with_api).await;
    let gateway = app.client("gateway", gateway()).await;
    let alice = app.user(USERS[0].1).await.id;
    let key = app.key_of_alice("email roles notes:read", API).await;
    let answer = gateway.exchange(&key, &[]).await;
    let told = answer.json();
    assert_eq!(told["issued_token_type"], ACCESS_TOKEN);
    assert_eq!(
        (&told["token_type"], &told["expires_in"]),
        (&"Bearer".into(), &300.into())
    );
    let tokens = answer.tokens();
    assert_eq!((tokens.refresh_token, tokens.id_token), (None, None));
    assert_eq!(tokens.scope, "email notes:read roles");
    let claims = app.claims(&tokens.access_token, "at+jwt");
    for (name, value) in [
        ("iss", HERE),
        ("sub", &alice),
        ("aud", API),
        ("client_id", "gateway"),
        ("scope", "email notes:read roles"),
        ("email", USERS[0].1),
    ] {
        assert_eq!(claims.text(name), Some(value), "{name}");
    }
    let members = claims.into_members();
    assert_eq!(
        members["exp"].as_i64().unwrap() - members["iat"].as_i64().unwrap(),
        300
    );
    for absent in ["acr", "amr", "auth_time", "sid", "groups"] {
        assert!(!members.contains_key(absent), "{absent}");
    }
    let row = app.stored_key(&alice).await;
    assert_eq!(row.last_used_at, Some(app.now().0));
    // It can be used at the resource server and at proxies for this audience.
    let rs = app.resource_server("rs", API).await;
    let told = rs.introspect(&tokens.access_token).await;
    assert_eq!(
        (told["active"].as_bool(), told["sub"].as_str()),
        (Some(true), Some(alice.as_str()))
    );
    let answer = app
        .verify(
            &tokens.access_token,
            &format!("?audience={API}&role=member&scope=notes:read"),
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-auth-email")),
        (200, USERS[0].1)
    );
    app.userinfo(&tokens.access_token)
        .await
        .refused(403, "insufficient_scope");
}

/// RFC 8693 §2.1: never more than the key, the client and the question have.
#[tokio::test]
async fn the_token_is_never_more_than_the_key() {
    let app = TestApp::with(with_api).await;
    let metadata = Metadata {
        scope: "notes:read notes:write roles openid offline_access".to_owned(),
        ..gateway()
    };
    let gateway = app.client("gateway", metadata).await;
    let key = app.key_of_alice("email notes:read roles", API).await;
    let all = gateway.exchange(&key, &[]).await.tokens();
    assert_eq!(
        all.scope, "notes:read roles",
        "email is not registered for the client"
    );
    let narrow = gateway.exchange(&key, &[("scope", "notes:read")]).await.tokens();
    assert_eq!(narrow.scope, "notes:read");
    let claims = app.claims(&narrow.access_token, "at+jwt");
    assert_eq!(
        (claims.text("scope"), claims.text("email")),
        (Some("notes:read"), None)
    );
    for scope in [
        "notes:write",
        "notes:read notes:write",
        "email",
        "openid",
        "offline_access",
        "a\"b",
    ] {
        let answer = gateway.exchange(&key, &[("scope", scope)]).await;
        answer.refused(400, "invalid_scope");
    }
    for (name, value) in [
        ("resource", "https://api2.test"),
        ("audience", "https://api2.test"),
        ("resource", HERE),
    ] {
        gateway
            .exchange(&key, &[(name, value)])
            .await
            .refused(400, "invalid_target");
    }
    let both = [("resource", API), ("audience", API)];
    assert_eq!(gateway.exchange(&key, &both).await.status, 200);
}

/// A token never outlives its key.
#[tokio::test]
async fn the_token_ends_with_the_key_at_the_latest() {
    let app = TestApp::with(with_api).await;
    let gateway = app.client("gateway", gateway()).await;
    let key = app.key_of_alice("notes:read", API).await;
    app.clock.advance(45 * 86_400);
    assert_eq!(gateway.exchange(&key, &[]).await.status, 200);
    app.clock.advance(45 * 86_400 - 60);
    let answer = gateway.exchange(&key, &[]).await;
    assert_eq!(answer.json()["expires_in"], 60);
}

/// AC-123: with the key goes what was made from it, at our own endpoints.
#[tokio::test]
async fn a_token_is_dead_where_we_are_asked_once_its_key_is() {
    for what in [
        "revoked",
        "user disabled",
        "user deleted",
        "gateway disabled",
        "token revoked",
    ] {
        let app = TestApp::with(with_api).await;
        let (gateway, rs) = (
            app.client("gateway", gateway()).await,
            app.resource_server("rs", API).await,
        );
        let key = app.key_of_alice("notes:read", API).await;
        let token = gateway.exchange(&key, &[]).await.tokens().access_token;
        assert!(rs.is_active(&token).await);
        match what {
            "revoked" => app.revoke_key_of_alice().await,
            "user disabled" => app.set_alice_disabled(true).await,
            "user deleted" => app.delete_alice().await,
            "gateway disabled" => app.disable_client("gateway").await,
            _ => assert_eq!(gateway.revoke(&token).await.status, 200),
        }
        assert!(!rs.is_active(&token).await, "{what}");
        app.verify(&token, &format!("?audience={API}"))
            .await
            .problem(401, "invalid_token");
        let goes_on = gateway.exchange(&key, &[]).await.status == 200;
        assert_eq!(goes_on, what == "token revoked", "{what}");
    }
}

/// AC-123 · RFC 8693 §2.2.2: what is no good key, in whatever way, is `invalid_request`, always in the same words.
#[tokio::test]
async fn what_is_not_a_good_key_is_refused_in_one_way() {
    let app = TestApp::with(with_api).await;
    let gateway = app.client("gateway", gateway()).await;
    let web = app.web().await;
    let session = web.tokens(&mut app.alice().await, &[]).await;
    let key = app.key_of_alice("notes:read", API).await;
    let elsewhere = app.key_of_alice("notes:read", HERE).await;
    let unsigned = format!("{}.", session.access_token.rsplit_once('.').unwrap().0);
    let expected = {
        let answer = gateway.exchange("garbage", &[]).await;
        answer.refused(400, "invalid_request");
        answer.body
    };
    for (what, token) in [
        ("another audience", elsewhere.as_str()),
        ("made up", &format!("{}AAAAAAAA", &key[..key.len() - 8])),
        ("cut", &key[..key.len() - 1]),
        ("with a space", &format!("{key} ")),
        ("an access token", &session.access_token),
        ("an ID token", session.id_token.as_ref().unwrap()),
        ("a refresh token", session.refresh_token.as_ref().unwrap()),
        ("unsigned", &unsigned),
        ("not ASCII", "é"),
    ] {
        let answer = gateway.exchange(token, &[]).await;
        answer.refused(400, "invalid_request");
        assert_eq!(answer.body, expected, "{what}");
    }
    app.set_alice_disabled(true).await;
    assert_eq!(gateway.exchange(&key, &[]).await.body, expected, "disabled user");
    assert_eq!(app.count("grants").await, 1, "only that of the sign-in");
}

/// AC-123: the client must be registered for it, by name, and able to keep a secret.
#[tokio::test]
async fn only_a_confidential_client_that_is_registered_for_it_may_exchange() {
    let app = TestApp::with(with_api).await;
    let key = app.key_of_alice("notes:read", API).await;
    let metadata = Metadata {
        resources: vec![API.to_owned()],
        scope: "notes:read".to_owned(),
        ..app.web().await.metadata
    };
    let without = app.client("without", metadata).await;
    without
        .exchange(&key, &[])
        .await
        .refused(400, "unauthorized_client");
    let public = Metadata {
        token_endpoint_auth_method: "none".to_owned(),
        ..gateway()
    };
    assert_eq!(check("open", &public, &[]).unwrap_err()[0].field, "grant_types");
    let public = app.client("open", public).await;
    public
        .exchange(&key, &[])
        .await
        .refused(400, "unauthorized_client");
    let gateway = app.client("gateway", gateway()).await;
    let wrong = RelyingParty {
        secret: Some("kw_cs_wrong".to_owned()),
        ..gateway.on(&app)
    };
    wrong.exchange(&key, &[]).await.refused(401, "invalid_client");
    let foreign = Metadata {
        resources: vec!["https://api2.test".to_owned()],
        ..gateway.metadata.clone()
    };
    let foreign = app.client("foreign", foreign).await;
    foreign.exchange(&key, &[]).await.refused(400, "invalid_request");
    assert_eq!(gateway.exchange(&key, &[]).await.status, 200);
}

/// RFC 8693 §2.1: what is not supported is said, not overlooked.
#[tokio::test]
async fn what_is_not_supported_is_refused_clearly() {
    let app = TestApp::with(with_api).await;
    let gateway = app.client("gateway", gateway()).await;
    let key = app.key_of_alice("notes:read", API).await;
    for changes in [
        &[("subject_token", "")][..],
        &[("subject_token_type", "")],
        &[("subject_token_type", ACCESS_TOKEN)],
        &[("subject_token_type", "urn:ietf:params:oauth:token-type:jwt")],
        &[("actor_token", "x"), ("actor_token_type", ACCESS_TOKEN)],
        &[("actor_token_type", ACCESS_TOKEN)],
        &[(
            "requested_token_type",
            "urn:ietf:params:oauth:token-type:refresh_token",
        )],
        &[(
            "requested_token_type",
            "urn:ietf:params:oauth:token-type:id_token",
        )],
    ] {
        let answer = gateway.exchange(&key, changes).await;
        answer.refused(400, "invalid_request");
        assert!(!answer.body.contains("unknown, expired"), "{}", answer.body);
    }
    let twice = [
        ("grant_type", TOKEN_EXCHANGE),
        ("subject_token", key.as_str()),
        ("subject_token", key.as_str()),
        ("subject_token_type", TOKEN_TYPE),
    ];
    gateway
        .post("/token", &twice)
        .await
        .refused(400, "invalid_request");
    let asked = [("requested_token_type", ACCESS_TOKEN)];
    assert_eq!(gateway.exchange(&key, &asked).await.status, 200);
}

/// A service's key: the owner is the subject, the client that asks stays itself.
#[tokio::test]
async fn a_key_of_a_client_names_its_owner() {
    let app = TestApp::with(with_api).await;
    app.client("svc", owner()).await;
    let gateway = app.client("gateway", gateway()).await;
    let key = app.key_of_client("svc", "api:read", API).await;
    let token = gateway.exchange(&key, &[]).await.tokens().access_token;
    let claims = app.claims(&token, "at+jwt");
    assert_eq!(
        (claims.text("sub"), claims.text("client_id"), claims.text("scope")),
        (Some("svc"), Some("gateway"), Some("api:read"))
    );
    assert!(claims.text("email").is_none());
}

/// A database that is down is not a bad key.
#[tokio::test]
async fn a_database_that_is_down_is_said_so() {
    let app = TestApp::with(with_api).await;
    let gateway = app.client("gateway", gateway()).await;
    let key = app.key_of_alice("notes:read", API).await;
    assert_eq!(gateway.exchange(&key, &[]).await.status, 200);
    app.app.db.close().await;
    gateway
        .exchange(&key, &[])
        .await
        .refused(503, "temporarily_unavailable");
}
