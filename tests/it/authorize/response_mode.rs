//! How the response travels (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).

use super::allowed;
use crate::support::TestApp;

/// Multiple Response Types §2.1 · AC-051
#[tokio::test]
async fn a_code_travels_in_the_query_unless_the_fragment_is_asked_for() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    for (mode, start) in [
        ("", "https://web.test/cb?code="),
        ("query", "https://web.test/cb?code="),
        ("fragment", "https://web.test/cb#code="),
    ] {
        let answer = alice.get(&web.authorize_url(&[("response_mode", mode)])).await;
        assert!(answer.location().starts_with(start), "{}", answer.location());
        assert_eq!(answer.all_returned(), ["code", "state", "iss"], "{mode}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
    let refused = [("response_mode", "fragment"), ("response_type", "token")];
    let answer = alice.get(&web.authorize_url(&refused)).await;
    assert!(
        answer.location().starts_with("https://web.test/cb#error="),
        "{}",
        answer.location()
    );
}

/// Form Post Response Mode §2 · AC-069
#[tokio::test]
async fn a_form_carries_code_or_error_to_the_client_and_nothing_else() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let state = "\"><script>alert(1)</script>&amp;'";
    let good = [("response_mode", "form_post"), ("state", state)];
    let answer = alice.get(&web.authorize_url(&good)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers.get("location").is_none());
    assert!(answer.body.contains("action=\"https://web.test/cb\""));
    assert!(answer.hidden("code").unwrap().starts_with("kw_ac_"));
    assert_eq!(answer.hidden("iss").as_deref(), Some("https://id.example.test"));
    assert!(
        !answer.body.contains("<script>alert"),
        "the state is text: {}",
        answer.body
    );
    assert!(answer.hidden("state").is_some());
    assert_eq!(answer.header("cache-control"), "no-store");
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("frame-ancestors 'none'") && !policy.contains("form-action"),
        "{policy}"
    );
    web.redeem(&answer.hidden("code").unwrap()).await.tokens();

    let bad = [("response_mode", "form_post"), ("scope", "admin")];
    let answer = alice.get(&web.authorize_url(&bad)).await;
    assert_eq!((answer.status.as_u16(), answer.hidden("code")), (200, None));
    assert_eq!(answer.hidden("error").as_deref(), Some("invalid_scope"));
    assert_eq!(answer.hidden("state").as_deref(), Some("the-state"));
    assert_eq!(answer.hidden("iss").as_deref(), Some("https://id.example.test"));
}

/// OIDC Core §3.1.2.1 · AC-013: refused by the mode that works.
#[tokio::test]
async fn an_unknown_mode_is_refused_in_the_query() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = allowed(&app, &web).await;
    let before = app.count("grants").await;
    for mode in [
        "web_message",
        "query.jwt",
        "form_post.jwt",
        "jwt",
        "FORM_POST",
        "query ",
        "<svg onload=alert(1)>",
    ] {
        let answer = alice.get(&web.authorize_url(&[("response_mode", mode)])).await;
        answer.back_with("https://web.test/cb?", "invalid_request");
        assert!(
            !answer.location().contains('#') && !answer.body.contains("svg"),
            "{mode}"
        );
    }
    let twice = format!(
        "{}&response_mode=fragment&response_mode=query",
        web.authorize_url(&[])
    );
    let answer = alice.get(&twice).await;
    answer.back_with("https://web.test/cb?", "invalid_request");
    assert_eq!(app.count("grants").await, before);
}

/// RFC 8252 §7.1 · clients-and-pages §2.1 rule 7: a page that goes on by itself, with a link for browsers that want a click.
#[tokio::test]
async fn an_app_with_its_own_scheme_gets_a_page_with_a_link() {
    let app = TestApp::new().await;
    let native = app.native().await;
    let mut alice = app.alice().await;
    let custom = ("redirect_uri", "com.example.app:/cb");
    let state = "a\"><b>&c";
    let answer = native.authorize(&mut alice, &[custom, ("state", state)]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers.get("location").is_none());
    let link = link(&answer.body);
    assert!(link.starts_with("com.example.app:/cb?code=kw_ac_"), "{link}");
    assert!(
        link.contains("&state=a%22%3E%3Cb%3E%26c&iss=https%3A%2F%2Fid.example.test"),
        "{link}"
    );
    assert!(answer.body.contains("http-equiv=\"refresh\"") && !answer.body.contains("<b>&"));
    assert!(!answer.header("content-security-policy").contains("form-action"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let code = link
        .split_once("code=")
        .unwrap()
        .1
        .split_once('&')
        .unwrap()
        .0
        .to_owned();
    native.redeem_with(&code, &[custom]).await.tokens();

    let answer = alice
        .get(&native.authorize_url(&[custom, ("response_type", "token")]))
        .await;
    let link = self::link(&answer.body);
    assert!(
        link.starts_with("com.example.app:/cb?error=unsupported_response_type&"),
        "{link}"
    );
}

/// The address of the link back to the app, as the browser reads it.
fn link(page: &str) -> String {
    let rest = page.split_once("id=\"return-link\" href=\"").unwrap().1;
    let link = rest.split_once('"').unwrap().0;
    link.replace("&#38;", "&").replace("&amp;", "&")
}
