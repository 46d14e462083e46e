//! Known devices: strangers who use up the tries of an account, or lock it, do not keep its owner out.

use crate::support::mailbox::with_mail;
use crate::support::{Browser, TestApp, USERS};
use keywright::config::Config;

const ALICE: &str = USERS[0].1;
const PASSWORD: &str = USERS[0].2;
const WRONG: &str = "not the right password";
const COOKIE: &str = "__Host-kw-device";

/// A browser in which somebody has signed in before, and is not any more.
async fn known<'a>(app: &'a TestApp, user: usize) -> Browser<'a> {
    let mut browser = app.browser();
    browser.sign_in(USERS[user].1, USERS[user].2).await;
    browser.cookies.retain(|name, _| name == COOKIE);
    assert_eq!(browser.cookies.len(), 1, "{:?}", browser.cookies);
    browser
}

async fn wrong(app: &TestApp, times: usize) {
    for _ in 0..times {
        app.browser().try_sign_in(ALICE, WRONG).await;
    }
}

fn patient(config: &mut Config) {
    with_mail(config);
    config.login.attempts = 1_000;
}

/// OWASP device cookies · AC-206: also from the same address.
#[tokio::test]
async fn a_known_device_has_tries_of_its_own() {
    let app = TestApp::new().await;
    let mut device = known(&app, 0).await;
    wrong(&app, 5).await;
    assert_eq!(app.browser().try_sign_in(ALICE, PASSWORD).await.status, 429);
    assert_eq!(device.try_sign_in(ALICE, PASSWORD).await.status, 303);

    // Its own are bounded too.
    let mut device = known_again(&device);
    for _ in 0..5 {
        assert_eq!(device.try_sign_in(ALICE, WRONG).await.status, 400);
    }
    assert_eq!(device.try_sign_in(ALICE, PASSWORD).await.status, 429);
}

/// AC-211: on a known device too.
#[tokio::test]
async fn a_success_ends_the_count_of_the_device_and_of_the_address() {
    let app = TestApp::new().await;
    let mut device = known(&app, 0).await;
    for _ in 0..3 {
        wrong(&app, 3).await;
        for _ in 0..4 {
            assert_eq!(device.try_sign_in(ALICE, WRONG).await.status, 400);
        }
        assert_eq!(device.try_sign_in(ALICE, PASSWORD).await.status, 303);
        device = known_again(&device);
    }
}

fn known_again<'a>(browser: &Browser<'a>) -> Browser<'a> {
    let mut other = Browser::new(browser.app);
    other.cookies = browser.cookies.clone();
    other.cookies.retain(|name, _| name == COOKIE);
    other
}

/// GHSA-cq42-vhv7-xr7p · AC-205: a lock is for those who are not known.
#[tokio::test]
async fn a_known_device_signs_in_to_a_locked_account() {
    let app = TestApp::with(patient).await;
    let mut device = known(&app, 0).await;
    wrong(&app, 10).await;
    assert_eq!(app.browser().try_sign_in(ALICE, PASSWORD).await.status, 400);
    assert_eq!(device.try_sign_in(ALICE, PASSWORD).await.status, 303);
    assert_eq!(
        app.browser().try_sign_in(ALICE, PASSWORD).await.status,
        400,
        "for the others it stays locked"
    );
}

/// A stolen device gets ten tries in a row and is a stranger then; its owner's account is not locked by it.
#[tokio::test]
async fn a_device_that_guesses_is_not_known_any_more() {
    let app = TestApp::with(patient).await;
    let mut device = known(&app, 0).await;
    for _ in 0..10 {
        assert_eq!(device.try_sign_in(ALICE, WRONG).await.status, 400);
    }
    assert_eq!(
        app.browser().try_sign_in(ALICE, PASSWORD).await.status,
        303,
        "not locked"
    );
    wrong(&app, 10).await;
    assert_eq!(
        device.try_sign_in(ALICE, PASSWORD).await.status,
        400,
        "now a stranger"
    );
}

/// AC-207: forged, of somebody else, from before the password changed, or too old.
#[tokio::test]
async fn a_device_is_known_for_its_user_and_password_only() {
    let app = TestApp::with(patient).await;
    let alice = known(&app, 0).await;
    let value = alice.cookies[COOKIE].clone();
    assert!(
        !value.contains(&app.user(ALICE).await.id),
        "it does not tell whose it is"
    );
    let bob = known(&app, 1).await.cookies[COOKIE].clone();
    wrong(&app, 10).await;
    let (text, mac) = value.rsplit_once('.').unwrap();
    let (_, nonce) = text.split_once('.').unwrap();
    let late = app.now().0 + 1_000_000;
    for forged in [
        bob.clone(),
        String::new(),
        "~~~".to_owned(),
        format!("{text}."),
        format!("{text}.{}", "A".repeat(mac.len())),
        format!("{late}.{nonce}.{mac}"),
        value.replace('.', ""),
        format!("{value}x"),
        format!("{bob}~{bob}~{bob}~{bob}~{value}"),
    ] {
        let mut browser = app.browser();
        browser.cookies.insert(COOKIE.to_owned(), forged.clone());
        assert_eq!(browser.try_sign_in(ALICE, PASSWORD).await.status, 400, "{forged}");
    }
    // People who share a browser are all known in it.
    let mut shared = app.browser();
    shared.cookies.insert(COOKIE.to_owned(), format!("{bob}~{value}"));
    assert_eq!(shared.try_sign_in(ALICE, PASSWORD).await.status, 303);
    assert!(shared.cookies[COOKIE].contains(&bob), "and stay so");

    app.clock.advance(180 * 86_400);
    let mut old = known_again(&alice);
    assert_eq!(old.try_sign_in(ALICE, PASSWORD).await.status, 400, "too old");
    assert_eq!(
        known_again(&shared).try_sign_in(ALICE, PASSWORD).await.status,
        400
    );
}

/// AC-207
#[tokio::test]
async fn a_device_from_before_the_password_changed_is_a_stranger() {
    let app = TestApp::with(patient).await;
    let mut device = known(&app, 0).await;
    app.browser().fill("/reset-password", &[("email", ALICE)]).await;
    let path = app.mailed_link(ALICE).await;
    let new = "a lantern under the stairs";
    assert_eq!(app.browser().fill(&path, &[("password", new)]).await.status, 200);
    wrong(&app, 10).await;
    assert_eq!(device.try_sign_in(ALICE, new).await.status, 400);
}
