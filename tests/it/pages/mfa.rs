//! `/login/mfa`: the second step of a sign-in.

use crate::support::{TestApp, USERS, join_all};
use keywright::config::Config;
use keywright::storage::{factors, users};

const SECOND: &str = "https://id.example.test/login/mfa?step=";

fn patient(config: &mut Config) {
    config.login.attempts = 1_000;
}

/// AC-188 · AC-177: between password and code nobody is signed in, and the session begins at the end of both.
#[tokio::test]
async fn a_password_alone_signs_nobody_in_who_has_an_authenticator_app() {
    let app = TestApp::new().await;
    let (_alice, authenticator, _) = app.alice_with_app().await;
    let before = app.count("sessions").await;
    let mut browser = app.browser();
    let page = browser.get("/login").await;
    let answer = browser.submit_login(&page, USERS[0].1, USERS[0].2).await;
    assert!(answer.location().starts_with(SECOND), "{}", answer.location());
    assert_eq!(answer.header("set-cookie"), "");
    assert_eq!(app.count("sessions").await, before);
    assert!(!browser.is_signed_in().await);

    let page = browser.follow(&answer).await;
    for part in [
        "<form id=\"mfa-form\" method=\"post\"",
        "name=\"code\"",
        "autocomplete=\"one-time-code\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let answer = browser.second_step(&page, &authenticator.code(app.now())).await;
    assert_eq!(answer.location(), "https://id.example.test/");
    assert!(
        answer.header("set-cookie").contains("session="),
        "{}",
        answer.header("set-cookie")
    );
    assert!(browser.is_signed_in().await);
}

/// RFC 8176: the tokens tell of both factors, and only of what was proved.
#[tokio::test]
async fn tokens_tell_how_somebody_signed_in() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let mut told = Vec::new();
    let tokens = web.tokens(&mut alice, &[]).await;
    told.push(app.claims(&tokens.id_token.unwrap(), "JWT"));
    let (authenticator, _) = alice.add_app().await;
    let tokens = web.tokens(&mut alice, &[]).await;
    told.push(app.claims(&tokens.id_token.unwrap(), "JWT"));
    app.clock.advance(30);
    let (mut browser, page) = app.half_signed_in().await;
    browser.second_step(&page, &authenticator.code(app.now())).await;
    let tokens = web.tokens(&mut browser, &[]).await;
    told.push(app.claims(&tokens.id_token.unwrap(), "JWT"));
    let told: Vec<_> = told
        .iter()
        .map(|claims| {
            (
                claims.text("acr").unwrap().to_owned(),
                claims.members()["amr"].to_string(),
            )
        })
        .collect();
    let expected = [
        ("urn:keywright:acr:password", r#"["pwd"]"#),
        ("urn:keywright:acr:mfa", r#"["pwd","otp","mfa"]"#),
        ("urn:keywright:acr:mfa", r#"["pwd","otp","mfa"]"#),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(acr, amr)| ((*acr).to_owned(), (*amr).to_owned()))
        .collect();
    assert_eq!(told, expected);
}

/// AC-216: each code once, also when fifty come at the same time.
#[tokio::test]
async fn a_code_is_good_once() {
    let app = TestApp::with(patient).await;
    let (_alice, authenticator, _) = app.alice_with_app().await;
    let code = authenticator.code(app.now());
    let mut pages = Vec::new();
    for _ in 0..20 {
        pages.push(app.half_signed_in().await);
    }
    let race = pages
        .iter_mut()
        .map(|(browser, page)| browser.second_step(page, &code));
    let answers = join_all(race).await;
    let passed = answers.iter().filter(|answer| answer.status == 303).count();
    assert_eq!(passed, 1);
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer.status.as_u16(), 303 | 400))
    );
    let (mut browser, page) = app.half_signed_in().await;
    assert_eq!(browser.second_step(&page, &code).await.status, 400);
}

/// AC-217 · D5
#[tokio::test]
async fn codes_of_two_steps_are_taken_and_no_older_one_after_a_newer() {
    let app = TestApp::with(patient).await;
    let (_alice, authenticator, _) = app.alice_with_app().await;
    app.clock.advance(600);
    let now = app.now();
    let at = |steps: i64| authenticator.code(keywright::time::Timestamp(now.0 + steps * 30));
    for (steps, status) in [
        (-2, 400),
        (1, 400),
        (2, 400),
        (-1, 303),
        (-1, 400),
        (0, 303),
        (-1, 400),
    ] {
        let (mut browser, page) = app.half_signed_in().await;
        let answer = browser.second_step(&page, &at(steps)).await;
        assert_eq!(answer.status, status, "step {steps}");
    }
}

/// AC-218 · AC-219: all wrong codes of an account count together, whichever browser and whatever kind of code.
#[tokio::test]
async fn guesses_are_counted_per_account_over_all_kinds_of_codes() {
    // Attempts pass by the clock of the test, not by that of a store.
    let app = TestApp::with(|config| config.stores.url = keywright::config::StoreUrl::Database).await;
    let (_alice, authenticator, codes) = app.alice_with_app().await;
    for guess in ["000000", "12345", "1234567", "１２３４５６", "abcde-fghjk"] {
        let (mut browser, page) = app.half_signed_in().await;
        let answer = browser.second_step(&page, guess).await;
        assert_eq!(answer.status, 400, "{guess}");
        assert!(
            answer.body.contains("That code is wrong or has expired."),
            "{}",
            answer.body
        );
    }
    for right in [authenticator.code(app.now()), codes[0].clone()] {
        let (mut browser, page) = app.half_signed_in().await;
        let answer = browser.second_step(&page, &right).await;
        assert_eq!(answer.status, 429, "{}", answer.body);
        assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
        assert!(!browser.is_signed_in().await);
    }
    // Of another account nothing was counted, and time heals.
    let mut bob = app.browser();
    bob.sign_in(USERS[1].1, USERS[1].2).await;
    app.clock.advance(901);
    let (mut browser, page) = app.half_signed_in().await;
    let answer = browser.second_step(&page, &authenticator.code(app.now())).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// AC-218: a hundred at once get no more tries than a hundred in a row.
#[tokio::test]
async fn parallel_guesses_get_no_more_tries() {
    let app = TestApp::new().await;
    let _alice = app.alice_with_app().await;
    let (browser, page) = app.half_signed_in().await;
    let cookies = browser.cookies.clone();
    let guesses: Vec<String> = (0..60).map(|guess| format!("{guess:06}")).collect();
    let mut browsers: Vec<_> = guesses
        .iter()
        .map(|_| {
            let mut browser = app.browser();
            browser.cookies = cookies.clone();
            browser
        })
        .collect();
    let race = browsers
        .iter_mut()
        .zip(&guesses)
        .map(|(browser, guess)| browser.second_step(&page, guess));
    let answers = join_all(race).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 5);
    assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 55);
}

/// AC-222
#[tokio::test]
async fn a_recovery_code_is_good_once_however_it_is_typed() {
    let app = TestApp::with(patient).await;
    let (_alice, _, codes) = app.alice_with_app().await;
    assert_eq!(codes.len(), 10);
    let typed = [
        codes[0].clone(),
        codes[1].to_uppercase(),
        codes[2].replace('-', ""),
        format!("  {} ", codes[3].replace('-', " ")),
    ];
    for code in &typed {
        let (mut browser, page) = app.half_signed_in().await;
        let answer = browser.second_step(&page, code).await;
        assert_eq!(answer.status, 303, "{code}");
        let (mut browser, page) = app.half_signed_in().await;
        assert_eq!(browser.second_step(&page, code).await.status, 400, "{code}");
    }
    let mut pages = Vec::new();
    for _ in 0..20 {
        pages.push(app.half_signed_in().await);
    }
    let race = pages
        .iter_mut()
        .map(|(browser, page)| browser.second_step(page, &codes[4]));
    let answers = join_all(race).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 303).count(), 1);
}

/// AC-189: what waits for a second step is for one browser, one account and five minutes, and is used up by a sign-in.
#[tokio::test]
async fn a_sign_in_that_waits_belongs_to_its_browser_and_soon_ends() {
    let app = TestApp::with(patient).await;
    let (_alice, authenticator, _) = app.alice_with_app().await;
    let mut bob = app.bob().await;
    let (bobs, _) = bob.add_app().await;

    // Another account's code.
    app.clock.advance(60);
    let (mut browser, page) = app.half_signed_in().await;
    assert_eq!(
        browser.second_step(&page, &bobs.code(app.now())).await.status,
        400
    );

    // Another browser, which has a CSRF token of its own.
    let step = page.hidden("step").unwrap();
    let mut other = app.browser();
    other.get("/login").await;
    let seen = other.get(&format!("/login/mfa?step={step}")).await;
    assert_eq!(seen.status, 400);
    assert!(seen.body.contains("This page was open too long"), "{}", seen.body);
    let csrf = page.hidden("csrf").unwrap();
    let form = [
        ("step", step.as_str()),
        ("csrf", &csrf),
        ("code", &authenticator.code(app.now())),
    ];
    assert_eq!(other.post("/login/mfa", &form).await.status, 403);

    // Used, then used again.
    assert_eq!(
        browser
            .second_step(&page, &authenticator.code(app.now()))
            .await
            .status,
        303
    );
    app.clock.advance(60);
    let again = browser.second_step(&page, &authenticator.code(app.now())).await;
    assert!(matches!(again.status.as_u16(), 400 | 403), "{}", again.status);

    // Too late.
    let (mut browser, page) = app.half_signed_in().await;
    app.clock.advance(301);
    let late = browser.second_step(&page, &authenticator.code(app.now())).await;
    assert_eq!(late.status, 400);
    assert!(!browser.is_signed_in().await);

    // After a change of password, or with the account disabled.
    let (mut browser, page) = app.half_signed_in().await;
    let alice = app.user(USERS[0].1).await;
    users::set_disabled(app.app.db.write(), &alice.id, Some(app.now()), app.now())
        .await
        .unwrap();
    let answer = browser.second_step(&page, &authenticator.code(app.now())).await;
    assert_eq!(answer.status, 400);
    users::set_disabled(app.app.db.write(), &alice.id, None, app.now())
        .await
        .unwrap();
    let answer = browser.second_step(&page, &authenticator.code(app.now())).await;
    assert_eq!(answer.status, 400, "the epoch has moved on");
    assert!(!browser.is_signed_in().await);
}

/// The request that asked for the sign-in goes on after the second step.
#[tokio::test]
async fn the_second_step_leads_on_to_the_app() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let (_alice, authenticator, _) = app.alice_with_app().await;
    let mut browser = app.browser();
    let to_login = browser.get(&web.authorize_url(&[("prompt", "login")])).await;
    let page = browser.follow(&to_login).await;
    let answer = browser.submit_login(&page, USERS[0].1, USERS[0].2).await;
    assert!(answer.location().starts_with(SECOND), "{}", answer.location());
    let page = browser.follow(&answer).await;
    let answer = browser.second_step(&page, &authenticator.code(app.now())).await;
    let consent = browser.follow(&answer).await;
    let back = browser.decide(&consent, "allow").await;
    assert!(
        back.location().starts_with(web.redirect_uri()),
        "{}",
        back.location()
    );
    assert!(back.returned("code").is_some());
}

/// AC-220: a database that is read by somebody shows neither secret nor codes.
#[tokio::test]
async fn secrets_are_sealed_at_rest_and_codes_are_macs() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let page = alice.get("/account/security/app").await;
    let (_, rest) = page.body.split_once("id=\"app-secret\"").unwrap();
    let shown = rest
        .split_once('>')
        .unwrap()
        .1
        .split_once('<')
        .unwrap()
        .0
        .replace(' ', "");
    let secret = totp_rs::Secret::try_from_base32(&shown).unwrap();
    let code = crate::support::Authenticator::of(&page).code(app.now());
    alice.confirm_app(&page, &code).await;
    let user = app.user(USERS[0].1).await;
    let row = factors::app(app.app.db.read(), &user.id).await.unwrap().unwrap();
    assert!(row.secret.len() > 20);
    assert!(!row.secret.windows(20).any(|window| window == secret.as_bytes()));
}
