//! `/account/sessions`: where somebody is signed in.

use crate::support::TestApp;
use axum::body::Body;
use axum::http::Request;

const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// The identifiers in the list, in order.
fn listed(body: &str) -> Vec<String> {
    let parts = body.split("name=\"session\" value=\"").skip(1);
    parts
        .map(|rest| rest.split_once('"').unwrap().0.to_owned())
        .collect()
}

#[tokio::test]
async fn the_list_names_every_session_of_this_person_and_of_nobody_else() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let _elsewhere = app.alice().await;
    let _bob = app.bob().await;
    let request = Request::get("/account/sessions").header("user-agent", WINDOWS);
    let page = alice.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(page.body.matches("This device").count(), 1);
    assert_eq!(listed(&page.body).len(), 1, "{}", page.body);
    assert!(page.body.contains("id=\"sessions-others\""));
}

/// ASVS 7.4.5 · AC-190
#[tokio::test]
async fn a_session_is_ended_by_its_owner_only() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let mut elsewhere = app.alice().await;
    let tokens = web.tokens(&mut elsewhere, &[]).await;
    let page = alice.get("/account/sessions").await;
    let id = listed(&page.body).remove(0);

    let mut bob = app.bob().await;
    assert_eq!(
        bob.post_account("/account/sessions", &[("session", &id)])
            .await
            .status,
        404
    );
    assert!(elsewhere.is_signed_in().await);

    let answer = alice.post_account("/account/sessions", &[("session", &id)]).await;
    assert_eq!(
        answer.location(),
        "https://id.example.test/account/sessions?done=one"
    );
    assert!(!elsewhere.is_signed_in().await);
    assert!(
        !web.is_family_alive(&tokens.access_token).await,
        "its grants end with it"
    );
    assert!(alice.is_signed_in().await);
    assert_eq!(
        alice
            .post_account("/account/sessions", &[("session", &id)])
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn all_others_end_and_this_one_goes_on() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut others = [app.alice().await, app.alice().await];
    let lost = web.tokens(&mut others[0], &[]).await;
    let offline = web
        .tokens(&mut others[1], &[("scope", "openid offline_access")])
        .await;
    let mut by_json = app.browser();
    crate::auth::sign_in(&mut by_json).await;
    let mut bob = app.bob().await;
    let mut alice = app.alice().await;
    let kept = web.tokens(&mut alice, &[]).await;
    let answer = alice.post_account("/account/sessions", &[]).await;
    assert_eq!(
        answer.location(),
        "https://id.example.test/account/sessions?done=others"
    );
    for other in &mut others {
        assert!(!other.is_signed_in().await);
    }
    assert_eq!(crate::auth::refresh(&mut by_json).await.status, 401);
    assert!(alice.is_signed_in().await && bob.is_signed_in().await);
    assert!(web.is_family_alive(&kept.access_token).await);
    assert!(!web.is_family_alive(&lost.access_token).await);
    assert!(
        web.is_family_alive(&offline.access_token).await,
        "offline access outlives its session"
    );
    let page = alice.follow(&answer).await;
    assert!(
        page.body.contains("You are signed in nowhere else."),
        "{}",
        page.body
    );
}
