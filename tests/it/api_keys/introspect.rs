//! API keys at `POST /introspect`.

use crate::support::keys::{HERE, owner, with_api};
use crate::support::{API, TestApp, USERS};
use serde_json::json;

const NOTHING: &str = r#"{"active":false}"#;

/// RFC 7662 §2.2
#[tokio::test]
async fn a_resource_server_learns_what_it_needs_about_a_key_for_it() {
    let app = TestApp::with(with_api).await;
    app.client("svc", owner()).await;
    let rs = app.resource_server("rs", API).await;
    let alice = app.user(USERS[0].1).await.id;
    let made = app.now().0;
    let of_alice = app.key_of_alice("email roles notes:read", API).await;
    let row = app.stored_key(&alice).await;
    app.clock.advance(10);
    let told = rs.introspect(&of_alice).await;
    assert_eq!(
        told,
        json!({
            "active": true,
            "token_type": "Bearer",
            "iss": HERE,
            "sub": alice,
            "aud": API,
            "scope": "email notes:read roles",
            "jti": row.id,
            "iat": made,
            "exp": made + 90 * 86_400,
            "username": USERS[0].1,
            "email": USERS[0].1,
            "roles": ["member"],
        })
    );
    let row = app.stored_key(&alice).await;
    assert_eq!(row.last_used_at, Some(app.now().0));
    assert_eq!(
        row.last_used_ip, None,
        "the address of the API is not where alice is"
    );

    let of_service = app.key_of_client("svc", "api:read", API).await;
    let told = rs.introspect(&of_service).await;
    assert_eq!((&told["sub"], &told["client_id"]), (&json!("svc"), &json!("svc")));
    for member in ["username", "email", "roles", "groups"] {
        assert!(told.get(member).is_none(), "{member}");
    }
    app.key_of_alice("notes:read", API).await;
    let narrow = app.key_of_alice("notes:read", API).await;
    let told = rs.introspect(&narrow).await;
    assert!(told.get("username").is_none() && told.get("roles").is_none());
}

/// RFC 7662 §4 · AC-127: only the resource server that the key is for, and the client whose key it is.
#[tokio::test]
async fn nobody_else_learns_that_a_key_is_good() {
    let app = TestApp::with(with_api).await;
    let service = app.client("svc", owner()).await;
    let of_alice = app.key_of_alice("email", API).await;
    let here = app.key_of_alice("email", HERE).await;
    let of_service = app.key_of_client("svc", "api:read", API).await;
    let others = [
        app.evil().await,
        app.resource_server("rs2", "https://api2.test").await,
        app.resource_server("rs3", "https://api.test").await,
        app.resource_server("rs4", "").await,
    ];
    for other in &others {
        for key in [&of_alice, &here, &of_service] {
            let answer = other.post("/introspect", &[("token", key)]).await;
            assert_eq!(answer.body, NOTHING, "{}", other.id);
        }
    }
    assert!(service.is_active(&of_service).await);
    assert!(
        !service.is_active(&of_alice).await,
        "to name a resource is not to be it"
    );
    let rs = app.resource_server("rs", API).await;
    for (what, key) in [
        ("made up", format!("{}AAAAAAAA", &of_alice[..of_alice.len() - 8])),
        ("cut", of_alice[..of_alice.len() - 1].to_owned()),
        ("with a space", format!("{of_alice} ")),
        ("prefix", "kw_pat_".to_owned()),
    ] {
        let answer = rs.post("/introspect", &[("token", &key)]).await;
        assert_eq!(answer.body, NOTHING, "{what}");
    }
}

/// RFC 7009 §2.1: a client may end its own key; what is not its own is none of its business.
#[tokio::test]
async fn a_client_revokes_its_own_key_only() {
    let app = TestApp::with(with_api).await;
    let (service, evil) = (app.client("svc", owner()).await, app.evil().await);
    let rs = app.resource_server("rs", API).await;
    let (of_service, of_alice) = (
        app.key_of_client("svc", "api:read", API).await,
        app.key_of_alice("email", API).await,
    );
    for (client, key) in [(&evil, &of_service), (&evil, &of_alice), (&service, &of_alice)] {
        assert_eq!(client.revoke(key).await.status, 200);
        assert!(rs.is_active(key).await);
    }
    assert_eq!(service.revoke(&of_service).await.status, 200);
    assert!(!rs.is_active(&of_service).await && rs.is_active(&of_alice).await);
}

/// A database that is down is not "inactive".
#[tokio::test]
async fn a_database_that_is_down_is_said_so() {
    let app = TestApp::with(with_api).await;
    let rs = app.resource_server("rs", API).await;
    let key = app.key_of_alice("email", API).await;
    assert!(rs.is_active(&key).await);
    app.app.db.close().await;
    rs.post("/introspect", &[("token", &key)])
        .await
        .refused(503, "temporarily_unavailable");
}
