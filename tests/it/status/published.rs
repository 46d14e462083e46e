//! The endpoints: addresses, headers, what is not there.

use super::{FRESH, ISSUER, reference};
use crate::support::{Answer, TestApp};
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

async fn get_if(app: &TestApp, path: &str, known: &str) -> Answer {
    let request = Request::get(path).header("if-none-match", known);
    app.send(request.body(Body::empty()).unwrap()).await
}

/// draft-ietf-oauth-status-list §5.1, §8.2, §13.7
#[tokio::test]
async fn a_list_is_a_signed_document_that_says_how_long_it_is_good() {
    let app = TestApp::new().await;
    let token = app.service().await.machine_token().await;
    let (path, _) = reference(&app, &token);
    assert_eq!(path, "/status/0");
    let answer = app.get(&path).await;
    assert_eq!(answer.header("content-type"), "application/statuslist+jwt");
    assert_eq!(answer.header("cache-control"), "public, max-age=30");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.headers.get("set-cookie"), None);
    let list = app.status_list(&path).await;
    let members = list.members();
    assert_eq!(members["sub"], format!("{ISSUER}/status/0"));
    assert_eq!(members["iss"], ISSUER);
    assert_eq!(members["iat"], app.now().0);
    assert_eq!(
        (&members["ttl"], &members["exp"]),
        (&json!(30), &json!(app.now().0 + 300))
    );
    assert_eq!(members["status_list"]["bits"], 1);
    assert_eq!(
        members["status_list"]["aggregation_uri"],
        format!("{ISSUER}/status")
    );
    assert!(
        answer.body.len() < 1_000,
        "an empty list is small: {}",
        answer.body.len()
    );
}

/// RFC 9110 §13.1.2
#[tokio::test]
async fn who_has_the_list_already_gets_no_other_copy() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let token = service.machine_token().await;
    let etag = app.get("/status/0").await.header("etag").to_owned();
    for known in [&*etag, "*", &format!("\"x\", W/{etag}")] {
        let answer = get_if(&app, "/status/0", known).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (304, ""),
            "{known}"
        );
        assert_eq!(answer.header("etag"), etag);
        assert_eq!(answer.header("cache-control"), "public, max-age=30");
    }
    assert_eq!(get_if(&app, "/status/0", "\"x\"").await.status, 200);
    app.clock.advance(FRESH);
    assert_eq!(
        get_if(&app, "/status/0", &etag).await.status,
        304,
        "nothing has changed"
    );
    service.revoke(&token).await;
    app.clock.advance(FRESH);
    let changed = get_if(&app, "/status/0", &etag).await;
    assert_eq!(changed.status, 200);
    let etag = changed.header("etag").to_owned();
    app.clock.advance(29);
    assert_eq!(get_if(&app, "/status/0", &etag).await.status, 304);
    app.clock.advance(1);
    assert_eq!(
        get_if(&app, "/status/0", &etag).await.status,
        200,
        "its time is over"
    );
}

/// draft-ietf-oauth-status-list §8.4: earlier times are not kept; a list has one address.
#[tokio::test]
async fn what_is_no_list_is_not_found() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/status/0").await.status, 404, "no token yet");
    app.service().await.machine_token().await;
    assert_eq!(app.get("/status/0").await.status, 200);
    for path in [
        "/status/1",
        "/status/00",
        "/status/+0",
        "/status/-1",
        "/status/x",
        "/status/",
        "/status/9223372036854775807",
        "/status/99999999999999999999",
    ] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
    assert_eq!(app.get("/status/0?time=1800000000").await.status, 501);
    let posted = app.post("/status/0", &[]).await;
    assert_eq!(posted.status, 405);
}

/// draft-ietf-oauth-status-list §9.1, §9.3
#[tokio::test]
async fn the_metadata_leads_to_all_lists() {
    let app = TestApp::new().await;
    let metadata = app.get("/.well-known/oauth-authorization-server").await.json();
    let endpoint = metadata["status_list_aggregation_endpoint"].as_str().unwrap();
    let path = endpoint.strip_prefix(ISSUER).unwrap();
    assert_eq!(app.get(path).await.json(), json!({ "status_lists": [] }));
    app.service().await.machine_token().await;
    app.clock.advance(FRESH);
    let answer = app.get(path).await;
    assert_eq!(
        answer.json(),
        json!({ "status_lists": [format!("{ISSUER}/status/0")] })
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("cache-control"), "public, max-age=30");
}

#[tokio::test]
async fn switched_off_there_is_neither_claim_nor_list_nor_promise() {
    let app = TestApp::with(|config| config.tokens.status_list = false).await;
    let (service, web) = (app.service().await, app.web().await);
    let machine = service.machine_token().await;
    let person = web.tokens(&mut app.alice().await, &[]).await.access_token;
    for token in [&machine, &person] {
        assert!(!app.claims(token, "at+jwt").members().contains_key("status"));
    }
    service.revoke(&machine).await;
    assert!(!service.is_active(&machine).await);
    for path in ["/status", "/status/0"] {
        assert_eq!(app.get(path).await.status, 404);
    }
    let metadata = app.get("/.well-known/openid-configuration").await.json();
    assert!(metadata.get("status_list_aggregation_endpoint").is_none());
    // Switched on again, a grant of that time has its place.
    let on = app.node(|config| config.tokens.status_list = true).await;
    let token = web.on(&on).tokens(&mut on.alice().await, &[]).await.access_token;
    assert_eq!(on.status_of(&token).await, 0);
}

/// An issuer with a path has its lists below it.
#[tokio::test]
async fn a_path_of_the_issuer_is_part_of_the_address() {
    let app = TestApp::with(|config| {
        config.public_url = keywright::config::Issuer::parse("https://id.example.test/auth").unwrap();
    })
    .await;
    let service = app.service().await;
    let form = [("grant_type", "client_credentials")];
    let authorization = crate::support::basic("svc", service.secret.as_deref().unwrap());
    let token = app
        .post_as(&authorization, "/auth/token", &form)
        .await
        .tokens()
        .access_token;
    let (path, _) = reference(&app, &token);
    assert_eq!(path, "/auth/status/0");
    assert_eq!(app.status_of(&token).await, 0);
}
