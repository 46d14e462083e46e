//! Passkeys: added on `/account/security/passkey`, used on `/login` and `/login/mfa`.

use super::authenticator::{Passkey, Said, text};
use crate::support::{Answer, Browser, TestApp, USERS};
use serde_json::Value;

/// The ceremony that a page carries: its handle, and the options for the browser.
pub fn carried(page: &Answer) -> (String, Value) {
    let (_, rest) = page.body.split_once("data-options=\"").unwrap();
    let options = rest.split_once('"').unwrap().0.replace("&#34;", "\"");
    (
        page.hidden("ceremony").unwrap(),
        serde_json::from_str(&options).unwrap(),
    )
}

/// Posts the answer of an authenticator on the page that adds a passkey.
async fn post_setup(browser: &mut Browser<'_>, ceremony: &str, credential: &str) -> Answer {
    let form = [
        ("name", "Key"),
        ("ceremony", ceremony),
        ("credential", credential),
    ];
    browser.post_account("/account/security/passkey", &form).await
}

pub async fn add(browser: &mut Browser<'_>, id: u8) -> Passkey {
    let page = browser.get("/account/security/passkey").await;
    let (ceremony, options) = carried(&page);
    let (passkey, answer) = Passkey::create(&options, id);
    let added = post_setup(browser, &ceremony, &answer).await;
    assert!(matches!(added.status.as_u16(), 200 | 303), "{}", added.body);
    passkey
}

/// Begins a sign-in with a passkey; gives CSRF token, handle and options.
pub async fn begin(browser: &mut Browser<'_>) -> (String, String, Value) {
    let csrf = browser.get("/login").await.hidden("csrf").unwrap();
    let answer = browser.post("/login/passkey/options", &[("csrf", &csrf)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let value = answer.json();
    (
        csrf,
        value["ceremony"].as_str().unwrap().to_owned(),
        value["options"].clone(),
    )
}

pub async fn post_sign_in(browser: &mut Browser<'_>, csrf: &str, ceremony: &str, credential: &str) -> Answer {
    let form = [("csrf", csrf), ("ceremony", ceremony), ("credential", credential)];
    browser.post("/login/passkey", &form).await
}

#[tokio::test]
async fn a_passkey_signs_its_owner_in_and_is_two_factors() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut passkey = add(&mut app.alice().await, 1).await;
    let mut browser = app.browser();
    for _ in 0..2 {
        browser.cookies.clear();
        let (csrf, ceremony, options) = begin(&mut browser).await;
        assert_eq!(options["publicKey"]["userVerification"], "required");
        let credential = passkey.assertion(&Said::truth("webauthn.get", &options));
        let answer = post_sign_in(&mut browser, &csrf, &ceremony, &credential).await;
        assert_eq!(answer.location(), "https://id.example.test/");
    }
    let tokens = web
        .tokens(&mut browser, &[("acr_values", "urn:keywright:acr:mfa")])
        .await;
    let claims = app.claims(&tokens.id_token.unwrap(), "JWT");
    assert_eq!(claims.text("acr"), Some("urn:keywright:acr:mfa"));
    assert_eq!(claims.members()["amr"].to_string(), r#"["hwk","mfa"]"#);
    assert_eq!(claims.text("sub"), Some(app.user(USERS[0].1).await.id.as_str()));
}

/// AC-232, AC-233, AC-234: whatever is not as it should be signs nobody in.
#[tokio::test]
async fn an_answer_with_one_thing_wrong_signs_nobody_in() {
    type Lie = (&'static str, fn(&mut Said, &mut Passkey));
    let app = TestApp::new().await;
    let mut passkey = add(&mut app.alice().await, 1).await;
    let bob = app.user(USERS[1].1).await;
    let bob = uuid::Uuid::parse_str(&bob.id).unwrap().into_bytes().to_vec();
    let alice = passkey.user.clone();
    let lies: &[Lie] = &[
        ("type", |said, _| said.kind = "webauthn.create"),
        ("origin", |said, _| said.origin = "https://evil.test"),
        ("suffix", |said, _| {
            said.origin = "https://id.example.test.evil.test"
        }),
        ("scheme", |said, _| said.origin = "http://id.example.test"),
        ("port", |said, _| said.origin = "https://id.example.test:8443"),
        ("subdomain", |said, _| said.origin = "https://x.id.example.test"),
        ("crossOrigin", |said, _| said.cross_origin = true),
        ("topOrigin", |said, _| said.top_origin = true),
        ("rpIdHash", |said, _| said.rp_id = "evil.test"),
        ("user present", |said, _| said.flags = 0b100),
        ("user verified", |said, _| said.flags = 0b001),
        ("backed up but not eligible", |said, _| said.flags |= 0b1_0000),
        ("challenge", |said, _| said.challenge = text(&[7; 32])),
        ("counter", |_, passkey| passkey.counter = 0),
        ("credential", |_, passkey| passkey.id = vec![9; 16]),
        ("user handle", |_, passkey| passkey.user.clear()),
    ];
    for (name, lie) in lies {
        let mut browser = app.browser();
        let (csrf, ceremony, options) = begin(&mut browser).await;
        let mut said = Said::truth("webauthn.get", &options);
        let (id, counter) = (passkey.id.clone(), passkey.counter);
        lie(&mut said, &mut passkey);
        let credential = passkey.assertion(&said);
        (passkey.id, passkey.counter, passkey.user) = (id, counter, alice.clone());
        let answer = post_sign_in(&mut browser, &csrf, &ceremony, &credential).await;
        assert_eq!(answer.status, 400, "{name}");
        assert!(
            answer.body.contains("That passkey did not work here."),
            "{name}: {}",
            answer.body
        );
        assert!(!browser.is_signed_in().await, "{name}");
    }
    // Alice's key under bob's name, another key's signature, and what is no credential at all.
    passkey.user = bob;
    let mut browser = app.browser();
    let (csrf, ceremony, options) = begin(&mut browser).await;
    let credential = passkey.assertion(&Said::truth("webauthn.get", &options));
    assert_eq!(
        post_sign_in(&mut browser, &csrf, &ceremony, &credential)
            .await
            .status,
        400
    );
    let (csrf, ceremony, options) = begin(&mut browser).await;
    let setup = serde_json::json!({ "publicKey": { "user": { "id": text(&alice) }, "challenge": "" } });
    let (mut forged, _) = Passkey::create(&setup, 1);
    forged.counter = 1_000;
    let credential = forged.assertion(&Said::truth("webauthn.get", &options));
    assert_eq!(
        post_sign_in(&mut browser, &csrf, &ceremony, &credential)
            .await
            .status,
        400
    );
    for garbage in [
        "{}",
        "[]",
        "null",
        "x",
        "{\"id\":\"\",\"rawId\":\"\",\"type\":\"public-key\",\"response\":{}}",
    ] {
        let (csrf, ceremony, _) = begin(&mut browser).await;
        assert_eq!(
            post_sign_in(&mut browser, &csrf, &ceremony, garbage).await.status,
            400,
            "{garbage}"
        );
    }
    // And the honest one still works.
    passkey.user = alice;
    let (csrf, ceremony, options) = begin(&mut browser).await;
    let credential = passkey.assertion(&Said::truth("webauthn.get", &options));
    assert_eq!(
        post_sign_in(&mut browser, &csrf, &ceremony, &credential)
            .await
            .status,
        303
    );
}

/// AC-231: one answer per challenge, in time, in the browser that asked, for what it was asked.
#[tokio::test]
async fn a_ceremony_takes_one_answer() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let mut passkey = add(&mut alice, 1).await;
    let mut browser = app.browser();

    let (csrf, ceremony, options) = begin(&mut browser).await;
    let said = Said::truth("webauthn.get", &options);
    assert_eq!(
        post_sign_in(&mut browser, &csrf, &ceremony, "{}").await.status,
        400
    );
    let right = passkey.assertion(&said);
    let second = post_sign_in(&mut browser, &csrf, &ceremony, &right).await;
    assert_eq!(second.status, 400, "used up by the wrong answer");

    let (csrf, ceremony, options) = begin(&mut browser).await;
    let late = passkey.assertion(&Said::truth("webauthn.get", &options));
    app.clock.advance(301);
    assert_eq!(
        post_sign_in(&mut browser, &csrf, &ceremony, &late).await.status,
        400,
        "too late"
    );

    let (_, ceremony, options) = begin(&mut browser).await;
    let mut other = app.browser();
    let (csrf, _, _) = begin(&mut other).await;
    let stolen = passkey.assertion(&Said::truth("webauthn.get", &options));
    assert_eq!(
        post_sign_in(&mut other, &csrf, &ceremony, &stolen).await.status,
        400,
        "another browser"
    );

    let (setup, options) = carried(&alice.get("/account/security/passkey").await);
    let misused = passkey.assertion(&Said::truth("webauthn.get", &options));
    let csrf = alice
        .get("/login?flow=confirm.account")
        .await
        .hidden("csrf")
        .unwrap();
    let form = [
        ("flow", "confirm.account"),
        ("csrf", &csrf),
        ("ceremony", &setup),
        ("credential", &misused),
    ];
    assert_eq!(
        alice.post("/login/passkey", &form).await.status,
        400,
        "of another kind"
    );
}

/// A password and a passkey; and only a passkey of the same account.
#[tokio::test]
async fn a_passkey_is_the_second_step_after_a_password() {
    let app = TestApp::new().await;
    let mut alices = add(&mut app.alice().await, 1).await;
    let mut bobs = add(&mut app.bob().await, 2).await;
    for (passkey, status) in [(&mut bobs, 400), (&mut alices, 303)] {
        let (mut browser, page) = app.half_signed_in().await;
        let (ceremony, options) = carried(&page);
        let credential = passkey.assertion(&Said::truth("webauthn.get", &options));
        let (step, csrf) = (page.hidden("step").unwrap(), page.hidden("csrf").unwrap());
        let form = [
            ("step", step.as_str()),
            ("csrf", &csrf),
            ("ceremony", &ceremony),
            ("credential", &credential),
        ];
        let answer = browser.post("/login/mfa", &form).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(browser.is_signed_in().await, status == 303);
    }
}

/// AC-234, AC-235: what cannot be a new passkey of this account is not stored.
#[tokio::test]
async fn a_passkey_is_added_by_its_own_ceremony_only() {
    let app = TestApp::new().await;
    let mut bob = app.bob().await;
    add(&mut bob, 1).await;
    let mut alice = app.alice().await;

    let (ceremony, options) = carried(&alice.get("/account/security/passkey").await);
    let (passkey, same_id) = Passkey::create(&options, 1);
    let answer = post_setup(&mut alice, &ceremony, &same_id).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("This passkey is registered already."),
        "{}",
        answer.body
    );

    let (ceremony, options) = carried(&alice.get("/account/security/passkey").await);
    let honest = Said::truth("webauthn.create", &options);
    for said in [
        Said {
            flags: 0b001,
            ..honest.clone()
        },
        Said {
            origin: "https://evil.test",
            ..honest.clone()
        },
        honest,
    ] {
        // The last one is honest, but the ceremony was used up by the first.
        let credential = passkey.registration(&said);
        assert_eq!(post_setup(&mut alice, &ceremony, &credential).await.status, 400);
    }
    for object in [
        &[0x9f; 3_000][..],
        b"\xa3\x63fmt",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        b"",
    ] {
        let (ceremony, options) = carried(&alice.get("/account/security/passkey").await);
        let good = passkey.registration(&Said::truth("webauthn.create", &options));
        let mut bad: Value = serde_json::from_str(&good).unwrap();
        bad["response"]["attestationObject"] = text(object).into();
        assert_eq!(
            post_setup(&mut alice, &ceremony, &bad.to_string()).await.status,
            400
        );
    }
    // WebAuthn level 3 §7.1: an identifier has at most 1 023 bytes.
    for length in [1_024, 8_000] {
        let (ceremony, options) = carried(&alice.get("/account/security/passkey").await);
        let (mut passkey, _) = Passkey::create(&options, 4);
        passkey.id = vec![4; length];
        let answer = passkey.registration(&Said::truth("webauthn.create", &options));
        let added = post_setup(&mut alice, &ceremony, &answer).await;
        assert_eq!(added.status, 400, "{length}");
    }
    // Bob finishes what alice has begun.
    let (ceremony, options) = carried(&alice.get("/account/security/passkey").await);
    let (_, answer) = Passkey::create(&options, 3);
    assert_eq!(post_setup(&mut bob, &ceremony, &answer).await.status, 400);
    assert_eq!(app.count("passkeys").await, 1);
}

/// AC-238
#[tokio::test]
async fn a_passkey_is_removed_by_its_owner_only() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    add(&mut alice, 1).await;
    let page = alice.get("/account/security").await;
    let (_, rest) = page.body.split_once("name=\"passkey\" value=\"").unwrap();
    let id = rest.split_once('"').unwrap().0.to_owned();
    let mut bob = app.bob().await;
    let path = "/account/security/remove";
    assert_eq!(bob.post_account(path, &[("passkey", &id)]).await.status, 404);
    assert_eq!(app.count("passkeys").await, 1);
    assert_eq!(alice.post_account(path, &[("passkey", &id)]).await.status, 303);
    assert_eq!(app.count("passkeys").await, 0);
}
