//! `/change-email/<link>` and `/revert-email/<link>`: what the links of a change of address do, and when they do nothing.

use crate::support::mailbox::{link, with_mail};
use crate::support::{Answer, Browser, TestApp, USERS, join_all};

const ALICE: &str = USERS[0].1;
const PASSWORD: &str = USERS[0].2;
const NEW: &str = "alice@new.test";
const ISSUER: &str = "https://id.example.test";
const CHANGED_BACK: &str = "Your email address was changed back";

/// Asks for another address; gives the link that went there.
async fn asked(app: &TestApp, alice: &mut Browser<'_>, new: &str) -> String {
    let answer = alice.post_account("/account/email", &[("email", new)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    app.mailed_link(new).await
}

fn is_gone(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.contains("id=\"link-gone\""), "{}", answer.body);
}

/// AC-225
#[tokio::test]
async fn a_link_ends_with_a_newer_one_with_time_and_with_a_new_password() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    let first = asked(&app, &mut alice, "first@new.test").await;
    let second = asked(&app, &mut alice, NEW).await;
    is_gone(&app.browser().get(&first).await);
    is_gone(&app.browser().get(&second.replace("change", "revert")).await);
    is_gone(
        &app.browser()
            .get(&second.replace("change-email", "verify-email"))
            .await,
    );
    assert_eq!(app.browser().get(&second).await.status, 200);
    app.clock.advance(86_400);
    is_gone(&app.browser().get(&second).await);

    let mut alice = app.alice().await;
    let third = asked(&app, &mut alice, NEW).await;
    let mut waiting = app.browser();
    let page = waiting.get(&third).await;
    let csrf = page.hidden("csrf").unwrap();
    app.change_password_of_alice().await;
    is_gone(&waiting.post(&third, &[("csrf", &csrf)]).await);
    assert_eq!(app.user(ALICE).await.email, ALICE);
}

/// AC-225, AC-224: of twenty at one time one is first; a post without the token of the page changes nothing.
#[tokio::test]
async fn a_link_is_used_once_by_whoever_is_first() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    let link = asked(&app, &mut alice, NEW).await;
    assert_eq!(app.browser().post(&link, &[("csrf", "AAAA")]).await.status, 403);
    let mut browsers = Vec::new();
    for _ in 0..20 {
        let mut browser = app.browser();
        let csrf = browser.get(&link).await.hidden("csrf").unwrap();
        browsers.push((browser, csrf));
    }
    let race = browsers
        .iter_mut()
        .map(|(browser, csrf)| async { browser.post(&link, &[("csrf", csrf.as_str())]).await.status });
    let answers = join_all(race).await;
    assert_eq!(
        answers.iter().filter(|status| **status == 200).count(),
        1,
        "{answers:?}"
    );
    assert_eq!(app.user(NEW).await.credential_epoch, 1, "changed once");
    assert_eq!(app.count("events WHERE event = 'email_changed'").await, 1);
}

/// The new address may come to belong to somebody before the link is used.
#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_not_given_twice() {
    let app = TestApp::with(with_mail).await;
    let (mut alice, mut bob) = (app.alice().await, app.bob().await);
    let alices = asked(&app, &mut alice, NEW).await;
    app.clock.advance(1);
    let bobs = asked(&app, &mut bob, NEW).await;
    assert_eq!(app.browser().fill(&bobs, &[]).await.status, 200);
    is_gone(&app.browser().fill(&alices, &[]).await);
    assert_eq!(app.user(NEW).await.name.as_deref(), Some("bob Example"));
    assert_eq!(app.user(ALICE).await.credential_epoch, 0);
}

/// AC-229: the owner of the old address gets it back, and whoever was signed in is out.
#[tokio::test]
async fn the_old_address_undoes_the_change_within_seven_days() {
    for days in [6, 7] {
        let app = TestApp::with(with_mail).await;
        let web = app.web().await;
        let mut alice = app.alice().await;
        let change = asked(&app, &mut alice, NEW).await;
        app.clock.advance(1);
        app.browser().fill(&change, &[]).await;
        let revert = app.mailed_link(ALICE).await;
        app.clock.advance(days * 86_400);
        let mut thief = app.browser();
        thief.sign_in(NEW, PASSWORD).await;
        let tokens = web.tokens(&mut thief, &[]).await;
        app.clock.advance(1);
        thief.fill("/reset-password", &[("email", NEW)]).await;
        let reset = app.mailed_link(NEW).await;
        if days == 7 {
            is_gone(&app.browser().get(&revert).await);
            continue;
        }
        let page = app.browser().get(&revert).await;
        assert!(
            page.body.contains(ALICE) && !page.body.contains(NEW),
            "{}",
            page.body
        );
        let done = app.browser().fill(&revert, &[]).await;
        assert!(done.body.contains("Your account is yours again"), "{}", done.body);
        assert!(done.body.contains("href=\"/reset-password\""), "{}", done.body);
        let user = app.user(ALICE).await;
        assert!(user.email_verified);
        assert!(!thief.is_signed_in().await);
        assert_eq!(app.userinfo(&tokens.access_token).await.status, 401);
        is_gone(&app.browser().get(&reset).await);
        is_gone(&app.browser().get(&revert).await);
        assert_eq!(app.browser().try_sign_in(NEW, PASSWORD).await.status, 400);
        // Mails of one second come in any order.
        let told = app.mails(NEW).await;
        let told = told.iter().find(|mail| mail.subject == CHANGED_BACK).unwrap();
        assert!(
            !told.text.contains(ALICE) && !told.text.contains("Device:"),
            "it may be the thief who reads it: {}",
            told.text
        );
    }
}

/// The notice of the request stops it before anything has changed.
#[tokio::test]
async fn the_old_address_stops_a_change_that_is_only_asked_for() {
    let app = TestApp::with(with_mail).await;
    let mut thief = app.alice().await;
    let change = asked(&app, &mut thief, NEW).await;
    let stop = app.mailed_link(ALICE).await;
    assert_eq!(app.browser().get(&stop).await.status, 200);
    assert!(thief.is_signed_in().await, "looking ends nothing");
    assert_eq!(app.browser().fill(&stop, &[]).await.status, 200);
    assert!(!thief.is_signed_in().await);
    is_gone(&app.browser().get(&change).await);
    assert_eq!(app.user(ALICE).await.email, ALICE);
    assert_eq!(
        app.mails(NEW).await.len(),
        1,
        "it never was an address of the account"
    );
}

/// Changing the address once more takes nothing from the first owner, and undoing it undoes both.
#[tokio::test]
async fn a_second_change_does_not_outrun_the_first_owner() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    let first = asked(&app, &mut alice, NEW).await;
    app.clock.advance(1);
    app.browser().fill(&first, &[]).await;
    app.clock.advance(1);
    let mut thief = app.browser();
    thief.sign_in(NEW, PASSWORD).await;
    let second = asked(&app, &mut thief, "third@new.test").await;
    app.browser().fill(&second, &[]).await;
    assert_eq!(
        app.user("third@new.test").await.name.as_deref(),
        Some("alice Example")
    );
    let thiefs = app.mailed_link(NEW).await;
    let mails = app.mails(ALICE).await;
    let at_request = link(&mails[0], ISSUER);
    let at_change = link(&mails[1], ISSUER);
    assert_eq!(
        app.browser().fill(&at_request, &[]).await.status,
        200,
        "either link of the two"
    );
    assert_eq!(app.user(ALICE).await.credential_epoch, 3);
    is_gone(&app.browser().get(&at_change).await);
    is_gone(&app.browser().fill(&thiefs, &[]).await);
    assert_eq!(app.user(ALICE).await.email, ALICE);
    let told = app.mails("third@new.test").await;
    assert!(told.iter().any(|mail| mail.subject == CHANGED_BACK));
}

/// AC-229: seconds do not tell changes apart, and whoever had the account keeps no key of it.
#[tokio::test]
async fn a_second_change_in_the_same_second_takes_no_way_back_from_the_first_owner() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    let issuer = app.app.config.public_url.to_string();
    app.key_of(ALICE, "", &issuer).await;
    app.clock.advance(1);
    let first = asked(&app, &mut alice, NEW).await;
    let undo = app.mailed_link(ALICE).await;
    app.browser().fill(&first, &[]).await;
    let mut thief = app.browser();
    thief.sign_in(NEW, PASSWORD).await;
    app.key_of(NEW, "", &issuer).await;
    let answer = thief
        .post_account("/account/email", &[("email", "third@new.test")])
        .await;
    assert_eq!(answer.status, 200);
    let mails = app.mails(NEW).await;
    let stop = mails
        .iter()
        .find(|mail| mail.text.contains("/revert-email/"))
        .unwrap();
    assert_eq!(app.browser().fill(&link(stop, ISSUER), &[]).await.status, 200);
    assert_eq!(app.browser().fill(&undo, &[]).await.status, 200);
    assert_eq!(app.user(ALICE).await.email, ALICE);
    assert_eq!(app.count("api_keys").await, 1, "the key of before");
}

/// AC-227, AC-228: links are of the configured address; nothing that somebody typed is in the mail to another one.
#[tokio::test]
async fn mails_of_a_change_hold_no_secret_and_name_time_and_place() {
    let app = TestApp::with(with_mail).await;
    let mut alice = app.alice().await;
    asked(&app, &mut alice, NEW).await;
    let mail = app.mails(ALICE).await.remove(0);
    assert!(mail.text.contains(&app.now().for_people()), "{}", mail.text);
    assert!(
        !mail.text.contains(NEW) && !mail.html.contains(NEW),
        "{}",
        mail.text
    );
    let links: Vec<&str> = mail.text.lines().filter(|line| line.contains("://")).collect();
    assert!(links.len() == 1 && links[0].starts_with("https://id.example.test/revert-email/kw_vt_"));
}
