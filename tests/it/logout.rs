//! Signing out: RP-initiated logout (OIDC RP-Initiated Logout 1.0) and the page for people.

use crate::support::{Answer, Browser, RelyingParty, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::entropy::SystemEntropy;
use keywright::jose::generate::generate;
use keywright::jose::{Alg, SigningKey};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use serde_json::json;

const OUT: &str = "https://web.test/out";

/// A client to which people return after signing out.
async fn client(app: &TestApp) -> RelyingParty<'_> {
    let metadata = Metadata {
        post_logout_redirect_uris: vec![OUT.to_owned(), "https://web.test/out?a=1".to_owned()],
        ..profile(Profile::Web, vec!["https://web.test/cb".to_owned()])
    };
    app.client("web", metadata).await
}

fn url(changes: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(changes)
        .finish();
    format!("/end_session?{query}")
}

async fn hint(client: &RelyingParty<'_>, browser: &mut Browser<'_>) -> String {
    client.tokens(browser, &[]).await.id_token.unwrap()
}

/// Whether somebody is signed in, as a client sees it.
async fn signed_in(client: &RelyingParty<'_>, browser: &mut Browser<'_>) -> bool {
    let answer = browser.get(&client.authorize_url(&[("prompt", "none")])).await;
    answer.returned("error").as_deref() != Some("login_required")
}

#[track_caller]
fn signed_out_page(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.headers.get("location").is_none());
    assert!(answer.body.contains("id=\"logout-success\""), "{}", answer.body);
}

#[track_caller]
fn question(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.headers.get("location").is_none());
    assert!(answer.body.contains("id=\"logout-confirm\""), "{}", answer.body);
    assert!(answer.headers.get("set-cookie").is_none() && answer.headers.get("clear-site-data").is_none());
}

/// RP-Initiated Logout §2, §3 · oidcc-rp-initiated-logout, -no-state
#[tokio::test]
async fn with_a_hint_the_user_is_signed_out_and_returns_with_the_state() {
    let app = TestApp::new().await;
    let client = client(&app).await;
    let discovery = app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(
        discovery["end_session_endpoint"],
        "https://id.example.test/end_session"
    );
    let state = "s/ ".repeat(43);
    for (changes, location) in [
        (
            &[("state", state.as_str())][..],
            format!("{OUT}?state={}", "s%2F+".repeat(43)),
        ),
        (&[], OUT.to_owned()),
        (&[("client_id", "web")], OUT.to_owned()),
    ] {
        let mut alice = app.alice().await;
        let hint = hint(&client, &mut alice).await;
        app.clock.advance(7_200); // the hint has expired
        let mut request = vec![
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", OUT),
        ];
        request.extend(changes);
        let answer = alice.get(&url(&request)).await;
        assert_eq!(answer.location(), location);
        assert!(!signed_in(&client, &mut alice).await);
    }
    let mut alice = app.alice().await;
    let hint = hint(&client, &mut alice).await;
    let to = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", "https://web.test/out?a=1"),
        ("state", "x"),
    ];
    assert_eq!(
        alice.get(&url(&to)).await.location(),
        "https://web.test/out?a=1&state=x"
    );
}

/// RP-Initiated Logout §3 · AC-073 · oidcc-rp-initiated-logout-bad-post-logout-redirect-uri, -query-added,
/// -no-post-logout-redirect-uri, -only-state
#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let app = TestApp::new().await;
    let client = client(&app).await;
    let other = Metadata {
        post_logout_redirect_uris: vec!["https://spa.test/out".to_owned()],
        ..profile(Profile::Spa, vec!["https://spa.test/cb".to_owned()])
    };
    app.client("spa", other).await;
    for uri in [
        "",
        "https://evil.test/out",
        "https://web.test/out?foo=bar",
        "https://web.test/out?a=1&b=2",
        "https://web.test/out/",
        "https://web.test/out#x",
        "https://web.test/OUT",
        "https://web.test/cb",
        "https://spa.test/out",
        "//evil.test",
        "/",
        "javascript:alert(1)",
        "https://web.test@evil.test",
        "https://web.test/out\r\nSet-Cookie: x=1",
    ] {
        let mut alice = app.alice().await;
        let hint = hint(&client, &mut alice).await;
        let request = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", uri),
            ("state", "x"),
        ];
        let answer = alice.get(&url(&request)).await;
        signed_out_page(&answer);
        assert!(!answer.body.contains("evil") && !answer.body.contains("javascript"));
        assert!(!signed_in(&client, &mut alice).await, "{uri}");
    }
    let mut alice = app.alice().await;
    let hint = hint(&client, &mut alice).await;
    app.disable_client("web").await;
    let request = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", OUT),
    ];
    signed_out_page(&alice.get(&url(&request)).await);
}

/// RP-Initiated Logout §2 · AC-074 · oidcc-rp-initiated-logout-no-id-token-hint, -no-params
#[tokio::test]
async fn without_a_hint_the_user_is_asked_and_returns_nowhere() {
    let app = TestApp::new().await;
    let client = client(&app).await;
    for request in [
        &[][..],
        &[("state", "x")],
        &[("post_logout_redirect_uri", OUT)],
        &[("post_logout_redirect_uri", "https://evil.test")],
        &[("client_id", "web"), ("post_logout_redirect_uri", OUT)],
        &[("client_id", "does-not-exist")],
        &[("logout_hint", "alice")],
    ] {
        let mut alice = app.alice().await;
        let page = alice.get(&url(request)).await;
        question(&page);
        assert!(page.body.contains("alice@example.test") && !page.body.contains("evil"));
        assert!(signed_in(&client, &mut alice).await, "{request:?}");
        let csrf = page.hidden("csrf").unwrap();
        let stay = alice
            .post("/logout", &[("csrf", &csrf), ("decision", "stay")])
            .await;
        assert_eq!(stay.location(), "https://id.example.test/");
        assert!(signed_in(&client, &mut alice).await);
        let out = alice
            .post("/logout", &[("csrf", &csrf), ("decision", "signout")])
            .await;
        signed_out_page(&out);
        assert!(!signed_in(&client, &mut alice).await);
        // A double click is answered like the first one.
        let again = alice
            .post("/logout", &[("csrf", &csrf), ("decision", "signout")])
            .await;
        signed_out_page(&again);
    }
    let mut nobody = app.browser();
    signed_out_page(&nobody.get(&url(&[("post_logout_redirect_uri", OUT)])).await);
    signed_out_page(&nobody.get("/logout").await);
}

/// ASVS 10.6.2 · AC-075 · oidcc-rp-initiated-logout-modified-id-token-hint, -bad-id-token-hint
#[tokio::test]
async fn a_hint_that_is_not_about_this_user_ends_nothing() {
    let app = TestApp::new().await;
    let client = client(&app).await;
    let of_bob = hint(&client, &mut app.bob().await).await;
    let mut alice = app.alice().await;
    let tokens = client.tokens(&mut alice, &[]).await;
    let genuine = tokens.id_token.unwrap();
    let (head, _) = genuine.rsplit_once('.').unwrap();
    let payload = head.split_once('.').unwrap().1;
    let sub = app.user("alice@example.test").await.id;
    let claims = |iss: &str, aud: &str| json!({ "iss": iss, "sub": sub, "aud": aud });
    let stranger = SigningKey::load(Alg::ES256, &generate(Alg::ES256, &SystemEntropy).unwrap()).unwrap();
    let keys = app.app.keyring.set();
    let here = "https://id.example.test";
    for (what, hint) in [
        ("alg none", format!("eyJhbGciOiJub25lIn0.{payload}.")),
        ("no signature", format!("{head}.")),
        (
            "the client's own key",
            stranger.sign("JWT", &claims(here, "web")).unwrap(),
        ),
        (
            "another issuer",
            keys.sign("RS256", "JWT", &claims("https://other.test", "web"))
                .unwrap(),
        ),
        (
            "another audience",
            keys.sign("RS256", "JWT", &claims(here, "gone")).unwrap(),
        ),
        ("an access token", tokens.access_token),
        ("no token", "x".to_owned()),
    ] {
        let request = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", OUT),
        ];
        let answer = alice.get(&url(&request)).await;
        assert_eq!(answer.status, 400, "{what}");
        answer.error_page();
        assert!(signed_in(&client, &mut alice).await, "{what}");
    }
    let request = [
        ("id_token_hint", of_bob.as_str()),
        ("post_logout_redirect_uri", OUT),
    ];
    question(&alice.get(&url(&request)).await);
    assert!(signed_in(&client, &mut alice).await);
    for query in [
        url(&[("id_token_hint", &genuine), ("client_id", "spa")]),
        url(&[("id_token_hint", &genuine), ("id_token_hint", &genuine)]),
        url(&[("state", "a"), ("state", "b")]),
    ] {
        alice.get(&query).await.error_page();
        assert!(signed_in(&client, &mut alice).await);
    }
}

/// ASVS 7.4.1, 14.3.1 · AC-076
#[tokio::test]
async fn a_sign_out_ends_session_cookie_and_the_tokens_that_rest_on_it() {
    let app = TestApp::new().await;
    let client = client(&app).await;
    let mut alice = app.alice().await;
    let tokens = client.tokens(&mut alice, &[("scope", "openid")]).await;
    let offline = client
        .tokens(&mut alice, &[("scope", "openid offline_access")])
        .await;
    let code = client.code(&mut alice, &[]).await;
    let stolen = alice.cookies.clone();
    let page = alice.get("/logout").await;
    let csrf = page.hidden("csrf").unwrap();
    let out = alice
        .post("/logout", &[("csrf", &csrf), ("decision", "signout")])
        .await;
    assert_eq!(
        out.header("set-cookie"),
        "__Host-kw-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure"
    );
    // Not "cookies": those of the whole registrable domain would go.
    assert_eq!(out.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(app.count("sessions WHERE ended_at IS NOT NULL").await, 1);

    let mut thief = Browser {
        app: &app,
        cookies: stolen,
    };
    assert!(!signed_in(&client, &mut thief).await);
    client.redeem(&code).await.refused(400, "invalid_grant");
    assert_eq!(client.introspect(&tokens.access_token).await["active"], false);
    client
        .refresh(&tokens.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
    // Access that the user allowed for when they are away stays.
    client.refresh(&offline.refresh_token.unwrap()).await.tokens();
}

/// CVE-2025-12390 · AC-077: the hint names the session, where the browser sends no cookies.
#[tokio::test]
async fn a_hint_without_cookies_ends_the_session_it_names_and_no_other() {
    let app = TestApp::new().await;
    let client = client(&app).await;
    let (mut phone, mut laptop) = (app.alice().await, app.alice().await);
    let mut bob = app.bob().await;
    let hint = hint(&client, &mut phone).await;
    let request = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", OUT),
    ];
    let answer = app.get(&url(&request)).await;
    assert_eq!(answer.location(), OUT);
    assert!(
        !answer.header("set-cookie").contains("kw-session"),
        "{:?}",
        answer.headers
    );
    assert!(!signed_in(&client, &mut phone).await);
    assert!(signed_in(&client, &mut laptop).await && signed_in(&client, &mut bob).await);
}

/// RP-Initiated Logout §2: a form that another site posts comes without cookies, and is asked about all the same.
#[tokio::test]
async fn a_posted_request_is_answered_like_one_in_the_address() {
    let app = TestApp::new().await;
    let client = client(&app).await;
    let post = |site: &str, body: &str| {
        Request::post("/end_session")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, "https://web.test")
            .header("sec-fetch-site", site)
            .body(Body::from(body.to_owned()))
            .unwrap()
    };
    let mut alice = app.alice().await;
    question(&alice.send(post("same-site", "client_id=web")).await);

    let cookies = alice.cookies.clone();
    alice.cookies.clear();
    let again = alice.send(post("cross-site", "client_id=web")).await;
    assert_eq!(
        again.location(),
        "https://id.example.test/end_session?client_id=web"
    );
    assert!(again.headers.get("set-cookie").is_none() && again.headers.get("clear-site-data").is_none());
    alice.cookies = cookies;
    question(&alice.follow(&again).await);

    let hint = hint(&client, &mut alice).await;
    let body = format!("id_token_hint={hint}&post_logout_redirect_uri=https%3A%2F%2Fweb.test%2Fout");
    let answer = alice.send(post("same-site", &body)).await;
    assert_eq!(answer.location(), OUT);
    assert!(!signed_in(&client, &mut alice).await);

    let both = Request::post("/end_session?client_id=web")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("state=x"))
        .unwrap();
    alice.send(both).await.error_page();
}

/// RP-Initiated Logout §2: an older ID token of the same user is as good.
#[tokio::test]
async fn a_hint_from_before_a_new_sign_in_ends_the_present_session() {
    let app = TestApp::new().await;
    let client = client(&app).await;
    let mut alice = app.alice().await;
    let hint = hint(&client, &mut alice).await;
    let to_login = alice.get(&client.authorize_url(&[("prompt", "login")])).await;
    let page = alice.follow(&to_login).await;
    alice
        .submit_login(&page, "alice@example.test", "correct horse battery")
        .await;
    let answer = alice.get(&url(&[("id_token_hint", &hint)])).await;
    signed_out_page(&answer);
    assert!(!signed_in(&client, &mut alice).await);
    assert_eq!(app.count("sessions WHERE ended_at IS NULL").await, 0);
}
