//! `/account/email`: another address for the account.

use crate::support::mailbox::with_mail;
use crate::support::{Browser, TestApp, USERS};
use keywright::time::Seconds;

const ALICE: &str = USERS[0].1;
const PASSWORD: &str = USERS[0].2;
const NEW: &str = "alice@new.test";

/// Asks for another address.
async fn ask(alice: &mut Browser<'_>, new: &str) -> crate::support::Answer {
    alice.post_account("/account/email", &[("email", new)]).await
}

/// AC-229, AC-225, AC-226
#[tokio::test]
async fn the_address_changes_by_the_link_that_goes_to_the_new_one() {
    let app = TestApp::with(with_mail).await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let tokens = web
        .tokens(&mut alice, &[("scope", "openid offline_access")])
        .await;
    let answer = ask(&mut alice, "  Alice@NEW.test ").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("id=\"check-mail\"") && answer.body.contains(NEW));
    assert_eq!(
        app.mails(ALICE).await.len(),
        1,
        "the owner of the old address is told at once"
    );
    assert_eq!(
        app.mails(ALICE).await[0].subject,
        "Your email address is about to change"
    );
    let link = app.mailed_link(NEW).await;
    for _ in 0..2 {
        let page = app.browser().get(&link).await;
        assert!(page.status == 200 && page.body.contains(NEW), "{}", page.body);
        assert!(
            page.body.contains(ALICE),
            "whoever opens it sees whose account it is"
        );
    }
    assert_eq!(app.user(ALICE).await.email, ALICE, "looking changes nothing");
    assert!(alice.is_signed_in().await);

    app.clock.advance(1);
    let done = app.browser().fill(&link, &[]).await;
    assert!(done.body.contains("Email address changed"), "{}", done.body);
    assert!(
        done.headers
            .get_all("set-cookie")
            .iter()
            .all(|cookie| !cookie.to_str().unwrap().contains("session=kw_se_"))
    );
    let user = app.user(NEW).await;
    assert!(user.email_verified);
    assert!(!alice.is_signed_in().await, "as after any change of credentials");
    web.refresh(&tokens.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
    assert_eq!(app.userinfo(&tokens.access_token).await.status, 401);
    assert_eq!(app.browser().try_sign_in(ALICE, PASSWORD).await.status, 400);
    app.browser().sign_in(NEW, PASSWORD).await;
    assert_eq!(
        app.mails(ALICE).await[1].subject,
        "Your email address was changed"
    );
    assert_eq!(app.browser().fill(&link, &[]).await.status, 400, "once");
}

/// As after a change of the password.
#[tokio::test]
async fn the_browser_that_is_signed_in_and_opens_the_link_stays_so() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    let mut other = app.alice().await;
    let mut bob = app.bob().await;
    ask(&mut alice, NEW).await;
    let link = app.mailed_link(NEW).await;
    let cookies = alice.cookies.clone();
    let done = alice.fill(&link, &[]).await;
    assert!(done.body.contains("href=\"/account\""), "{}", done.body);
    assert_ne!(alice.cookies, cookies, "a new cookie");
    let page = alice.get("/account").await;
    assert!(page.status == 200 && page.body.contains(NEW), "{}", page.body);
    assert!(!other.is_signed_in().await && bob.is_signed_in().await);
}

/// AC-220: a mailbox is no sign-in, so the session stays as old as it was.
#[tokio::test]
async fn a_link_that_is_opened_confirms_nobody() {
    let app = TestApp::with(|config| {
        with_mail(config);
        config.sessions.absolute = Seconds(3_600);
    })
    .await;
    let mut alice = app.alice().await;
    ask(&mut alice, NEW).await;
    let link = app.mailed_link(NEW).await;
    app.clock.advance(601);
    alice.fill(&link, &[]).await;
    assert!(alice.is_signed_in().await);
    let answer = alice.get("/account/security/password").await;
    assert!(
        answer.location().contains("flow=confirm.account-password"),
        "{}",
        answer.location()
    );
    app.clock.advance(2_998);
    assert!(alice.is_signed_in().await);
    app.clock.advance(2);
    assert!(!alice.is_signed_in().await, "its absolute end has not moved");
}

/// AC-206: as after a change of the password.
#[tokio::test]
async fn the_browser_that_opens_the_link_stays_a_known_one() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    ask(&mut alice, NEW).await;
    let link = app.mailed_link(NEW).await;
    alice.fill(&link, &[]).await;
    for _ in 0..5 {
        app.browser().try_sign_in(NEW, "not the password").await;
    }
    assert_eq!(app.browser().try_sign_in(NEW, PASSWORD).await.status, 429);
    alice.cookies.retain(|name, _| name == "__Host-kw-device");
    assert_eq!(alice.try_sign_in(NEW, PASSWORD).await.status, 303);
}

/// A link that somebody else opens signs them in to nothing, and ends nothing of theirs.
#[tokio::test]
async fn a_browser_of_somebody_else_stays_theirs() {
    let app = TestApp::with(with_mail).await;
    let (mut alice, mut bob) = (app.alice().await, app.bob().await);
    ask(&mut alice, NEW).await;
    let link = app.mailed_link(NEW).await;
    assert_eq!(bob.fill(&link, &[]).await.status, 200);
    let page = bob.get("/account").await;
    assert!(
        page.body.contains(USERS[1].1) && !page.body.contains(NEW),
        "{}",
        page.body
    );
}

/// AC-195: who has an account does not show; its owner is told.
#[tokio::test]
async fn an_address_that_is_taken_gets_the_same_answer_and_a_mail_to_its_owner() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    let taken = ask(&mut alice, USERS[1].1).await;
    let free = ask(&mut alice, "eve@example.test").await;
    assert_eq!(taken.status, free.status);
    assert_eq!(taken.body.replace(USERS[1].1, "eve@example.test"), free.body);
    let mails = app.mails(USERS[1].1).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "Your email address was asked for");
    assert!(!mails[0].text.contains("/change-email/") && !mails[0].text.contains(ALICE));
    assert_eq!(app.mails(ALICE).await.len(), 2, "the same to the old address");
    assert_eq!(app.user(USERS[1].1).await.name.as_deref(), Some("bob Example"));
}

#[tokio::test]
async fn what_is_no_new_address_is_refused_and_mails_nothing() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    for email in [
        "",
        "alice",
        "a@b@c.test",
        "a\r\nbcc:eve@x.test@y.test",
        " ALICE@example.test",
    ] {
        let answer = ask(&mut alice, email).await;
        assert_eq!(answer.status, 400, "{email:?}");
        assert!(answer.body.contains("id=\"email-problem\""), "{}", answer.body);
    }
    assert_eq!(app.count("mail_outbox").await, 0);
    let off = TestApp::new().await;
    let mut alice = off.alice().await;
    assert_eq!(
        alice.get("/account/email").await.status,
        404,
        "without mails there is no such page"
    );
    assert_eq!(ask(&mut alice, NEW).await.status, 404);
    assert!(!alice.get("/account").await.body.contains("id=\"email-change\""));
}

/// AC-229: nobody says of their own address that it is verified.
#[tokio::test]
async fn no_form_sets_the_address_or_that_it_is_verified() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    let before = app.user(ALICE).await;
    let fields = [
        ("name", "Alice"),
        ("email", NEW),
        ("email_verified", "true"),
        ("roles", "admin"),
    ];
    assert_eq!(alice.post_account("/account", &fields).await.status, 303);
    let after = app.user(ALICE).await;
    assert_eq!(
        (after.email_verified, after.roles),
        (before.email_verified, before.roles)
    );
    let fields = [("email", NEW), ("email_verified", "true")];
    assert_eq!(alice.post_account("/account/email", &fields).await.status, 200);
    assert_eq!(app.user(ALICE).await.email, ALICE);
}

#[tokio::test]
async fn requests_are_limited_and_beyond_the_limit_nothing_is_mailed() {
    let app = TestApp::with(|config| {
        with_mail(config);
        config.login.attempts = 100;
    })
    .await;
    let mut alice = app.alice().await;
    for number in 0..5 {
        assert_eq!(ask(&mut alice, &format!("a{number}@new.test")).await.status, 200);
    }
    assert_eq!(app.mails(ALICE).await.len(), 3);
    assert!(app.mails("a3@new.test").await.is_empty());
    let third = app.mailed_link("a2@new.test").await;
    assert_eq!(
        app.browser().get(&third).await.status,
        200,
        "the last that was sent stays good"
    );
    let strict = TestApp::with(with_mail).await;
    let mut alice = strict.alice().await;
    for status in [200, 200, 200, 200, 200, 429] {
        assert_eq!(ask(&mut alice, NEW).await.status, status);
    }
}
