//! `/`: who is signed in.

use crate::support::TestApp;

/// The page says who is signed in, and lets them sign out.
#[tokio::test]
async fn the_home_page_says_who_is_signed_in_and_signs_out() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let nobody = browser.get("/").await;
    assert_eq!(nobody.status, 200);
    assert!(!nobody.body.contains("home-signout"), "{}", nobody.body);
    assert!(
        nobody
            .body
            .contains("https://id.example.test/.well-known/openid-configuration")
    );

    browser
        .sign_in("alice@example.test", "correct horse battery")
        .await;
    let home = browser.get("/").await;
    assert!(home.body.contains("alice@example.test") && home.body.contains("id=\"home-signout\""));
    let csrf = home.hidden("csrf").unwrap();
    let out = browser
        .post("/logout", &[("csrf", &csrf), ("decision", "signout")])
        .await;
    assert!(out.body.contains("id=\"logout-success\""), "{}", out.body);
    assert!(!browser.get("/").await.body.contains("alice"));
}

/// The demo is part of development servers only.
#[tokio::test]
async fn the_demo_is_for_development_servers_only() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/demo").await.status, 404);
    assert!(!app.get("/").await.body.contains("/demo"));
    let dev = TestApp::with(|config| config.development = true).await;
    let page = dev.get("/demo").await;
    assert!(page.status == 200 && page.body.contains("Development server"));
    assert!(dev.get("/").await.body.contains("href=\"/demo\""));
}

/// ASVS 14.2.5 · AC-261: nothing below a page is that page.
#[tokio::test]
async fn an_address_that_does_not_exist_gets_a_page_that_repeats_nothing() {
    let app = TestApp::new().await;
    for path in [
        "/nothing",
        "/marker<svg>",
        "/login/x.css",
        "/device/marker.js",
        "/admin",
        "/metrics",
    ] {
        let answer = app.get(&path.replace('<', "%3C").replace('>', "%3E")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("Page not found") && !answer.body.contains("marker"));
    }
}
