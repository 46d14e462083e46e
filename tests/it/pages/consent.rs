//! `/consent`: what is asked, what is remembered, and what a no does.

use crate::support::{Answer, Browser, RelyingParty, TestApp};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};

/// The consent page that a request leads alice to.
async fn page(client: &RelyingParty<'_>, browser: &mut Browser<'_>, changes: &[(&str, &str)]) -> Answer {
    let to_consent = browser.get(&client.authorize_url(changes)).await;
    assert!(
        to_consent.location().contains("/consent?flow="),
        "{}",
        to_consent.location()
    );
    browser.follow(&to_consent).await
}

/// Whether a request is answered without a question.
async fn is_silent(client: &RelyingParty<'_>, browser: &mut Browser<'_>, changes: &[(&str, &str)]) -> bool {
    let mut changes = changes.to_vec();
    changes.push(("prompt", "none"));
    let answer = browser.get(&client.authorize_url(&changes)).await;
    let error = (answer.status == 303).then(|| answer.returned("error")).flatten();
    if answer.status == 200 {
        return answer.body.contains("code=kw_ac_"); // the page that opens an app
    }
    assert!(
        matches!(error.as_deref(), None | Some("consent_required")),
        "{}",
        answer.location()
    );
    error.is_none()
}

/// design.md §9 · clients-and-pages §2.1 rule 6: who asks, for what, for whom, and where the answer goes.
#[tokio::test]
async fn the_page_names_app_account_permissions_and_destination() {
    let app = TestApp::new().await;
    let metadata = Metadata {
        client_name: Some("Photo <b>Prints</b>".to_owned()),
        client_uri: Some("https://prints.test/about".to_owned()),
        scope: "openid email offline_access photos:read <svg>".to_owned(),
        ..profile(Profile::Web, vec!["https://callback.prints.test/cb".to_owned()])
    };
    let web = app.client("prints", metadata).await;
    let mut alice = app.alice().await;
    let scope = ("scope", "openid email offline_access photos:read <svg>");
    let page = page(&web, &mut alice, &[scope]).await;
    for part in [
        "Photo &#60;b&#62;Prints&#60;/b&#62;",
        "prints.test",
        "alice@example.test",
        "Know who you are",
        "See your email address",
        "Keep access when you are not using it",
        "photos:read",
        "&#60;svg&#62;",
        "callback.prints.test",
        "id=\"consent-allow\"",
        "id=\"consent-deny\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("See your phone number") && !page.body.contains("<svg>"));
    assert!(!page.header("content-security-policy").contains("form-action"));
}

/// OIDC Core §3.1.2.4 · AC-064: looking at the page decides nothing.
#[tokio::test]
async fn only_a_post_allows() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let to_consent = alice.get(&web.authorize_url(&[])).await;
    let path = to_consent
        .location()
        .strip_prefix("https://id.example.test")
        .unwrap()
        .to_owned();
    let csrf = alice.follow(&to_consent).await.hidden("csrf").unwrap();
    for query in [
        "&decision=allow",
        "&allow=1",
        &format!("&decision=allow&csrf={csrf}"),
    ] {
        let answer = alice.get(&format!("{path}{query}")).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("id=\"consent-allow\""));
    }
    assert_eq!((app.count("grants").await, app.count("consents").await), (0, 0));
}

/// RFC 6749 §4.1.2.1 · AC-072
#[tokio::test]
async fn anything_but_a_clear_yes_is_a_no() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    for decision in ["deny", "", "ALLOW", "allow ", "true"] {
        let page = page(&web, &mut alice, &[]).await;
        let answer = alice.decide(&page, decision).await;
        answer.back_with("https://web.test/cb?", "access_denied");
        assert_eq!(answer.returned("state").as_deref(), Some("the-state"));
    }
    let page = page(&web, &mut alice, &[]).await;
    let (flow, csrf) = (page.hidden("flow").unwrap(), page.hidden("csrf").unwrap());
    let both = [
        ("flow", flow.as_str()),
        ("csrf", &csrf),
        ("decision", "allow"),
        ("decision", "deny"),
    ];
    let answer = alice.post("/consent", &both).await;
    answer.back_with("https://web.test/cb?", "access_denied");
    assert_eq!((app.count("grants").await, app.count("consents").await), (0, 0));
    assert!(!is_silent(&web, &mut alice, &[]).await);
}

/// ASVS 10.7.1 · AC-071
#[tokio::test]
async fn what_was_allowed_is_remembered_and_more_is_asked_for() {
    let app = TestApp::new().await;
    let (web, other) = (app.web().await, app.spa().await);
    let mut alice = app.alice().await;
    let page = page(&web, &mut alice, &[("scope", "openid email")]).await;
    alice.decide(&page, "allow").await;
    for (scope, silent) in [
        ("openid email", true),
        ("email openid", true),
        ("openid", true),
        ("", true),
        ("openid email phone", false),
        ("openid email offline_access", false),
        ("roles", false),
    ] {
        assert_eq!(
            is_silent(&web, &mut alice, &[("scope", scope)]).await,
            silent,
            "{scope:?}"
        );
    }
    assert!(!is_silent(&other, &mut alice, &[]).await, "another client");
    let mut bob = app.bob().await;
    assert!(!is_silent(&web, &mut bob, &[]).await, "another user");

    // What is allowed later is added to what was allowed before.
    let page = self::page(&web, &mut alice, &[("scope", "openid phone")]).await;
    alice.decide(&page, "allow").await;
    assert!(is_silent(&web, &mut alice, &[("scope", "openid email phone")]).await);
    // It is the user's, not the browser's.
    let mut elsewhere = app.alice().await;
    assert!(is_silent(&web, &mut elsewhere, &[]).await);
}

/// OAuth 2.1 §1.4.1: no scope is a request like any other.
#[tokio::test]
async fn a_request_without_a_scope_needs_consent_too() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    assert!(!is_silent(&web, &mut alice, &[("scope", "")]).await);
    let no_refresh = Metadata {
        grant_types: vec!["authorization_code".to_owned()],
        ..profile(Profile::Web, vec!["https://plain.test/cb".to_owned()])
    };
    let no_refresh = app.client("plain", no_refresh).await;
    assert!(!is_silent(&no_refresh, &mut alice, &[("scope", "offline_access")]).await);

    let page = page(&web, &mut alice, &[("scope", "")]).await;
    assert!(page.body.contains("Know who you are"), "{}", page.body);
    let back = alice.decide(&page, "allow").await;
    assert!(back.returned("code").is_some());
    assert!(is_silent(&web, &mut alice, &[("scope", "")]).await);
    assert!(!is_silent(&web, &mut alice, &[("scope", "openid")]).await);
}

/// RFC 8252 §8.6 · AC-071: any program of the device could be listening there.
#[tokio::test]
async fn nothing_is_remembered_for_a_public_client_on_loopback_or_its_own_scheme() {
    let app = TestApp::new().await;
    let redirects = [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8765/fixed",
        "http://[::1]/cb",
        "http://localhost/cb",
        "com.example.app:/cb",
        "https://claimed.test/cb",
    ]
    .map(str::to_owned);
    let native = app
        .client("nat", profile(Profile::Native, redirects.to_vec()))
        .await;
    let mut alice = app.alice().await;
    for (redirect_uri, silent) in [
        ("http://127.0.0.1:51004/cb", false),
        ("http://127.0.0.1/cb", false),
        ("http://127.0.0.1:8765/fixed", false),
        ("http://[::1]:51004/cb", false),
        ("http://localhost:51004/cb", false),
        ("http://localhost/cb", false),
        ("com.example.app:/cb", false),
        ("https://claimed.test/cb", true),
    ] {
        let to = [("redirect_uri", redirect_uri)];
        let page = alice
            .get(&native.authorize_url(&[to[0], ("prompt", "consent")]))
            .await;
        let page = alice.follow(&page).await;
        let warned = page
            .body
            .contains("Allow it only if you have just started it yourself.");
        assert_eq!(warned, redirect_uri.starts_with("http://"), "{redirect_uri}");
        alice.decide(&page, "allow").await;
        assert_eq!(
            is_silent(&native, &mut alice, &to).await,
            silent,
            "{redirect_uri}"
        );
    }

    let confidential = Metadata {
        token_endpoint_auth_method: "client_secret_basic".to_owned(),
        ..profile(Profile::Native, vec!["com.example.conf:/cb".to_owned()])
    };
    let confidential = app.client("conf", confidential).await;
    let page = page(&confidential, &mut alice, &[]).await;
    alice.decide(&page, "allow").await;
    assert!(
        is_silent(&confidential, &mut alice, &[]).await,
        "it proves who it is at the token endpoint"
    );
}

/// Ours: first-party clients, for which the operator consents.
#[tokio::test]
async fn the_operator_can_consent_for_everybody() {
    let app = TestApp::new().await;
    let trusted = Metadata {
        skip_consent: true,
        ..profile(Profile::Web, vec!["https://own.test/cb".to_owned()])
    };
    let trusted = app.client("own", trusted).await;
    let mut alice = app.alice().await;
    assert!(is_silent(&trusted, &mut alice, &[]).await);
    let page = page(&trusted, &mut alice, &[("prompt", "consent")]).await;
    assert!(page.body.contains("id=\"consent-allow\""));
}

/// dex GHSA-vh7g-p26c-j2cw · AC-066
#[tokio::test]
async fn the_form_of_one_request_decides_no_other() {
    let app = TestApp::new().await;
    let (web, spa) = (app.web().await, app.spa().await);
    let mut alice = app.alice().await;
    let harmless = page(&web, &mut alice, &[("scope", "openid")]).await;
    let greedy = page(&spa, &mut alice, &[("scope", "openid roles offline_access")]).await;
    let mixed = [
        (harmless.hidden("csrf").unwrap(), greedy.hidden("flow").unwrap()),
        (greedy.hidden("csrf").unwrap(), harmless.hidden("flow").unwrap()),
    ];
    for (csrf, flow) in mixed {
        let form = [("flow", flow.as_str()), ("csrf", &csrf), ("decision", "allow")];
        let answer = alice.post("/consent", &form).await;
        assert_eq!(answer.status, 403);
    }
    assert_eq!(app.count("grants").await, 0);
    let back = alice.decide(&harmless, "allow").await;
    assert!(back.location().starts_with("https://web.test/cb?code="));
}

/// clients-and-pages §2.2: another account, and the request goes on for that one.
#[tokio::test]
async fn another_account_can_be_chosen() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut browser = app.alice().await;
    let old = browser.cookies.clone();
    let page = page(&web, &mut browser, &[]).await;
    let to_login = browser.decide(&page, "switch").await;
    assert!(!browser.cookies.contains_key("__Host-kw-session"));
    let login = browser.follow(&to_login).await;
    assert!(
        !login.body.contains("readonly") && !login.body.contains("alice"),
        "{}",
        login.body
    );
    let to_consent = browser
        .submit_login(&login, "bob@example.test", "staple mountain river")
        .await;
    let page = browser.follow(&to_consent).await;
    assert!(page.body.contains("bob@example.test"));
    let back = browser.decide(&page, "allow").await;
    assert!(back.returned("code").is_some());
    let mut former = Browser {
        app: &app,
        cookies: old,
    };
    let answer = former.get(&web.authorize_url(&[("prompt", "none")])).await;
    answer.back_with("https://web.test/cb?", "login_required");
}
