//! `/login`: the password page.

use crate::support::{Answer, TestApp, USERS};
use keywright::storage::users::{self, UserRow};

/// Adds people who cannot sign in, each for another reason, and bob, who could.
async fn people(app: &TestApp) -> [&'static str; 4] {
    let alice = app.user("alice@example.test").await;
    let rows = [
        (
            "carol@example.test",
            Some(app.now().0),
            alice.password_hash.clone(),
        ),
        ("no-password@example.test", None, None),
    ];
    for (index, (email, disabled_at, password_hash)) in rows.into_iter().enumerate() {
        let row = UserRow {
            id: format!("00000000-0000-4000-8000-00000000000{index}"),
            email: email.to_owned(),
            preferred_username: None,
            disabled_at,
            password_hash,
            ..alice.clone()
        };
        users::insert(app.app.db.write(), &row).await.unwrap();
    }
    [
        "bob@example.test",
        "nobody@example.test",
        "carol@example.test",
        "no-password@example.test",
    ]
}

/// ASVS 6.3.8 · AC-193: who has an account is nobody's business.
#[tokio::test]
async fn every_reason_not_to_sign_in_looks_the_same() {
    let app = TestApp::with(|config| config.login.attempts = 100).await;
    let mut answers = Vec::new();
    for email in people(&app).await {
        let mut browser = app.browser();
        let page = browser.get("/login").await;
        // alice's password, which would be right for carol if she were not disabled
        let answer = browser.submit_login(&page, email, USERS[0].2).await;
        let token = page.hidden("csrf").unwrap();
        let body = answer.body.replace(email, "").replace(&token, "");
        let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        answers.push((answer.status, names, body));
    }
    assert_eq!(answers[0].0, 400);
    assert!(answers[0].2.contains("Email or password is incorrect."));
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    assert_eq!(app.count("sessions").await, 0);
}

/// AC-202: one account, however the address is written.
#[tokio::test]
async fn an_address_is_recognized_in_every_spelling() {
    let app = TestApp::new().await;
    for typed in [
        "ALICE@Example.Test",
        "  alice@example.test  ",
        "ａｌｉｃｅ＠ｅｘａｍｐｌｅ．ｔｅｓｔ",
        "alice@example。test",
    ] {
        let mut browser = app.browser();
        browser.sign_in(typed, USERS[0].2).await;
        let home = browser.get("/").await;
        assert!(home.body.contains("alice@example.test"), "{typed}");
    }
    for (typed, password) in [
        ("al\u{131}ce@example.test", USERS[0].2),
        ("al\u{200d}ice@example.test", USERS[0].2),
        ("alice", USERS[0].2),
        ("alice@example.test", "Correct horse battery"),
        ("alice@example.test", "correct horse battery "),
        ("alice@example.test", "correct horse batter"),
    ] {
        let mut browser = app.browser();
        let page = browser.get("/login").await;
        let answer = browser.submit_login(&page, typed, password).await;
        assert_eq!(answer.header("set-cookie"), "", "{typed} {password}");
        assert!(matches!(answer.status.as_u16(), 400 | 429), "{}", answer.status);
        app.clock.advance(1_000);
    }
}

/// clients-and-pages §2.1 rule 2
#[tokio::test]
async fn a_refused_form_comes_back_with_the_address_and_without_the_password() {
    let app = TestApp::new().await;
    for (email, password, text, field) in [
        ("", "secret words here", "Enter your email address.", "username"),
        (
            "   ",
            "secret words here",
            "Enter your email address.",
            "username",
        ),
        ("alice@example.test", "", "Enter your password.", "password"),
        (
            "alice@example.test",
            "secret words here",
            "Email or password is incorrect.",
            "username",
        ),
    ] {
        let mut browser = app.browser();
        let page = browser.get("/login").await;
        let answer = browser.submit_login(&page, email, password).await;
        let body = &answer.body;
        assert_eq!(answer.status, 400);
        assert!(body.contains("<title>Error: Sign in"), "{body}");
        assert!(
            body.contains("There is a problem") && body.matches(text).count() == 2,
            "{body}"
        );
        assert!(body.contains(&format!("id=\"{field}-problem\"")), "{body}");
        assert!(body.contains(&format!("href=\"#{field}\"")), "{body}");
        let summary = body.find("There is a problem").unwrap();
        assert!(summary < body.find("<h1>").unwrap(), "the summary comes first");
        assert!(body.contains(&format!("value=\"{email}\"")), "{body}");
        assert!(!body.contains("secret words here"), "{body}");
    }
}

/// clients-and-pages §2.1 rule 1, design.md §9: a plain form with stable ids.
#[tokio::test]
async fn the_form_works_without_scripts_and_says_where_it_leads() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut browser = app.browser();
    let to_login = browser.get(&web.authorize_url(&[])).await;
    let page = browser.follow(&to_login).await;
    for part in [
        "<form id=\"login-form\" method=\"post\" action=\"/login\"",
        "name=\"username\"",
        "autocomplete=\"username webauthn\"",
        "name=\"password\" type=\"password\"",
        "autocomplete=\"current-password\"",
        "<button id=\"login-submit\"",
        "Continue to <b><bdi>web</bdi></b>",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let inline = ["onclick", "onsubmit", "javascript:", "style=", "<style"];
    assert!(
        inline.iter().all(|inline| !page.body.contains(inline)),
        "{}",
        page.body
    );
    assert_eq!(page.body.matches("<h1").count(), 1);
    for attribute in ["src=\"", "href=\"", "action=\""] {
        for (at, _) in page.body.match_indices(attribute) {
            let address = &page.body[at + attribute.len()..];
            assert!(
                address.starts_with('/') && !address.starts_with("//"),
                "another host: {address:.60}"
            );
        }
    }
}

/// RFC 9700 §4.11 · AC-079: no address comes from outside.
#[tokio::test]
async fn a_sign_in_leads_to_our_own_pages_only() {
    let app = TestApp::new().await;
    for target in [
        "//evil.test",
        "/\\evil.test",
        "https:evil.test",
        "https://evil.test",
        "%2f%2fevil.test",
        "/%09/evil.test",
        "@evil.test",
        "/device",
    ] {
        for name in ["next", "return_to", "redirect_uri", "continue"] {
            let mut browser = app.browser();
            let value: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
            let page = browser.get(&format!("/login?{name}={value}")).await;
            let form = [
                ("flow", page.hidden("flow").unwrap()),
                ("csrf", page.hidden("csrf").unwrap()),
                ("username", USERS[0].1.to_owned()),
                ("password", USERS[0].2.to_owned()),
                (name, target.to_owned()),
            ];
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = browser.post("/login", &form).await;
            assert_eq!(answer.location(), "https://id.example.test/", "{name}={target}");
        }
    }
    // The one page of ours that a sign-in is needed for, with a code that is read as nothing but a code.
    for (flow, location) in [
        ("device.", "/device"),
        ("device.BCDFGHJK", "/device?user_code=BCDFGHJK"),
        ("device.//evil.test", "/device?user_code=EVILTEST"),
    ] {
        let mut alice = app.alice().await;
        let value: String = url::form_urlencoded::byte_serialize(flow.as_bytes()).collect();
        let answer = alice.get(&format!("/login?flow={value}")).await;
        assert_eq!(answer.location(), format!("https://id.example.test{location}"));
    }
}

/// OIDC Core §3.1.2.1: who confirms is the account that is signed in, whatever the form says.
#[tokio::test]
async fn a_confirmation_is_for_the_account_that_is_signed_in() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let to_login = alice.get(&web.authorize_url(&[("prompt", "login")])).await;
    let page = alice.follow(&to_login).await;
    assert!(
        page.body.contains("value=\"alice@example.test\" readonly"),
        "{}",
        page.body
    );
    let as_bob = alice.submit_login(&page, USERS[1].1, USERS[1].2).await;
    assert_eq!(as_bob.status, 400);
    assert!(as_bob.body.contains("Password is incorrect."), "{}", as_bob.body);
    assert_eq!(as_bob.header("set-cookie"), "");
    let as_alice = alice.submit_login(&page, "", USERS[0].2).await;
    assert!(
        as_alice.location().contains("/consent?flow="),
        "{}",
        as_alice.location()
    );
}

/// ASVS 6.2.9 · AC-247: a long password is only a wrong one.
#[tokio::test]
async fn absurd_input_is_refused_like_any_other() {
    let app = TestApp::with(|config| config.login.attempts = 100).await;
    let long = "x".repeat(40_000);
    let probes = [
        "' OR 1=1--",
        "\") ; SELECT pg_sleep(10)--",
        "<svg onload=alert(1)>",
        "\u{2028}${7*7}",
        &long,
    ];
    for probe in probes {
        for (email, password) in [(probe, "whatever it is"), (USERS[0].1, probe)] {
            let mut browser = app.browser();
            let page = browser.get("/login").await;
            let answer = browser.submit_login(&page, email, password).await;
            assert_eq!(answer.status, 400, "{probe:.40}");
            assert!(
                answer.body.contains("Email or password is incorrect."),
                "{probe:.40}"
            );
            assert!(!answer.body.contains("<svg onload"), "{}", answer.body);
        }
    }
}

/// clients-and-pages §2.1: somebody who is signed in already is not asked again without a reason.
#[tokio::test]
async fn the_page_of_its_own_lets_a_signed_in_person_through() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let answer: Answer = alice.get("/login").await;
    assert_eq!(answer.location(), "https://id.example.test/");
}
