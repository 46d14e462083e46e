//! The `claims` parameter (OIDC Core §5.5).

use super::{allowed, id_token};
use crate::support::{Browser, RelyingParty, TestApp};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use serde_json::Value;

/// What userinfo says to the token of a request with these claims; the browser is asked whatever it is asked.
async fn userinfo(client: &RelyingParty<'_>, browser: &mut Browser<'_>, claims: &str) -> Value {
    let changes = [("scope", "openid"), ("claims", claims)];
    let token = client.tokens(browser, &changes).await.access_token;
    let answer = client.app.post("/userinfo", &[("access_token", &token)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// OIDC Core §5.5 · oidcc-claims-essential
#[tokio::test]
async fn a_claim_asked_for_by_name_comes_where_it_was_asked_for() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let info = userinfo(&web, &mut alice, r#"{"userinfo":{"name":{"essential":true}}}"#).await;
    assert_eq!(info["name"], "alice Example");
    assert!(info.get("email").is_none(), "{info}");

    let claims = [("scope", "openid"), ("claims", r#"{"id_token":{"name":null}}"#)];
    let back = web.authorize(&mut alice, &claims).await;
    let token = id_token(&web, &back).await;
    assert_eq!(token.text("name"), Some("alice Example"));
    assert_eq!(token.text("email"), None);
    let neither = id_token(&web, &web.authorize(&mut alice, &[("scope", "openid")]).await).await;
    assert_eq!(neither.text("name"), None);
}

/// OIDC Core §5.5, §5.4 · ASVS 10.7.1: nothing is handed out that the consent page does not name.
#[tokio::test]
async fn claims_asked_for_by_name_need_the_same_consent_as_their_scopes() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    web.code(&mut alice, &[("scope", "openid")]).await;
    let claims = r#"{"userinfo":{"email":null},"id_token":{"phone_number":{"essential":true}}}"#;
    let request = [("scope", "openid"), ("claims", claims)];

    let mut silent = request.to_vec();
    silent.push(("prompt", "none"));
    let answer = alice.get(&web.authorize_url(&silent)).await;
    answer.back_with("https://web.test/cb?", "consent_required");

    let to_consent = alice.get(&web.authorize_url(&request)).await;
    let page = alice.follow(&to_consent).await;
    for line in [
        "Know who you are",
        "See your email address",
        "See your phone number",
    ] {
        assert!(page.body.contains(line), "{line}: {}", page.body);
    }
    assert!(!page.body.contains("postal"), "{}", page.body);
    let back = alice.decide(&page, "allow").await;
    assert!(back.returned("code").is_some());
    let answer = alice.get(&web.authorize_url(&silent)).await;
    assert!(
        answer.returned("code").is_some(),
        "remembered: {}",
        answer.location()
    );
}

/// OIDC Core §5.5.1: a claim that the client may not have is left out, which is no error.
#[tokio::test]
async fn a_client_gets_no_claim_by_name_that_it_may_not_ask_for_by_scope() {
    let app = TestApp::new().await;
    let narrow = Metadata {
        scope: "openid email".to_owned(),
        ..profile(Profile::Web, vec!["https://narrow.test/cb".to_owned()])
    };
    let narrow = app.client("narrow", narrow).await;
    let mut alice = app.alice().await;
    let claims = r#"{"userinfo":{"email":null,"address":{"essential":true},"roles":null,"unheard_of":null}}"#;
    let info = userinfo(&narrow, &mut alice, claims).await;
    assert_eq!(info["email"], "alice@example.test");
    assert!(
        info.get("address").is_none() && info.get("roles").is_none(),
        "{info}"
    );
}

/// OIDC Core §5.5 · AC-248
#[tokio::test]
async fn claims_that_are_no_object_of_objects_are_refused() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let deep_object = format!(r#"{{"userinfo":{{"x":{deep}}}}}"#);
    let long = format!(r#"{{"userinfo":{{"{}":null}}}}"#, "a".repeat(4_096));
    for claims in [
        "x",
        "[]",
        "1",
        "null",
        r#"{"userinfo":[]}"#,
        r#"{"id_token":"email"}"#,
        r#"{"userinfo":{"email":null}"#,
        r#"{"userinfo":{"email":null}} x"#,
        "{\"userinfo\":{\"\u{d7ff}\":1e999}}",
        r#"{"userinfo":{"x":"\ud800"}}"#,
        &deep,
        &deep_object,
        &long,
    ] {
        let answer = alice.get(&web.authorize_url(&[("claims", claims)])).await;
        assert_eq!(answer.status, 303, "{claims:.60}");
        answer.back_with("https://web.test/cb?", "invalid_request");
    }
    for claims in ["{}", r#"{"userinfo":null,"id_token":{}}"#, r#"{"other":[1]}"#] {
        let answer = alice.get(&web.authorize_url(&[("claims", claims)])).await;
        assert!(answer.returned("code").is_some(), "{claims}");
    }
}

/// OIDC Core §5.5.1.1: an essential `acr` that cannot be reached is refused before anybody types a password.
#[tokio::test]
async fn an_essential_acr_is_met_or_refused() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let essential = |members: &str| format!(r#"{{"id_token":{{"acr":{{"essential":true,{members}}}}}}}"#);
    for (claims, reachable) in [
        (essential(r#""values":["urn:keywright:acr:password","x"]"#), true),
        (essential(r#""value":"urn:keywright:acr:password""#), true),
        (essential(r#""values":["urn:x:gold"]"#), false),
        (essential(r#""value":"urn:x:gold""#), false),
        (
            r#"{"id_token":{"acr":{"values":["urn:x:gold"]}}}"#.to_owned(),
            true,
        ),
    ] {
        let mut browser = app.browser();
        let answer = browser.get(&web.authorize_url(&[("claims", &claims)])).await;
        if reachable {
            assert!(answer.location().contains("/login?flow="), "{claims}");
        } else {
            answer.back_with("https://web.test/cb?", "unmet_authentication_requirements");
        }
    }
}

/// OIDC Core §5.5.1: a `sub` that the client insists on is another user's: nobody else gets through.
#[tokio::test]
async fn a_requested_subject_must_be_the_user() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    for (email, error) in [
        ("alice@example.test", None),
        ("bob@example.test", Some("login_required")),
    ] {
        let sub = app.user(email).await.id;
        let claims = format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#);
        let url = web.authorize_url(&[("claims", &claims), ("prompt", "none")]);
        assert_eq!(alice.get(&url).await.returned("error").as_deref(), error);
    }
}
