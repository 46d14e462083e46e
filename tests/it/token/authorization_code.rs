//! `grant_type=authorization_code` (RFC 6749 §4.1.3) and its replay.

use crate::support::{Browser, RelyingParty, TestApp};
use keywright::opaque::{Kind, Opaque};
use keywright::storage::grants;

/// RFC 6749 §4.1 · OIDC Core §3.1
#[tokio::test]
async fn a_code_buys_tokens_once_for_a_user_who_signed_in_and_consented() {
    let app = TestApp::new().await;
    let spa = app.spa().await;
    let mut browser = app.browser();
    let to_login = browser.get(&spa.authorize_url(&[])).await;
    let login = browser.follow(&to_login).await;
    let to_consent = browser
        .submit_login(&login, "alice@example.test", "correct horse battery")
        .await;
    let consent = browser.follow(&to_consent).await;
    let back = browser.decide(&consent, "allow").await;
    assert_eq!(back.all_returned(), ["code", "state", "iss"]);
    let tokens = spa.redeem(&back.returned("code").unwrap()).await.tokens();
    let claims = app.claims(&tokens.id_token.unwrap(), "JWT");
    assert_eq!(claims.text("nonce"), Some("the-nonce"));
    assert_eq!(
        claims.text("sub"),
        Some(app.user("alice@example.test").await.id.as_str())
    );
}

/// RFC 6749 §5.1 · OIDC Core §3.1.3.3 · protocol-checks C0
#[tokio::test]
async fn the_token_response_has_exactly_the_registered_members() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    let answer = web.redeem(&code).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    let json = answer.json();
    let mut names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "access_token",
            "expires_in",
            "id_token",
            "refresh_token",
            "scope",
            "token_type"
        ]
    );
    assert_eq!(json["token_type"], "Bearer");
    assert_eq!(json["expires_in"], 900);
    assert_eq!(json["scope"], "email openid");
}

/// RFC 6749 §4.1.2 · AC-042 · protocol-checks C1-28
#[tokio::test]
async fn a_replayed_code_revokes_its_tokens() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let code = web.code(&mut alice, &[]).await;
    let first = web.redeem(&code).await.tokens();
    assert!(web.is_active(&first.access_token).await);

    web.redeem(&code).await.refused(400, "invalid_grant");
    assert!(!web.is_active(&first.access_token).await);
    app.userinfo(&first.access_token)
        .await
        .refused(401, "invalid_token");
    web.refresh(&first.refresh_token.unwrap())
        .await
        .refused(400, "invalid_grant");
}

/// RFC 9700 §4.2.4 · AC-042 · protocol-checks C1-29: a code is remembered after it has expired, and after sign-out.
#[tokio::test]
async fn a_late_replay_is_a_replay_too() {
    let app = TestApp::new().await;
    let web = app.web().await;
    for signed_out in [false, true] {
        let mut alice = app.alice().await;
        let code = web
            .code(
                &mut alice,
                &[("scope", "openid offline_access"), ("prompt", "consent")],
            )
            .await;
        let tokens = web.redeem(&code).await.tokens();
        if signed_out {
            app.sign_out_alice().await;
        }
        app.clock.advance(30);
        assert!(
            web.is_active(&tokens.access_token).await,
            "offline access outlives the session"
        );
        app.clock.advance(40);
        web.redeem(&code).await.refused(400, "invalid_grant");
        assert!(
            !web.is_active(&tokens.access_token).await,
            "signed out: {signed_out}"
        );
        web.refresh(&tokens.refresh_token.unwrap())
            .await
            .refused(400, "invalid_grant");
    }
}

/// OAuth 2.1 §7.5.2 · AC-044: who only saw the code can take nothing away.
#[tokio::test]
async fn a_replay_that_is_not_fully_valid_revokes_nothing() {
    let app = TestApp::new().await;
    let (web, evil) = (app.web().await, app.evil().await);
    let code = web.code(&mut app.alice().await, &[]).await;
    let tokens = web.redeem(&code).await.tokens();
    let wrong = "x".repeat(43);
    for (what, name, value) in [
        ("wrong verifier", "code_verifier", wrong.as_str()),
        ("no verifier", "code_verifier", ""),
        ("another redirect", "redirect_uri", "https://web.test/other"),
    ] {
        let answer = web.redeem_with(&code, &[(name, value)]).await;
        answer.refused(400, "invalid_grant");
        assert!(web.is_active(&tokens.access_token).await, "{what}");
    }
    let redirect = web.redirect_uri();
    evil.redeem_with(&code, &[("redirect_uri", redirect)])
        .await
        .refused(400, "invalid_grant");
    let nobody = RelyingParty {
        secret: None,
        ..web.on(&app)
    };
    nobody.redeem(&code).await.refused(401, "invalid_client");
    assert!(web.is_active(&tokens.access_token).await);
    web.refresh(&tokens.refresh_token.unwrap()).await.tokens();
}

/// RFC 6749 §4.1.3 · AC-046: the code stays good for the client that it was issued to.
#[tokio::test]
async fn a_code_is_good_for_its_own_client_only() {
    let app = TestApp::new().await;
    let (web, spa) = (app.web().await, app.spa().await);
    let (evil, evil_spa) = (app.evil().await, app.evil_spa().await);
    let mut alice = app.alice().await;
    for victim in [&web, &spa] {
        let code = victim.code(&mut alice, &[]).await;
        for thief in [&evil, &evil_spa] {
            for redirect in [victim.redirect_uri(), thief.redirect_uri()] {
                let answer = thief.redeem_with(&code, &[("redirect_uri", redirect)]).await;
                answer.refused(400, "invalid_grant");
            }
        }
        victim.redeem(&code).await.tokens();
    }
    // A public client that names a confidential one is nobody.
    let code = web.code(&mut alice, &[]).await;
    let posing = RelyingParty {
        id: "web".to_owned(),
        ..evil_spa.on(&app)
    };
    posing
        .redeem_with(&code, &[("redirect_uri", web.redirect_uri())])
        .await
        .refused(401, "invalid_client");
    web.redeem(&code).await.tokens();
}

/// FAPI 2.0 §5.3.2.1 · AC-047
#[tokio::test]
async fn a_code_lives_sixty_seconds() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let (in_time, late) = (web.code(&mut alice, &[]).await, web.code(&mut alice, &[]).await);
    app.clock.advance(59);
    web.redeem(&in_time).await.tokens();
    app.clock.advance(1);
    web.redeem(&late).await.refused(400, "invalid_grant");
    app.clock.advance(1);
    web.redeem(&late).await.refused(400, "invalid_grant");

    let row = Opaque::parse(Kind::Code, &late, &app.app.vault).unwrap();
    let known = || async { grants::standing(app.app.db.read(), row.id()).await.unwrap() };
    assert!(known().await.is_some());
    app.clock.advance(2 * 3_600);
    keywright::jobs::remove_old_rows(&app.app).await.unwrap();
    assert!(known().await.is_none(), "an expired code is removed");
}

/// AC-048: exact length and every character count.
#[tokio::test]
async fn a_changed_code_is_refused() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    let mut changed = vec![
        code[..code.len() - 1].to_owned(),
        code[1..].to_owned(),
        format!("{code}A"),
        format!("{code}="),
        format!("{code} "),
        format!(" {code}"),
        code.to_ascii_uppercase(),
        code.replacen("kw_ac_", "kw_rt_", 1),
        "kw_ac_".to_owned(),
        "x".to_owned(),
        "é".repeat(79),
    ];
    let swapped = code.replace('-', "+").replace('_', "/");
    changed.push(swapped);
    for position in 0..code.len() {
        let mut bytes = code.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        changed.push(String::from_utf8(bytes).unwrap());
    }
    for changed in changed {
        web.redeem(&changed).await.refused(400, "invalid_grant");
    }
    web.redeem(&code).await.tokens();
}

/// AC-049: each of these ends what was not redeemed yet.
#[tokio::test]
async fn a_code_is_void_when_what_it_rests_on_is_gone() {
    for (what, status, error) in [
        ("user disabled", 400, "invalid_grant"),
        ("user deleted", 400, "invalid_grant"),
        ("password changed", 400, "invalid_grant"),
        ("consent revoked", 400, "invalid_grant"),
        ("signed out", 400, "invalid_grant"),
        ("client disabled", 401, "invalid_client"),
    ] {
        for scope in ["openid", "openid offline_access"] {
            let app = TestApp::new().await;
            let web = app.web().await;
            let code = web.code(&mut app.alice().await, &[("scope", scope)]).await;
            match what {
                "user disabled" => app.set_alice_disabled(true).await,
                "user deleted" => app.delete_alice().await,
                "password changed" => app.change_password_of_alice().await,
                "consent revoked" => app.revoke_consent_of_alice("web").await,
                "signed out" => app.sign_out_alice().await,
                _ => app.set_client_disabled("web", true).await,
            }
            let answer = web.redeem(&code).await;
            assert_eq!(answer.json()["error"], error, "{what}, {scope}");
            answer.refused(status, error);
        }
    }
}

/// RFC 9700 §4.12, §4.2.4 · AC-051
#[tokio::test]
async fn the_answer_to_a_decision_repeats_no_post_and_leaves_no_trace() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let back = web.authorize(&mut app.alice().await, &[]).await;
    assert_eq!(back.status, 303);
    assert_eq!(back.all_returned(), ["code", "state", "iss"]);
    assert_eq!(back.header("cache-control"), "no-store");
    assert_eq!(back.header("referrer-policy"), "no-referrer");
    assert!(back.body.is_empty());
}

/// AC-052: a double click on "Allow".
#[tokio::test]
async fn a_decision_posted_twice_gives_one_code() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let to_consent = alice.get(&web.authorize_url(&[])).await;
    let page = alice.follow(&to_consent).await;
    let first = alice.decide(&page, "allow").await;
    let second = alice.decide(&page, "allow").await;
    assert!(second.headers.get("location").is_none() || second.returned("code").is_none());
    web.redeem(&first.returned("code").unwrap()).await.tokens();
}

/// RFC 6749 §4.1.3 · AC-030: the code survives, the rightful request still works.
#[tokio::test]
async fn the_redirect_uri_must_be_that_of_the_authorization_request() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    for other in [
        "https://web.test/cb/",
        "https://web.test/cb?x=1",
        "https://web.test",
        "https://evil.test/cb",
    ] {
        web.redeem_with(&code, &[("redirect_uri", other)])
            .await
            .refused(400, "invalid_grant");
    }
    web.redeem(&code).await.tokens();
}

/// RFC 6749 §4.1.2, in small: tests/it/races.rs has the crowd.
#[tokio::test]
async fn of_simultaneous_redemptions_one_succeeds_and_its_tokens_are_revoked() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let code = web.code(&mut app.alice().await, &[]).await;
    let (a, b, c, d) = tokio::join!(
        web.redeem(&code),
        web.redeem(&code),
        web.redeem(&code),
        web.redeem(&code)
    );
    let (won, lost): (Vec<_>, Vec<_>) = [a, b, c, d].into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    lost.iter()
        .for_each(|answer| answer.refused(400, "invalid_grant"));
    assert!(!web.is_active(&won[0].tokens().access_token).await);
}

/// RFC 6749 §5.1: a client without the refresh grant gets none, and offline_access changes nothing.
#[tokio::test]
async fn a_client_without_the_refresh_grant_gets_no_refresh_token() {
    let app = TestApp::new().await;
    let mut metadata = app.web().await.metadata;
    metadata.grant_types = vec!["authorization_code".to_owned()];
    let plain = app.client("plain", metadata).await;
    let mut alice: Browser<'_> = app.alice().await;
    let tokens = plain
        .tokens(&mut alice, &[("scope", "openid offline_access")])
        .await;
    assert_eq!((tokens.refresh_token, tokens.scope.as_str()), (None, "openid"));
}
