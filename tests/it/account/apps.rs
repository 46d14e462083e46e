//! `/account/apps`: the apps that may use the account.

use crate::support::TestApp;

#[tokio::test]
async fn an_app_is_listed_with_what_it_may_do() {
    let app = TestApp::new().await;
    let (web, _spa) = (app.web().await, app.spa().await);
    let mut alice = app.alice().await;
    assert!(
        alice
            .get("/account/apps")
            .await
            .body
            .contains("No app uses your account.")
    );
    web.tokens(&mut alice, &[("scope", "openid email offline_access")])
        .await;
    let page = alice.get("/account/apps").await;
    assert!(page.body.contains("<b><bdi>web</bdi></b>"), "{}", page.body);
    assert!(
        page.body.contains("Keeps access while you are not using it"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("<bdi>spa</bdi>"), "{}", page.body);
    let mut bob = app.bob().await;
    assert!(
        bob.get("/account/apps")
            .await
            .body
            .contains("No app uses your account.")
    );
}

/// Every token of the app is dead, and it has to ask again.
#[tokio::test]
async fn a_removed_app_holds_nothing_and_asks_again() {
    let app = TestApp::new().await;
    let (web, spa) = (app.web().await, app.spa().await);
    let mut alice = app.alice().await;
    let tokens = web
        .tokens(&mut alice, &[("scope", "openid offline_access")])
        .await;
    let kept = spa.tokens(&mut alice, &[]).await;

    let mut bob = app.bob().await;
    assert_eq!(
        bob.post_account("/account/apps", &[("client", "web")])
            .await
            .status,
        404
    );
    assert!(web.is_family_alive(&tokens.access_token).await);

    let answer = alice.post_account("/account/apps", &[("client", "web")]).await;
    assert_eq!(
        answer.location(),
        "https://id.example.test/account/apps?done=removed"
    );
    assert!(!web.is_family_alive(&tokens.access_token).await);
    web.refresh(&tokens.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
    assert!(spa.is_family_alive(&kept.access_token).await);
    let answer = alice.get(&web.authorize_url(&[])).await;
    assert!(answer.location().contains("/consent?"), "{}", answer.location());
    assert_eq!(
        alice
            .post_account("/account/apps", &[("client", "nobody")])
            .await
            .status,
        404
    );
}
