//! Browser sessions (ASVS 7): new at every sign-in, bounded in time, known to the database by digest only.

use crate::support::{Browser, RelyingParty, TestApp};
use keywright::config::{DatabaseUrl, Issuer};
use keywright::identity::event::Actor;
use keywright::identity::users;
use keywright::secret::Secret;

const SESSION: &str = "__Host-kw-session";
const ALICE: (&str, &str) = ("alice@example.test", "correct horse battery");
const BOB: (&str, &str) = ("bob@example.test", "staple mountain river");

async fn signed_in(client: &RelyingParty<'_>, browser: &mut Browser<'_>) -> bool {
    let answer = browser.get(&client.authorize_url(&[("prompt", "none")])).await;
    answer.returned("error").as_deref() != Some("login_required")
}

/// ASVS 7.2.4 · ZITADEL CVE-2024-28197 · AC-177
#[tokio::test]
async fn a_sign_in_makes_a_new_session_and_ends_the_one_before() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut attacker = app.bob().await;
    let planted = attacker.cookies[SESSION].clone();
    for preset in [planted.as_str(), "kw_se_chosen-by-the-attacker", ""] {
        let mut victim = app.browser();
        victim.get("/").await;
        victim.cookies.insert(SESSION.to_owned(), preset.to_owned());
        let to_login = victim.get(&web.authorize_url(&[("prompt", "login")])).await;
        let page = victim.follow(&to_login).await;
        let form = [
            ("flow", page.hidden("flow").unwrap()),
            ("csrf", page.hidden("csrf").unwrap()),
            ("username", ALICE.0.to_owned()),
            ("password", ALICE.1.to_owned()),
        ];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = victim.post("/login", &form).await;
        if preset == planted {
            // The page was for bob's session, so alice's password confirms nothing.
            assert_eq!(answer.status, 400);
            continue;
        }
        assert_eq!(answer.status, 303);
        assert_ne!(victim.cookies[SESSION], preset);
        assert!(signed_in(&web, &mut victim).await);
    }
    assert!(signed_in(&web, &mut attacker).await, "bob's own session lives");
    let page = attacker.get(&web.authorize_url(&[("prompt", "login")])).await;
    let page = attacker.follow(&page).await;
    attacker.submit_login(&page, BOB.0, BOB.1).await;
    let mut old = Browser {
        app: &app,
        cookies: [(SESSION.to_owned(), planted)].into(),
    };
    assert!(!signed_in(&web, &mut old).await);
}

/// ASVS 7.3.1 · AC-179
#[tokio::test]
async fn a_session_ends_after_a_day_without_use() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    app.clock.advance(86_399);
    assert!(signed_in(&web, &mut alice).await);
    app.clock.advance(86_399);
    assert!(signed_in(&web, &mut alice).await, "the use before counted");
    app.clock.advance(86_401);
    assert!(!signed_in(&web, &mut alice).await);
}

/// ASVS 7.3.2 · AC-179
#[tokio::test]
async fn a_session_ends_after_a_week_however_much_it_is_used() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    for _ in 0..13 {
        app.clock.advance(43_200);
        assert!(signed_in(&web, &mut alice).await);
    }
    app.clock.advance(43_199);
    assert!(signed_in(&web, &mut alice).await);
    app.clock.advance(1);
    assert!(!signed_in(&web, &mut alice).await);
}

/// The lifetimes are the operator's to set.
#[tokio::test]
async fn the_lifetimes_can_be_configured() {
    let app = TestApp::with(|config| {
        config.sessions.idle = keywright::time::Seconds(120);
        config.sessions.absolute = keywright::time::Seconds(300);
        config.sessions.interaction = keywright::time::Seconds(60);
    })
    .await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let to_consent = alice.get(&web.authorize_url(&[])).await;
    app.clock.advance(61);
    assert_eq!(alice.follow(&to_consent).await.status, 400);
    app.clock.advance(121);
    assert!(!signed_in(&web, &mut alice).await);
}

/// Keycloak GHSA-64w3 · AC-180: a lifetime that the operator shortens ends the sessions that are older.
#[tokio::test]
async fn a_shorter_lifetime_counts_for_sessions_from_before() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    app.clock.advance(3_600);
    let mut bob = app.bob().await;
    let cookies = [alice.cookies.clone(), bob.cookies.clone()];
    assert!(alice.is_signed_in().await && bob.is_signed_in().await);
    let strict = app
        .node(|config| config.sessions.absolute = keywright::time::Seconds(1_800))
        .await;
    let mut signed_in = Vec::new();
    for cookies in cookies {
        signed_in.push(
            Browser {
                app: &strict,
                cookies,
            }
            .is_signed_in()
            .await,
        );
    }
    assert_eq!(signed_in, [false, true]);
}

/// CVE-2025-12390 · AC-181
#[tokio::test]
async fn two_people_on_one_browser_never_get_each_others_tokens() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let bobs = app.user(BOB.0).await.id;
    for how in ["replaced", "lost cookie", "expired"] {
        let mut browser = app.browser();
        browser.sign_in(ALICE.0, ALICE.1).await;
        let tokens = web.tokens(&mut browser, &[("scope", "openid")]).await;
        let left_over = web.code(&mut browser, &[]).await;
        // bob comes without alice signing out
        let page = match how {
            "replaced" => {
                let hint = web.tokens(&mut app.bob().await, &[]).await.id_token.unwrap();
                let to_login = browser.get(&web.authorize_url(&[("id_token_hint", &hint)])).await;
                browser.follow(&to_login).await
            }
            "lost cookie" => {
                browser.cookies.remove(SESSION);
                browser.get("/login").await
            }
            _ => {
                app.clock.advance(86_401);
                browser.get("/login").await
            }
        };
        let answer = browser.submit_login(&page, BOB.0, BOB.1).await;
        assert_eq!(answer.status, 303, "{how}");
        let token = web.tokens(&mut browser, &[]).await.access_token;
        assert_eq!(web.introspect(&token).await["sub"], bobs, "{how}");
        if how == "replaced" {
            assert_eq!(web.introspect(&tokens.access_token).await["active"], false);
            web.refresh(&tokens.refresh_token.unwrap())
                .await
                .refused(400, "invalid_grant");
            web.redeem(&left_over).await.refused(400, "invalid_grant");
        }
    }
}

/// RFC 6265 §5.4 · AC-257: a cookie that a sibling domain has planted beside ours does not choose the user.
#[tokio::test]
async fn two_session_cookies_are_no_session() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let (alice, mut bob) = (app.alice().await, app.bob().await);
    let hers = alice.cookies[SESSION].clone();
    let his = bob.cookies[SESSION].clone();
    bob.cookies
        .insert(SESSION.to_owned(), format!("{his}; {SESSION}={hers}"));
    assert!(!signed_in(&web, &mut bob).await);
    bob.cookies.insert(SESSION.to_owned(), his);
    assert!(signed_in(&web, &mut bob).await);
}

/// AC-177, AC-270: nothing but the very value.
#[tokio::test]
async fn a_changed_cookie_is_no_session() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let good = alice.cookies[SESSION].clone();
    let row = app.count("sessions").await;
    assert_eq!(row, 1);
    let swapped: String = good.chars().rev().collect();
    for changed in [
        good[..good.len() - 1].to_owned(),
        format!("{good}A"),
        format!("{good}="),
        good.replace("kw_se_", "kw_rt_"),
        good.to_lowercase(),
        swapped,
        format!("\"{good}\""),
        "' OR 1=1--".to_owned(),
    ] {
        alice.cookies.insert(SESSION.to_owned(), changed.clone());
        assert!(!signed_in(&web, &mut alice).await, "{changed}");
    }
    for position in (0..good.len()).step_by(5) {
        let mut bytes = good.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        alice.cookies.insert(SESSION.to_owned(), changed);
        assert!(!signed_in(&web, &mut alice).await, "{position}");
    }
    alice.cookies.insert(SESSION.to_owned(), good);
    assert!(signed_in(&web, &mut alice).await);
}

/// design.md D3: disabling and a new password end everything.
#[tokio::test]
async fn a_disabled_user_and_a_new_password_end_the_sessions() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let (mut alice, mut bob) = (app.alice().await, app.bob().await);
    app.disable_user(ALICE.0).await;
    assert!(!signed_in(&web, &mut alice).await);
    assert!(signed_in(&web, &mut bob).await);
    let user = app.user(BOB.0).await;
    users::set_password(
        Actor::operator(&app.app),
        &user,
        Secret::new("another long password".to_owned()),
    )
    .await
    .unwrap();
    assert!(!signed_in(&web, &mut bob).await);
}

/// ASVS 14.2.1, 16.2.5 · AC-182: the cookie's value is in the cookie and nowhere else.
#[tokio::test]
async fn the_session_identifier_is_nowhere_but_in_its_cookie() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let mut alice = app.alice().await;
    let secret = alice.cookies[SESSION].clone();
    let browser_id = alice.cookies["__Host-kw-browser"].clone();
    let tail = &secret[secret.len() - 40..];
    let to_consent = alice.get(&web.authorize_url(&[])).await;
    let consent = alice.follow(&to_consent).await;
    let back = alice.decide(&consent, "allow").await;
    let tokens = web.redeem(&back.returned("code").unwrap()).await;
    for answer in [
        alice.get("/").await,
        alice.get("/device").await,
        alice.get("/logout").await,
        alice.get("/nothing").await,
        to_consent,
        consent,
        back,
        tokens,
    ] {
        for hidden in [tail, &browser_id] {
            assert!(!answer.body.contains(hidden), "{}", answer.body);
            assert!(!answer.header("location").contains(hidden));
        }
    }
    if let DatabaseUrl::Sqlite(path) = &app.app.config.database.url {
        app.app.db.close().await;
        let content = std::fs::read(path).unwrap();
        assert!(content.len() > 50_000 && find(&content, b"alice@example.test"));
        for hidden in [tail, &browser_id] {
            assert!(
                !find(&content, hidden.as_bytes()),
                "the database holds digests only"
            );
        }
    }
}

fn find(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

/// A server for this machine only speaks http; then the cookies have neither prefix nor `Secure`.
#[tokio::test]
async fn on_loopback_without_tls_the_cookies_do_without_the_prefix() {
    let app =
        TestApp::with(|config| config.public_url = Issuer::parse("http://localhost:8080").unwrap()).await;
    let alice = app.alice().await;
    let names: Vec<&String> = alice.cookies.keys().collect();
    assert_eq!(names, ["kw-browser", "kw-device", "kw-session"]);
    let answer = app.get("/").await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800"),
        "{cookie}"
    );
    assert_eq!(answer.header("strict-transport-security"), "");
}
