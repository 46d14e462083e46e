//! What counts as a code of an authenticator app: six ASCII digits, as the app shows them.

use crate::support::TestApp;

/// RUSTSEC-2022-0018 · AC-219
#[tokio::test]
async fn the_right_code_in_another_form_is_no_code() {
    let app = TestApp::with(|config| config.login.attempts = 1_000).await;
    let (_alice, authenticator, _) = app.alice_with_app().await;
    let code = authenticator.code(app.now());
    let wide: String = code
        .chars()
        .map(|c| char::from_u32(c as u32 - 0x30 + 0xff10).unwrap())
        .collect();
    let arabic: String = code
        .chars()
        .map(|c| char::from_u32(c as u32 - 0x30 + 0x660).unwrap())
        .collect();
    for typed in [
        wide,
        arabic,
        format!("0{code}"),
        format!("{code}0"),
        code[1..].to_owned(),
        format!("+{code}"),
        format!("{code}\u{200b}"),
        format!("{code}e0"),
        format!("4294967296{code}"),
        format!("{code},{code}"),
        "000000".to_owned(),
        String::new(),
    ] {
        let (mut browser, page) = app.half_signed_in().await;
        let answer = browser.second_step(&page, &typed).await;
        assert_eq!(answer.status, 400, "{typed}");
        assert!(!browser.is_signed_in().await);
    }
    // Apps show it in two groups; that is how people type it.
    let (mut browser, page) = app.half_signed_in().await;
    let shown = format!(" {} {}", &code[..3], &code[3..]);
    assert_eq!(browser.second_step(&page, &shown).await.status, 303);
}
