//! Two factors, because the client, the user or the request asks for them (OIDC Core §3.1.2.1, RFC 9470).

use crate::support::{TestApp, USERS};
use keywright::oauth::client::Metadata;
use keywright::storage::factors;

const MFA: &str = "urn:keywright:acr:mfa";
const PASSWORD: &str = "urn:keywright:acr:password";

fn essential(values: &[&str]) -> String {
    format!(r#"{{"id_token":{{"acr":{{"essential":true,"values":{values:?}}}}}}}"#)
}

/// AC-239
#[tokio::test]
async fn a_session_with_one_factor_steps_up_when_the_client_asks() {
    let claims = essential(&[MFA]);
    for change in [("acr_values", MFA), ("claims", claims.as_str())] {
        let app = TestApp::new().await;
        let web = app.web().await;
        // Signed in before there was an authenticator app.
        let mut old = app.alice().await;
        let (_other, authenticator, _) = app.alice_with_app().await;
        let silent = old.get(&web.authorize_url(&[change, ("prompt", "none")])).await;
        silent.back_with(web.redirect_uri(), "login_required");
        let answer = old.get(&web.authorize_url(&[change])).await;
        assert!(
            answer.location().contains("/login/mfa?flow="),
            "{}",
            answer.location()
        );
        let page = old.follow(&answer).await;
        let wrong = old.second_step(&page, "000000").await;
        assert_eq!(wrong.status, 400);
        let cookie = old.cookies.clone();
        let answer = old.second_step(&page, &authenticator.code(app.now())).await;
        assert_ne!(cookie, old.cookies, "a new cookie at step-up");
        let consent = old.follow(&answer).await;
        let back = old.decide(&consent, "allow").await;
        let tokens = web.redeem(&back.returned("code").unwrap()).await.tokens();
        let id_token = app.claims(&tokens.id_token.unwrap(), "JWT");
        assert_eq!(id_token.text("acr"), Some(MFA));
    }
}

/// OIDC Core §5.5.1.1: the class in the token is one that was asked for, and never more than was proved.
#[tokio::test]
async fn the_class_in_the_token_is_the_one_asked_for() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut with_password = app.bob().await;
    let (mut with_both, _, _) = app.alice_with_app().await;
    for (values, one_factor, two_factors) in [
        (&[PASSWORD][..], PASSWORD, PASSWORD),
        (&[MFA, PASSWORD], PASSWORD, MFA),
        (&[MFA, "urn:x:gold"], "", MFA),
    ] {
        let claims = essential(values);
        for (browser, expected) in [(&mut with_password, one_factor), (&mut with_both, two_factors)] {
            if expected.is_empty() {
                let answer = browser.get(&web.authorize_url(&[("claims", &claims)])).await;
                assert!(
                    answer.location().contains("/login/mfa?flow="),
                    "{}",
                    answer.location()
                );
                continue;
            }
            let tokens = web.tokens(browser, &[("claims", &claims)]).await;
            let id_token = app.claims(&tokens.id_token.unwrap(), "JWT");
            assert_eq!(id_token.text("acr"), Some(expected), "{values:?}");
        }
    }
}

/// A client that requires two factors, and a person who has one: the set-up leads on to the app.
#[tokio::test]
async fn somebody_without_a_second_factor_sets_one_up_on_the_way_to_an_app_that_requires_it() {
    let app = TestApp::new().await;
    let spa = app.spa_metadata();
    let strict = app
        .client(
            "strict",
            Metadata {
                require_mfa: true,
                ..spa
            },
        )
        .await;
    let mut alice = app.alice().await;
    let answer = alice.get(&strict.authorize_url(&[])).await;
    let page = alice.follow(&answer).await;
    assert!(page.body.contains("Set up a second step"), "{}", page.body);
    let at = page.body.find("href=\"/account/security/app?flow=").unwrap();
    let link = page.body[at + 6..].split_once('"').unwrap().0.to_owned();
    let setup = alice.get(&link).await;
    let code = crate::support::Authenticator::of(&setup).code(app.now());
    let shown = alice.confirm_app(&setup, &code).await;
    assert_eq!(crate::support::recovery_codes(&shown).len(), 10);
    let at = shown
        .body
        .find("id=\"recovery-done\" href=\"https://id.example.test")
        .unwrap();
    let next = shown.body[at..]
        .split_once("example.test")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let answer = alice.get(&next).await;
    let consent = alice.follow(&answer).await;
    let back = alice.decide(&consent, "allow").await;
    assert!(back.returned("code").is_some(), "{}", back.location());
}

/// The same for the device flow: an approval is worth what the session is worth.
#[tokio::test]
async fn a_device_of_a_client_that_requires_two_factors_is_not_approved_with_one() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let metadata = Metadata {
        require_mfa: true,
        ..device.metadata.clone()
    };
    app.change_client(&device.id, &metadata).await;
    let started = device
        .post("/device_authorization", &[("scope", "openid")])
        .await
        .json();
    let code = started["user_code"].as_str().unwrap();
    let mut alice = app.alice().await;
    let page = alice.get("/device").await;
    let csrf = page.hidden("csrf").unwrap();
    let page = alice
        .post("/device", &[("csrf", &csrf), ("user_code", code)])
        .await;
    let (csrf, handle) = (page.hidden("csrf").unwrap(), page.hidden("handle").unwrap());
    let form = [
        ("csrf", csrf.as_str()),
        ("handle", &handle),
        ("confirm", "yes"),
        ("decision", "allow"),
    ];
    let answer = alice.post("/device/confirm", &form).await;
    assert!(
        answer.location().contains("/login/mfa?flow=device."),
        "{}",
        answer.location()
    );
    app.clock.advance(5);
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", started["device_code"].as_str().unwrap()),
    ];
    device
        .post("/token", &form)
        .await
        .refused(400, "authorization_pending");
}

/// An account that must have two factors is asked for them by every app.
#[tokio::test]
async fn an_account_that_requires_two_factors_is_asked_for_them_by_every_app() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let user = app.user(USERS[0].1).await;
    factors::require(app.app.db.write(), &user.id, Some(app.now()))
        .await
        .unwrap();
    let answer = alice.get(&web.authorize_url(&[])).await;
    assert!(
        answer.location().contains("/login/mfa?flow="),
        "{}",
        answer.location()
    );
    let silent = alice.get(&web.authorize_url(&[("prompt", "none")])).await;
    silent.back_with(web.redirect_uri(), "login_required");
    alice.add_app().await;
    assert!(web.authorize(&mut alice, &[]).await.returned("code").is_some());
}
