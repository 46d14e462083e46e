//! `/account/api-keys`: what people make for their programs.

use crate::support::keys::{HERE, with_api};
use crate::support::mailbox::with_mail;
use crate::support::{API, Answer, Browser, TestApp, USERS};
use keywright::opaque::{Kind, Opaque};
use keywright::storage::api_keys;
use keywright::time::Seconds;
use keywright::vault::Vault;

const NEW: &str = "/account/api-keys/new";

/// Makes a key and gives the page that shows it, and the key.
async fn make(browser: &mut Browser<'_>, fields: &[(&str, &str)]) -> (Answer, String) {
    let page = browser.post_account(NEW, fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (_, rest) = page.body.split_once("id=\"api-key\"").unwrap();
    let key = rest
        .split_once('>')
        .unwrap()
        .1
        .split_once('<')
        .unwrap()
        .0
        .to_owned();
    (page, key)
}

/// AC-240: shown once, with prefix and checksum, 256 bits; the list shows what it begins with and no more.
#[tokio::test]
async fn a_key_is_shown_once_and_listed_masked() {
    let app = TestApp::with(with_api).await;
    let mut alice = app.alice().await;
    let page = alice.get("/account/api-keys").await;
    assert!(page.body.contains("You have no API keys."), "{}", page.body);
    let fields = [
        ("name", "  Backup <script> "),
        ("resource", API),
        ("lifetime", "30d"),
        ("scope", "email"),
        ("scope", "notes:read"),
    ];
    let (page, key) = make(&mut alice, &fields).await;
    assert!(
        page.body.contains("Copy it now. You won’t see it again."),
        "{}",
        page.body
    );
    assert_eq!(page.header("cache-control"), "no-store");
    let rest = key.strip_prefix("kw_pat_").unwrap();
    assert_eq!(rest.len(), 22 + 1 + 43 + 8);
    assert_eq!(app.verify(&key, &format!("?audience={API}")).await.status, 200);

    let page = alice.get("/account/api-keys").await;
    let made = keywright::time::Timestamp(app.now().0);
    for shown in [
        "<b><bdi>Backup &#60;script&#62;</bdi></b>".to_owned(),
        key[..30].to_owned(),
        format!("For <bdi>{API}</bdi>"),
        "<li>See your email address</li>".to_owned(),
        "<li>notes:read</li>".to_owned(),
        format!("Made {}", made.for_people()),
        format!("Good until {}", (made + Seconds(30 * 86_400)).for_people()),
        format!("Last used {} from <bdi>127.0.0.1</bdi>", made.for_people()),
    ] {
        assert!(page.body.contains(&shown), "{shown} in {}", page.body);
    }
    assert!(!page.body.contains(&key[30..]) && !page.body.contains(&key[key.len() - 20..]));
    let row = app.stored_key(&app.user(USERS[0].1).await.id).await;
    assert_eq!(row.name, "Backup <script>");
    let mut bob = app.bob().await;
    assert!(
        bob.get("/account/api-keys")
            .await
            .body
            .contains("You have no API keys.")
    );
}

/// AC-240 · AC-269 · ASVS 14.2.6: what is stored is of no use to whoever has it.
#[tokio::test]
async fn the_database_holds_no_usable_key() {
    let app = TestApp::new().await;
    let (_, key) = make(&mut app.alice().await, &[("name", "x"), ("lifetime", "30d")]).await;
    let row = app.stored_key(&app.user(USERS[0].1).await.id).await;
    assert_eq!(row.digest.len(), 32);
    let stored = format!("{row:?}");
    for part in [&key[30..], &key[key.len() - 12..]] {
        assert!(!stored.contains(part));
    }
    // A key made of the stored digest is none, nor is any other with the right identifier.
    use base64::Engine;
    let digest = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&row.digest);
    let forged = format!("{}{digest}{}", &key[..30], &key[key.len() - 8..]);
    assert_eq!(forged.len(), key.len());
    app.verify(&forged, "").await.problem(401, "invalid_token");
    // With another data-encryption key, no key is any good.
    let other = Vault::new(&[7; 32]);
    assert!(Opaque::parse(Kind::ApiKey, &key, &other).is_none());
    assert!(
        !Opaque::parse(Kind::ApiKey, &key, &app.app.vault)
            .unwrap()
            .matches(&row.digest, &other)
    );
    assert_eq!(app.verify(&key, "").await.status, 200);
}

/// AC-240 · AC-221: a key outlives the session, so that only a recent sign-in makes one.
#[tokio::test]
async fn a_key_is_made_only_after_a_recent_sign_in() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    app.clock.advance(601);
    let asked = alice.get(NEW).await;
    assert!(
        asked.location().contains("/login?flow=confirm.account-api-key"),
        "{}",
        asked.location()
    );
    let posted = alice
        .post_account(NEW, &[("name", "x"), ("lifetime", "30d")])
        .await;
    assert!(posted.location().contains("/login?flow=confirm.account-api-key"));
    assert_eq!(app.count("api_keys").await, 0);
    let page = alice.follow(&asked).await;
    let back = alice.submit_login(&page, "", USERS[0].2).await;
    assert_eq!(back.location(), format!("{HERE}{NEW}"));
    assert_eq!(alice.follow(&back).await.status, 200);
    make(&mut alice, &[("name", "x"), ("lifetime", "30d")]).await;
}

/// Without the token of the form nothing is made or revoked.
#[tokio::test]
async fn another_site_makes_and_revokes_nothing() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    app.key_of_alice("", HERE).await;
    let id = app.stored_key(&app.user(USERS[0].1).await.id).await.id;
    for (path, fields) in [
        (NEW, [("name", "x"), ("lifetime", "30d")]),
        ("/account/api-keys", [("key", id.as_str()), ("csrf", "x")]),
    ] {
        assert_eq!(alice.post(path, &fields).await.status, 403, "{path}");
    }
    assert_eq!(app.count("api_keys").await, 1);
}

/// What asks for too much is told so beside the field, and nothing is stored.
#[tokio::test]
async fn a_key_that_asks_for_too_much_is_not_made() {
    let app = TestApp::with(with_api).await;
    let mut alice = app.alice().await;
    let long = "x".repeat(51);
    for (field, fields) in [
        ("name", &[("name", ""), ("lifetime", "30d")][..]),
        ("name", &[("name", "  "), ("lifetime", "30d")]),
        ("name", &[("name", &long), ("lifetime", "30d")]),
        ("name", &[("name", "a\nb"), ("lifetime", "30d")]),
        ("lifetime", &[("name", "x")]),
        ("lifetime", &[("name", "x"), ("lifetime", "366d")]),
        ("lifetime", &[("name", "x"), ("lifetime", "0s")]),
        ("lifetime", &[("name", "x"), ("lifetime", "-1d")]),
        ("lifetime", &[("name", "x"), ("lifetime", "never")]),
        (
            "scope",
            &[("name", "x"), ("lifetime", "30d"), ("scope", "openid")],
        ),
        (
            "scope",
            &[("name", "x"), ("lifetime", "30d"), ("scope", "offline_access")],
        ),
        ("scope", &[("name", "x"), ("lifetime", "30d"), ("scope", "admin")]),
        (
            "scope",
            &[("name", "x"), ("lifetime", "30d"), ("scope", "email admin")],
        ),
        (
            "resource",
            &[
                ("name", "x"),
                ("lifetime", "30d"),
                ("resource", "https://api2.test"),
            ],
        ),
    ] {
        let page = alice.post_account(NEW, fields).await;
        assert_eq!(page.status, 400, "{fields:?}");
        assert!(
            page.body.contains(&format!("id=\"{field}-problem\"")),
            "{fields:?}: {}",
            page.body
        );
        assert!(page.body.contains("<title>Error: "));
    }
    assert_eq!(app.count("api_keys").await, 0);
}

/// AC-190: only one's own.
#[tokio::test]
async fn a_key_is_revoked_by_its_owner_only() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let (_, key) = make(&mut alice, &[("name", "x"), ("lifetime", "30d")]).await;
    let id = app.stored_key(&app.user(USERS[0].1).await.id).await.id;
    let mut bob = app.bob().await;
    for wrong in [id.as_str(), "", "%", "x"] {
        let answer = bob.post_account("/account/api-keys", &[("key", wrong)]).await;
        assert_eq!(answer.status, 404, "{wrong}");
    }
    assert_eq!(app.verify(&key, "").await.status, 200);
    let answer = alice.post_account("/account/api-keys", &[("key", &id)]).await;
    assert_eq!(answer.location(), format!("{HERE}/account/api-keys?done=revoked"));
    assert!(alice.follow(&answer).await.body.contains("Revoked."));
    app.verify(&key, "").await.problem(401, "invalid_token");
}

/// The list says what is over, so that one knows why a program stopped.
#[tokio::test]
async fn an_ended_key_is_listed_as_such() {
    let app = TestApp::with(|config| config.api_keys.idle = Seconds(10 * 86_400)).await;
    let mut alice = app.alice().await;
    make(&mut alice, &[("name", "short"), ("lifetime", "7d")]).await;
    make(&mut alice, &[("name", "unused"), ("lifetime", "30d")]).await;
    let page = alice.get("/account/api-keys").await;
    assert!(!page.body.contains("Expired") && !page.body.contains(">Ended<"));
    app.clock.advance(10 * 86_400);
    let mut alice = app.alice().await;
    let page = alice.get("/account/api-keys").await;
    assert!(
        page.body
            .contains("<bdi>short</bdi></b> <span class=\"badge\">Expired</span>"),
        "{}",
        page.body
    );
    assert!(
        page.body
            .contains("<bdi>unused</bdi></b> <span class=\"badge\">Ended</span>"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn a_person_has_no_more_than_fifty() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    for _ in 0..50 {
        app.key_of_alice("", HERE).await;
    }
    let page = alice
        .post_account(NEW, &[("name", "x"), ("lifetime", "30d")])
        .await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("has 50 keys already"), "{}", page.body);
    assert_eq!(app.count("api_keys").await, 50);
    let made = app.count("events WHERE event = 'api_key_created'").await;
    assert_eq!(made, 50, "of what was refused there is no event");
}

/// The operator may keep the making of keys to the command line; what there is stays, and can be revoked.
#[tokio::test]
async fn without_self_service_nobody_makes_keys_but_everybody_revokes() {
    let app = TestApp::with(|config| config.api_keys.self_service = false).await;
    let mut alice = app.alice().await;
    let key = app.key_of_alice("", HERE).await;
    assert_eq!(app.verify(&key, "").await.status, 200);
    let page = alice.get("/account/api-keys").await;
    assert!(!page.body.contains("id=\"api-key-new\""), "{}", page.body);
    assert_eq!(alice.get(NEW).await.status, 404);
    let fields = [("name", "x"), ("lifetime", "30d")];
    assert_eq!(alice.post_account(NEW, &fields).await.status, 404);
    let alice_id = app.user(USERS[0].1).await.id;
    let id = app.stored_key(&alice_id).await.id;
    let answer = alice.post_account("/account/api-keys", &[("key", &id)]).await;
    assert!(answer.location().ends_with("?done=revoked"));
    assert!(
        api_keys::of_owner(app.app.db.read(), &alice_id)
            .await
            .unwrap()
            .is_empty()
    );
}

/// A key goes on through a new password. Whoever had to set one is told to look.
#[tokio::test]
async fn a_new_password_says_that_keys_go_on() {
    let app = TestApp::with(with_mail).await;
    app.key_of_alice("", HERE).await;
    // The mail with the link is the newest then.
    app.clock.advance(1);
    for (name, email, _) in USERS {
        app.browser().fill("/reset-password", &[("email", email)]).await;
        let link = app.mailed_link(email).await;
        let form = [("password", "a lantern under the old stairs")];
        let done = app.browser().fill(&link, &form).await;
        assert_eq!(
            done.body.contains("Your API keys go on"),
            name == "alice",
            "{}",
            done.body
        );
    }
    let mut alice = app.browser();
    alice.sign_in(USERS[0].1, "a lantern under the old stairs").await;
    let page = alice.get("/account/security?done=password").await;
    assert!(page.body.contains("Your API keys go on"), "{}", page.body);
}
