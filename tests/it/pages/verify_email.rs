//! Showing that an address is the user's.

use crate::support::mailbox::with_mail;
use crate::support::{TestApp, USERS};
use keywright::entropy::SystemEntropy;
use keywright::id;
use keywright::storage::users::{self, UserRow};

const ERIN: &str = "erin@example.test";

/// erin has an account whose address nobody has confirmed.
async fn erin(app: &TestApp) {
    let row = UserRow {
        id: id::user(&SystemEntropy),
        email: ERIN.to_owned(),
        email_verified: false,
        ..app.user(USERS[0].1).await
    };
    users::insert(app.app.db.write(), &row).await.unwrap();
}

/// AC-226, AC-225: a button confirms, a look does not, and a link is good once.
#[tokio::test]
async fn the_mailed_link_confirms_the_address() {
    let app = TestApp::with(with_mail).await;
    erin(&app).await;
    app.browser().fill("/verify-email", &[("email", ERIN)]).await;
    let path = app.mailed_link(ERIN).await;
    assert!(path.starts_with("/verify-email/kw_vl_"), "{path}");
    let mut browser = app.browser();
    assert!(browser.get(&path).await.body.contains("id=\"link-form\""));
    assert!(!app.user(ERIN).await.email_verified);
    assert_eq!(app.post(&path, &[]).await.status, 403, "not from our page");
    let done = browser.fill(&path, &[]).await;
    assert!(done.body.contains("id=\"account-done\""), "{}", done.body);
    assert!(app.user(ERIN).await.email_verified);
    assert_eq!(app.user(ERIN).await.credential_epoch, 0, "nobody is signed out");
    assert!(!browser.cookies.keys().any(|name| name.contains("session")));
    assert_eq!(browser.fill(&path, &[]).await.status, 400);

    app.browser().fill("/verify-email", &[("email", ERIN)]).await;
    assert_eq!(app.mails(ERIN).await.len(), 1, "nothing is left to confirm");
}

/// AC-225: a link is for the address that it was sent to, for a day.
#[tokio::test]
async fn a_link_ends_with_the_address_and_after_a_day() {
    let app = TestApp::with(with_mail).await;
    erin(&app).await;
    app.browser().fill("/verify-email", &[("email", ERIN)]).await;
    let path = app.mailed_link(ERIN).await;
    app.clock.advance(86_399);
    assert_eq!(app.browser().get(&path).await.status, 200);
    app.clock.advance(1);
    assert_eq!(app.browser().get(&path).await.status, 400);
}

/// A new password by mail shows the same.
#[tokio::test]
async fn a_reset_confirms_the_address_too() {
    let app = TestApp::with(with_mail).await;
    erin(&app).await;
    app.browser().fill("/reset-password", &[("email", ERIN)]).await;
    let path = app.mailed_link(ERIN).await;
    let form = [("password", "a lantern under the stairs")];
    assert_eq!(app.browser().fill(&path, &form).await.status, 200);
    assert!(app.user(ERIN).await.email_verified);
}
