//! A password counts as it was set (SP 800-63B-4 §3.1.1.2): nothing trimmed, folded or cut, one normal form.

use crate::support::{TestApp, USERS};
use keywright::identity::event::Actor;
use keywright::identity::users::{self, UserError};
use keywright::secret::Secret;

async fn set(app: &TestApp, current: &str, new: &str) -> u16 {
    let mut alice = app.browser();
    alice.sign_in(USERS[0].1, current).await;
    let fields = [("current", current), ("password", new)];
    let answer = alice.post_account("/account/security/password", &fields).await;
    answer.status.as_u16()
}

async fn signs_in(app: &TestApp, password: &str) -> bool {
    let answer = app.browser().try_sign_in(USERS[0].1, password).await;
    assert!(matches!(answer.status.as_u16(), 303 | 400), "{}", answer.body);
    answer.status == 303
}

/// ASVS 6.2.8 · RFC 8265 §4.2.2 · AC-213
#[tokio::test]
async fn a_password_is_verified_exactly_as_it_was_set() {
    let app = TestApp::with(|config| config.login.attempts = 100).await;
    let mut current = USERS[0].2.to_owned();
    for (new, same, others) in [
        (
            "  spaces at both ends  ",
            "  spaces at both ends  ",
            ["spaces at both ends", "  spaces at both ends"],
        ),
        (
            "Größe und Weite é",
            "Gr\u{f6}\u{df}e und Weite e\u{301}",
            ["Grosse und Weite é", "größe und weite é"],
        ),
        (
            "🦀 crabs 🦀 and 漢字 kanji",
            "🦀 crabs 🦀 and 漢字 kanji",
            ["crabs  and  kanji", "🦀 crabs 🦀 and 漢字"],
        ),
        (
            "tab\tand+plus & percent%20",
            "tab\tand+plus & percent%20",
            ["tab and+plus & percent%20", "tab\tand plus & percent "],
        ),
    ] {
        assert!(matches!(set(&app, &current, new).await, 200 | 303), "{new}");
        assert!(signs_in(&app, same).await, "{new}");
        for other in others {
            assert!(!signs_in(&app, other).await, "{other}");
        }
        current = new.to_owned();
    }
}

/// ASVS 6.2.4, 6.2.5, 6.2.11 · AC-213: no rules on which characters; common and obvious ones are refused.
#[tokio::test]
async fn what_everybody_uses_or_what_is_obvious_is_refused() {
    let app = TestApp::with(|config| config.passwords.min_length = 8).await;
    for common in [
        "123456789",
        "PASSWORD1",
        "iloveyou",
        "aaaaaaaaaaaa",
        "alice@example.test",
        "alice is my name",
        "keywright",
    ] {
        assert_eq!(set(&app, USERS[0].2, common).await, 400, "{common}");
    }
    assert_eq!(set(&app, USERS[0].2, "only small letters").await, 303);
}

/// AC-213: a NUL ends no password early.
#[tokio::test]
async fn a_password_with_nul_is_refused() {
    let app = TestApp::new().await;
    assert_eq!(set(&app, USERS[0].2, "a password\0 with more").await, 400);
    let page = app
        .browser()
        .try_sign_in(USERS[0].1, "correct horse battery\0")
        .await;
    assert_eq!(page.status, 400);
    app.browser().sign_in(USERS[0].1, USERS[0].2).await;
}

/// A reset that commits while another change is hashing stays: it may have been made against who makes that change.
#[tokio::test]
async fn of_two_changes_the_first_to_be_stored_stays() {
    let app = TestApp::new().await;
    let seen = app.user(USERS[0].1).await;
    let set = async |password: &str| {
        let password = Secret::new(password.to_owned());
        users::set_password(Actor::operator(&app.app), &seen, password).await
    };
    assert_eq!(
        set("the first of the two").await.unwrap(),
        seen.credential_epoch + 1
    );
    let late = set("the second of the two").await;
    assert!(matches!(late, Err(UserError::Changed)), "{late:?}");
    assert!(signs_in(&app, "the first of the two").await);
    assert!(!signs_in(&app, "the second of the two").await);
}

/// Each change voids the links of mails: whoever knows a stolen password must not keep its owner from resetting it.
#[tokio::test]
async fn a_password_is_changed_five_times_a_day_and_a_reset_by_mail_still_works() {
    let app = TestApp::with(|config| {
        crate::support::mailbox::with_mail(config);
        config.login.attempts = 100;
    })
    .await;
    let mut current = USERS[0].2.to_owned();
    for number in 0..5 {
        let new = format!("a lantern of number {number}");
        assert_eq!(set(&app, &current, &new).await, 303, "{number}");
        current = new;
        app.clock.advance(60);
    }
    app.browser()
        .fill("/reset-password", &[("email", USERS[0].1)])
        .await;
    assert_eq!(set(&app, &current, "one lantern too many").await, 429);
    assert!(signs_in(&app, &current).await, "nothing was changed");
    let link = app.mailed_link(USERS[0].1).await;
    let done = app
        .browser()
        .fill(&link, &[("password", "what the owner chooses")])
        .await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(signs_in(&app, "what the owner chooses").await);
    app.clock.advance(86_400);
    assert_eq!(
        set(&app, "what the owner chooses", "a lantern of tomorrow").await,
        303
    );
}
