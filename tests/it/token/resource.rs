//! `resource` (RFC 8707): the audience of a token is what was registered and granted, and nothing else.

use crate::support::{API, RelyingParty, TestApp};
use keywright::oauth::client::Metadata;
use serde_json::json;

const OTHER: &str = "https://other.test";

async fn client(app: &TestApp) -> RelyingParty<'_> {
    let metadata = Metadata {
        resources: vec![API.to_owned(), OTHER.to_owned()],
        ..app.spa_metadata()
    };
    app.client("spa", metadata).await
}

/// A form in which `resource` may be repeated.
async fn refresh(
    client: &RelyingParty<'_>,
    token: &str,
    resources: &[&str],
    scope: &str,
) -> crate::support::Answer {
    let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    form.extend(resources.iter().map(|resource| ("resource", *resource)));
    form.push(("scope", scope));
    client.post("/token", &form).await
}

/// RFC 8707 §2 · RFC 9068 §2.2
#[tokio::test]
async fn the_audience_is_the_resource_and_this_server_where_userinfo_may_be_called() {
    let app = TestApp::new().await;
    let spa = client(&app).await;
    let mut alice = app.alice().await;
    let issuer = "https://id.example.test";
    let both = format!("{}&resource={API}&resource={OTHER}", spa.authorize_url(&[]));
    let page = alice.get(&both).await;
    let page = alice.follow(&page).await;
    let code = alice.decide(&page, "allow").await.returned("code").unwrap();
    let tokens = spa.redeem(&code).await.tokens();
    let audience = |token: &str| app.claims(token, "at+jwt").members()["aud"].clone();
    assert_eq!(audience(&tokens.access_token), json!([API, OTHER, issuer]));
    let narrow = refresh(&spa, &tokens.refresh_token.unwrap(), &[API], "")
        .await
        .tokens();
    assert_eq!(audience(&narrow.access_token), json!([API, issuer]));
    let one = refresh(&spa, &narrow.refresh_token.unwrap(), &[OTHER], "email").await;
    let one = one.tokens();
    assert_eq!(audience(&one.access_token), json!(OTHER));
    app.userinfo(&one.access_token)
        .await
        .refused(403, "insufficient_scope");
    // The grant still has both.
    let whole = spa.refresh(&one.refresh_token.unwrap()).await.tokens();
    assert_eq!(audience(&whole.access_token), json!([API, OTHER, issuer]));
    let none = spa.tokens(&mut alice, &[]).await;
    assert_eq!(audience(&none.access_token), json!(issuer));
}

/// RFC 8707 §2 · AC-119
#[tokio::test]
async fn a_resource_that_is_not_registered_or_not_granted_is_refused() {
    let app = TestApp::new().await;
    let spa = client(&app).await;
    let mut alice = app.alice().await;
    for resource in [
        "https://api2.test",
        "https://api.test/v1/",
        "x",
        "https://api.test",
    ] {
        let answer = alice.get(&spa.authorize_url(&[("resource", resource)])).await;
        answer.back_with(spa.redirect_uri(), "invalid_target");
    }
    // Added at the token endpoint, beyond the grant: refused, and nothing is spent by it.
    let code = spa.code(&mut alice, &[("resource", API)]).await;
    spa.redeem_with(&code, &[("resource", OTHER)])
        .await
        .refused(400, "invalid_target");
    let tokens = spa.redeem(&code).await.tokens();
    let refresh_token = tokens.refresh_token.unwrap();
    for resources in [&[OTHER][..], &[API, OTHER], &["https://api2.test"]] {
        refresh(&spa, &refresh_token, resources, "")
            .await
            .refused(400, "invalid_target");
    }
    spa.refresh(&refresh_token).await.tokens();
    let plain = spa.tokens(&mut alice, &[]).await.refresh_token.unwrap();
    refresh(&spa, &plain, &[API], "")
        .await
        .refused(400, "invalid_target");
}

/// AC-119: what the operator takes from a client is taken from its grants too.
#[tokio::test]
async fn a_resource_taken_from_the_client_is_not_given_any_more() {
    let app = TestApp::new().await;
    let spa = client(&app).await;
    let tokens = spa.tokens(&mut app.alice().await, &[("resource", API)]).await;
    let fewer = Metadata {
        resources: vec![OTHER.to_owned()],
        ..spa.metadata.clone()
    };
    app.change_client("spa", &fewer).await;
    spa.refresh(&tokens.refresh_token.unwrap())
        .await
        .refused(400, "invalid_target");
}

/// RFC 8707 §2 at the client credentials grant; at most ten.
#[tokio::test]
async fn a_service_names_its_resource() {
    let app = TestApp::new().await;
    let many: Vec<String> = (0..11).map(|n| format!("https://r{n}.test")).collect();
    let metadata = Metadata {
        resources: many.clone(),
        ..app.service().await.metadata
    };
    let service = app.client("named", metadata).await;
    let ask = async |resources: &[String]| {
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(resources.iter().map(|resource| ("resource", resource.as_str())));
        service.post("/token", &form).await
    };
    let tokens = ask(&many[..1]).await.tokens();
    let claims = app.claims(&tokens.access_token, "at+jwt");
    assert_eq!(claims.members()["aud"], "https://r0.test");
    ask(&many[..10]).await.tokens();
    ask(&many).await.refused(400, "invalid_target");
    ask(&[API.to_owned()]).await.refused(400, "invalid_target");
}
