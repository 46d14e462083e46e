//! When a key ends: at once, on every node, and everywhere it is taken.

use crate::support::keys::{HERE, gateway, owner, with_api};
use crate::support::{API, RelyingParty, TestApp, USERS};
use keywright::oauth::client::Metadata;
use keywright::storage::clients;

/// Whether the key is good at a proxy, at a resource server and at the token endpoint: the same everywhere, or it fails.
async fn is_good(app: &TestApp, rs: &RelyingParty<'_>, gateway: &RelyingParty<'_>, key: &str) -> bool {
    // Each asks with no wrong keys counted before.
    let node = app.another().await;
    let verified = node.verify(key, &format!("?audience={API}")).await;
    let told = rs.on(&node).introspect(key).await;
    let exchanged = gateway.on(&node).exchange(key, &[]).await;
    let good = verified.status == 200;
    assert_eq!(told["active"] == true, good, "{told}");
    assert_eq!(exchanged.status == 200, good, "{}", exchanged.body);
    if !good {
        verified.problem(401, "invalid_token");
        assert_eq!(told, serde_json::json!({ "active": false }));
        exchanged.refused(400, "invalid_request");
    }
    good
}

/// A client that was registered before.
fn party<'a>(app: &'a TestApp, id: &str, secret: &Option<String>) -> RelyingParty<'a> {
    RelyingParty {
        app,
        id: id.to_owned(),
        secret: secret.clone(),
        metadata: Metadata::default(),
    }
}

/// AC-241 · AC-123
#[tokio::test]
async fn a_key_of_a_person_ends_with_the_person_and_by_its_own_time() {
    for what in [
        "revoked",
        "user disabled",
        "user disabled and enabled",
        "user deleted",
        "expired",
        "not used",
        "resource withdrawn",
    ] {
        let mut app = TestApp::with(|config| {
            with_api(config);
            config.api_keys.idle = keywright::time::Seconds(30 * 86_400);
        })
        .await;
        let secrets = [
            app.resource_server("rs", API).await.secret,
            app.client("gateway", gateway()).await.secret,
        ];
        let key = app.key_of_alice("notes:read", API).await;
        let good = async |app: &TestApp| {
            let rs = party(app, "rs", &secrets[0]);
            is_good(app, &rs, &party(app, "gateway", &secrets[1]), &key).await
        };
        assert!(good(&app).await, "{what}");
        match what {
            "revoked" => app.revoke_key_of_alice().await,
            "user disabled" => app.set_alice_disabled(true).await,
            "user disabled and enabled" => {
                app.set_alice_disabled(true).await;
                app.set_alice_disabled(false).await;
            }
            "user deleted" => app.delete_alice().await,
            "expired" => {
                for _ in 0..4 {
                    app.clock.advance(22 * 86_400);
                    assert!(good(&app).await);
                }
                app.clock.advance(2 * 86_400 - 1);
                assert!(good(&app).await, "the last second");
                app.clock.advance(1);
            }
            "not used" => {
                app.clock.advance(30 * 86_400 - 1);
                let used = app.key_of_alice("notes:read", API).await;
                assert_eq!(app.verify(&used, &format!("?audience={API}")).await.status, 200);
                app.clock.advance(1);
            }
            _ => app = app.node(|config| config.api_keys.resources.clear()).await,
        }
        assert!(!good(&app).await, "{what}");
    }
}

/// AC-241: a service's key ends with the service.
#[tokio::test]
async fn a_key_of_a_client_ends_with_the_client() {
    for what in ["disabled", "deleted", "resource taken"] {
        let app = TestApp::with(with_api).await;
        let service = app.client("svc", owner()).await;
        let (rs, gateway) = (
            app.resource_server("rs", API).await,
            app.client("gateway", gateway()).await,
        );
        let key = app.key_of_client("svc", "api:read", API).await;
        assert!(is_good(&app, &rs, &gateway, &key).await);
        match what {
            "disabled" => app.disable_client("svc").await,
            "deleted" => assert!(clients::delete(app.app.db.write(), "svc").await.unwrap()),
            _ => {
                let metadata = Metadata {
                    resources: Vec::new(),
                    ..service.metadata.clone()
                };
                app.change_client("svc", &metadata).await;
            }
        }
        assert!(!is_good(&app, &rs, &gateway, &key).await, "{what}");
    }
}

/// A scope that was taken from the owner is not given any more.
#[tokio::test]
async fn a_key_keeps_no_scope_that_its_owner_has_lost() {
    let app = TestApp::with(with_api).await;
    let service = app.client("svc", owner()).await;
    let rs = app.resource_server("rs", API).await;
    let of_service = app.key_of_client("svc", "api:read api:write", API).await;
    let of_alice = app.key_of_alice("notes:read notes:write", API).await;
    let metadata = Metadata {
        scope: "api:read".to_owned(),
        ..service.metadata.clone()
    };
    app.change_client("svc", &metadata).await;
    assert_eq!(rs.introspect(&of_service).await["scope"], "api:read");
    let node = app
        .node(|config| config.api_keys.scopes = vec!["notes:read".to_owned()])
        .await;
    assert_eq!(rs.on(&node).introspect(&of_alice).await["scope"], "notes:read");
}

/// A new password, a sign-out and a lock leave keys as they are: no program uses a password. Roles are those of today.
#[tokio::test]
async fn a_key_goes_on_through_a_new_password_with_the_roles_of_today() {
    let app = TestApp::new().await;
    let key = app.key_of_alice("roles", HERE).await;
    let mut alice = app.alice().await;
    app.change_password_of_alice().await;
    assert_eq!(app.verify(&key, "").await.header("x-auth-roles"), "member");
    assert!(!alice.is_signed_in().await);
    let row = app.user(USERS[0].1).await;
    keywright::storage::password_failures::add(app.app.db.write(), &row.id, 1, app.now())
        .await
        .unwrap();
    assert_eq!(app.verify(&key, "?role=member").await.status, 200);
}

/// AC-241: every node hears of it at once; it is decided in SQL.
#[tokio::test]
async fn a_revoked_key_is_dead_on_every_node_at_once() {
    let app = TestApp::new().await;
    let nodes = [app.another().await, app.another().await];
    let key = app.key_of_alice("", HERE).await;
    for node in &nodes {
        assert_eq!(node.verify(&key, "").await.status, 200);
    }
    let mut alice = app.alice().await;
    let id = app.stored_key(&app.user(USERS[0].1).await.id).await.id;
    let answer = alice.post_account("/account/api-keys", &[("key", &id)]).await;
    assert_eq!(
        answer.location(),
        "https://id.example.test/account/api-keys?done=revoked"
    );
    for node in &nodes {
        node.verify(&key, "").await.problem(401, "invalid_token");
    }
}
