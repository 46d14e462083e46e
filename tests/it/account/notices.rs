//! What people are told of by mail.

use crate::support::keys::{HERE, owner};
use crate::support::mailbox::with_mail;
use crate::support::{API, Browser, TestApp, USERS};
use axum::body::Body;
use axum::http::Request;
use keywright::config::Config;
use keywright::identity::event::{Actor, Journal};
use keywright::identity::notice;
use keywright::mail::Notice;

const ALICE: &str = USERS[0].1;
const PASSWORD: &str = USERS[0].2;
const DAY: i64 = 86_400;

fn patient(config: &mut Config) {
    with_mail(config);
    config.login.attempts = 1_000;
}

async fn subjects(app: &TestApp) -> Vec<String> {
    app.mails(ALICE)
        .await
        .into_iter()
        .map(|mail| mail.subject)
        .collect()
}

/// Signs alice in on a device of hers, where she is signed out.
async fn again(browser: &mut Browser<'_>, password: &str) {
    browser.cookies.remove("__Host-kw-session");
    browser.sign_in(ALICE, password).await;
}

/// AC-215
#[tokio::test]
async fn a_sign_in_on_a_new_device_is_told_and_one_on_a_known_device_is_not() {
    let app = TestApp::with(patient).await;
    let mut known = app.alice().await;
    assert!(subjects(&app).await.is_empty(), "a new account is new everywhere");
    app.clock.advance(2 * 3_600);
    again(&mut known, PASSWORD).await;
    assert!(subjects(&app).await.is_empty());
    let mut stranger = app.browser();
    for _ in 0..3 {
        stranger.try_sign_in(ALICE, "not the password").await;
    }
    stranger.sign_in(ALICE, PASSWORD).await;
    let mails = app.mails(ALICE).await;
    assert_eq!(subjects(&app).await, ["New sign-in to your account"], "one mail");
    let text = &mails[0].text;
    for part in [
        "127.0.0.1",
        "Unknown browser",
        &app.now().for_people(),
        "https://id.example.test/account/activity",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        !text.contains("/login") && !text.contains("kw_") && !text.contains(PASSWORD),
        "{text}"
    );
    let page = app.browser().get("/account/activity").await;
    assert!(
        page.location().contains("/login?flow="),
        "the link signs nobody in"
    );
}

/// AC-215: of wrong passwords elsewhere the owner hears at the next sign-in on a device that is known.
#[tokio::test]
async fn wrong_passwords_elsewhere_are_told_at_the_next_sign_in() {
    let app = TestApp::with(patient).await;
    let mut known = app.alice().await;
    for _ in 0..2 {
        app.browser().try_sign_in(ALICE, "not the password").await;
    }
    again(&mut known, PASSWORD).await;
    assert!(subjects(&app).await.is_empty(), "two are a slip");
    for _ in 0..3 {
        app.browser().try_sign_in(ALICE, "not the password").await;
    }
    again(&mut known, PASSWORD).await;
    assert_eq!(subjects(&app).await, ["Wrong passwords were tried"]);
    again(&mut known, PASSWORD).await;
    assert_eq!(subjects(&app).await.len(), 1, "told once");
}

/// AC-215: whoever has the password and not the second factor gives themselves away.
#[tokio::test]
async fn a_right_password_with_wrong_codes_is_told_once_a_day() {
    let app = TestApp::with(patient).await;
    let (_alice, _, _) = app.alice_with_app().await;
    let before = subjects(&app).await.len();
    let (mut thief, page) = app.half_signed_in().await;
    for times in 1..=6 {
        assert_eq!(thief.second_step(&page, "000000").await.status, 400);
        let told = subjects(&app).await.len() - before;
        assert_eq!(told, usize::from(times >= 3), "{times}");
    }
    assert_eq!(
        subjects(&app).await.last().unwrap(),
        "Somebody may know your password"
    );
    app.clock.advance(DAY);
    let (mut thief, page) = app.half_signed_in().await;
    for _ in 0..4 {
        thief.second_step(&page, "000000").await;
    }
    let told = subjects(&app).await;
    let again = told
        .iter()
        .filter(|subject| *subject == "Somebody may know your password");
    assert_eq!(
        again.count(),
        1,
        "the mail of yesterday has expired, that of today is here"
    );
}

/// AC-214, AC-222, AC-083 · ASVS 6.3.7
#[tokio::test]
async fn changes_of_what_proves_who_somebody_is_are_told() {
    let app = TestApp::with(patient).await;
    let web = app.web().await;
    let (mut alice, _, _) = app.alice_with_app().await;
    let answer = alice.post_account("/account/security/recovery-codes", &[]).await;
    let codes = crate::support::recovery_codes(&answer);
    let (mut other, page) = app.half_signed_in().await;
    other.second_step(&page, &codes[0]).await;
    alice
        .post_account("/account/security/remove", &[("factor", "app")])
        .await;
    let fields = [("current", PASSWORD), ("password", "purple rivers under glass")];
    alice.post_account("/account/security/password", &fields).await;
    let tokens = web.tokens(&mut alice, &[]).await;
    let stale = tokens.refresh_token.unwrap();
    web.refresh(&stale).await;
    for _ in 0..3 {
        web.refresh(&stale).await.refused(400, "invalid_grant");
    }
    let mut told = subjects(&app).await;
    told.sort();
    assert_eq!(
        told,
        [
            "A recovery code was used",
            "An app was signed out of your account",
            "An authenticator app was added",
            "Your authenticator app was removed",
            "Your password was changed",
            "Your recovery codes were replaced",
        ]
    );
    let secret = format!("{}{}", codes[0], codes[1]);
    for mail in app.mails(ALICE).await {
        assert!(
            codes.iter().all(|code| !mail.text.contains(code)),
            "{secret} {}",
            mail.text
        );
    }
}

/// AC-214 · AC-240: whoever makes a key that acts as somebody, they hear of it, and see none of it.
#[tokio::test]
async fn a_new_key_is_told_to_whom_it_acts_as() {
    let app = TestApp::with(patient).await;
    app.client("svc", owner()).await;
    let mut alice = app.alice().await;
    let form = [("name", "Call +1 555 0199"), ("lifetime", "30d")];
    let page = alice.post_account("/account/api-keys/new", &form).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let refused = alice
        .post_account("/account/api-keys/new", &[("name", ""), ("lifetime", "30d")])
        .await;
    assert_eq!(refused.status, 400);
    app.clock.advance(1);
    app.key_of_alice("", HERE).await;
    app.key_of_client("svc", "api:read", API).await;
    assert_eq!(
        subjects(&app).await,
        ["An API key was created", "An API key was created"]
    );
    let mails = app.mails(ALICE).await;
    assert!(mails[0].text.contains("127.0.0.1"), "{}", mails[0].text);
    assert!(mails[1].text.contains("an administrator"), "{}", mails[1].text);
    for mail in &mails {
        assert!(
            !mail.text.contains("kw_pat_") && !mail.text.contains("555"),
            "{}",
            mail.text
        );
    }
    assert_eq!(app.count("mail_outbox").await, 2, "a service reads no mail");
}

/// The device on which the password was changed is still known.
#[tokio::test]
async fn a_changed_password_makes_no_stranger_of_this_device() {
    let app = TestApp::with(patient).await;
    app.clock.advance(2 * 3_600);
    let mut alice = app.alice().await;
    let fields = [("current", PASSWORD), ("password", "purple rivers under glass")];
    alice.post_account("/account/security/password", &fields).await;
    let before = subjects(&app).await.len();
    again(&mut alice, "purple rivers under glass").await;
    assert_eq!(subjects(&app).await.len(), before);
}

/// AC-215: ten a day of what strangers can cause, and those do not use up the ones that tell of changes.
#[tokio::test]
async fn notices_are_capped_by_day_and_class() {
    let app = TestApp::with(patient).await;
    let user = app.user(ALICE).await;
    let send = async |notice: Notice| {
        let mut journal = Journal::begin(Actor::operator(&app.app)).await.unwrap();
        notice::send(&mut journal, notice, &user).await.unwrap();
        journal.commit().await.unwrap();
    };
    for _ in 0..15 {
        send(Notice::NewDevice).await;
    }
    assert_eq!(subjects(&app).await.len(), 10);
    send(Notice::ApiKeyCreated).await;
    assert_eq!(subjects(&app).await.len(), 11);
    app.clock.advance(DAY);
    send(Notice::NewDevice).await;
    assert_eq!(subjects(&app).await, ["New sign-in to your account"]);
    assert!(app.mails(ALICE).await[0].text.contains("an administrator"));
}

#[tokio::test]
async fn nobody_is_told_at_an_address_that_may_be_a_strangers_or_if_the_operator_says_no() {
    let off = TestApp::with(|config| {
        with_mail(config);
        config.mail.notices = false;
    })
    .await;
    off.alice().await.add_app().await;
    assert_eq!(off.count("mail_outbox").await, 0);

    let app = TestApp::with(patient).await;
    let mut row = app.user(ALICE).await;
    row.id = "00000000-0000-4000-8000-000000000000".to_owned();
    row.email = "carol@example.test".to_owned();
    row.preferred_username = None;
    row.email_verified = false;
    keywright::storage::users::insert(app.app.db.write(), &row)
        .await
        .unwrap();
    let mut carol = app.browser();
    carol.sign_in("carol@example.test", PASSWORD).await;
    carol.add_app().await;
    assert_eq!(app.count("mail_outbox").await, 0);
    assert_eq!(
        app.count("events WHERE event = 'authenticator_app_added'").await,
        1
    );
}

/// AC-228: what a browser calls itself is not in the mail.
#[tokio::test]
async fn a_user_agent_is_named_and_never_quoted() {
    let app = TestApp::with(patient).await;
    app.clock.advance(2 * 3_600);
    let mut browser = app.browser();
    let page = browser.get("/login").await;
    let form = format!(
        "flow=&csrf={}&username=alice%40example.test&password={}",
        page.hidden("csrf").unwrap(),
        PASSWORD.replace(' ', "+")
    );
    let request = Request::post("/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("origin", "https://id.example.test")
        .header("user-agent", "Call +1 555 0199 <b>now</b> Firefox/140.0 Windows");
    let answer = browser.send(request.body(Body::from(form)).unwrap()).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let mail = app.mails(ALICE).await.remove(0);
    assert!(mail.text.contains("Firefox on Windows"), "{}", mail.text);
    assert!(
        !mail.text.contains("555") && !mail.html.contains("555"),
        "{}",
        mail.text
    );
    let mut alice = app.alice().await;
    let page = alice.get("/account/activity").await;
    assert!(
        page.body.contains("Firefox on Windows") && !page.body.contains("555"),
        "{}",
        page.body
    );
}
