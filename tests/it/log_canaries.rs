//! No secret reaches the log, even at TRACE, nor an answer that did not issue it, nor a `{:?}`.

pub mod capture;
mod injection;

use crate::auth::{COOKIE, credentials, me, post, refresh, sign_in};
use crate::support::keys::{HERE, gateway};
use crate::support::mailbox::with_mail;
use crate::support::{Answer, RelyingParty, TestApp, USERS, VERIFIER, basic};
use axum::body::Body;
use axum::http::Request;
use capture::Log;
use keywright::config::LogFormat;
use keywright::oauth::client::Metadata;
use keywright::oauth::params::Params;

const WRONG_PASSWORD: &str = "canary-password-7Qw2";
const WRONG_SECRET: &str = "canary-secret-9Zx4";
const STATE: &str = "canary-state-3Rt8";
const NONCE: &str = "canary-nonce-5Yu6";

/// What a run of the server has seen that nobody else may see.
#[derive(Default)]
struct Secrets(Vec<(String, String)>);

impl Secrets {
    fn add(&mut self, what: &str, value: &str) {
        assert!(value.len() >= 8, "{what} is too short to be searched for");
        self.0.push((what.to_owned(), value.to_owned()));
        // Long ones are looked for in parts too: a truncated token is still a part of a secret.
        if value.len() > 60 {
            let tail = value.len() - 24;
            self.0.push((format!("end of {what}"), value[tail..].to_owned()));
        }
    }

    #[track_caller]
    fn are_absent_from(&self, text: &str, place: &str) {
        for (what, value) in &self.0 {
            assert!(!text.contains(value), "{what} in {place}");
        }
    }
}

/// ASVS 16.2.5, 14.2.1 · AC-266 · AC-053 · AC-182
#[tokio::test]
async fn no_secret_reaches_the_log_at_trace() {
    for format in [LogFormat::Json, LogFormat::Pretty] {
        let log = Log::start(format);
        let app = TestApp::new().await;
        let mut secrets = Secrets::default();
        let web = app.web_post().await;
        let basic_web = app.web().await;
        let mut answers = people(&app, &web, &mut secrets).await;
        answers.extend(clients(&app, &web, &basic_web, &mut secrets).await);
        answers.extend(devices(&app, &mut secrets).await);
        answers.extend(apps(&app, &mut secrets).await);
        answers.extend(programs(&app, &mut secrets).await);
        answers.extend(misplaced(&app, &web, &secrets).await);
        answers.extend(broken(&app, &web, &basic_web, &mut secrets).await);

        let text = log.text();
        secrets.are_absent_from(&text, "the log");
        for answer in &answers {
            secrets.are_absent_from(&answer.body, "an answer");
        }
        // The log was listening: requests, refusals, sign-ins and the replay are there.
        for line in [
            "request",
            "refused",
            "login_failed",
            "login",
            "replay",
            "the request failed",
        ] {
            assert!(text.contains(line), "{line}");
        }
        assert!(text.lines().count() > 100);
        if format == LogFormat::Json {
            log.is_one_event_per_line();
        }
    }
}

/// Signs in, once wrongly, and consents.
async fn people(app: &TestApp, web: &RelyingParty<'_>, secrets: &mut Secrets) -> Vec<Answer> {
    let mut browser = app.browser();
    let changes = [
        ("state", STATE),
        ("nonce", NONCE),
        ("scope", "openid email offline_access"),
    ];
    let to_login = browser.get(&web.authorize_url(&changes)).await;
    let page = browser.follow(&to_login).await;
    let wrong = browser.submit_login(&page, USERS[0].1, WRONG_PASSWORD).await;
    // A password typed into the other field.
    let misplaced = browser.submit_login(&page, WRONG_PASSWORD, WRONG_PASSWORD).await;
    let to_consent = browser.submit_login(&page, USERS[0].1, USERS[0].2).await;
    let consent = browser.follow(&to_consent).await;
    secrets.add("CSRF token", &consent.hidden("csrf").unwrap());
    let back = browser.decide(&consent, "allow").await;
    secrets.add("password", USERS[0].2);
    secrets.add("wrong password", WRONG_PASSWORD);
    secrets.add("state", STATE);
    secrets.add("nonce", NONCE);
    for (name, value) in &browser.cookies {
        secrets.add(name, value);
    }
    secrets.add("code of a person", &back.returned("code").unwrap());
    let logout = browser.get("/end_session?id_token_hint=garbage").await;
    let _ = misplaced; // shows what was typed as the address, which is what a form does
    vec![wrong, logout]
}

/// Redeems, refreshes, replays, introspects, revokes.
async fn clients(
    app: &TestApp,
    web: &RelyingParty<'_>,
    basic_web: &RelyingParty<'_>,
    secrets: &mut Secrets,
) -> Vec<Answer> {
    let mut alice = app.alice().await;
    secrets.add("verifier", VERIFIER);
    secrets.add("wrong client secret", WRONG_SECRET);
    let mut answers = Vec::new();
    for client in [web, basic_web] {
        let secret = client.secret.as_ref().unwrap();
        secrets.add("client secret", secret);
        let header = basic(&client.id, secret);
        secrets.add("Basic credentials", header.strip_prefix("Basic ").unwrap());
        let code = client.code(&mut alice, &[]).await;
        secrets.add("code", &code);
        let tokens = client.redeem(&code).await.tokens();
        let next = client
            .refresh(tokens.refresh_token.as_ref().unwrap())
            .await
            .tokens();
        for tokens in [&tokens, &next] {
            secrets.add("access token", &tokens.access_token);
            secrets.add("refresh token", tokens.refresh_token.as_ref().unwrap());
            secrets.add("ID token", tokens.id_token.as_ref().unwrap());
        }
        answers.push(app.userinfo(&next.access_token).await);
        answers.push(client.post("/introspect", &[("token", &next.access_token)]).await);
        answers.push(client.revoke(&next.access_token).await);
        answers.push(app.userinfo(&next.access_token).await);
        answers.push(client.refresh(tokens.refresh_token.as_ref().unwrap()).await);
        answers.push(client.redeem(&code).await);
        let wrong = RelyingParty {
            secret: Some(WRONG_SECRET.to_owned()),
            ..client.on(app)
        };
        answers.push(wrong.redeem(&code).await);
    }
    secrets.add("session", &alice.cookies["__Host-kw-session"]);
    answers
}

async fn devices(app: &TestApp, secrets: &mut Secrets) -> Vec<Answer> {
    let device = app.device().await;
    let authorization = device.post("/device_authorization", &[]).await.json();
    let code = authorization["device_code"].as_str().unwrap();
    secrets.add("device code", code);
    secrets.add("user code", authorization["user_code"].as_str().unwrap());
    let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
    vec![device.post("/token", &[grant, ("device_code", code)]).await]
}

/// Signs in by JSON, refreshes, replays, asks as a proxy, signs out.
async fn apps(app: &TestApp, secrets: &mut Secrets) -> Vec<Answer> {
    let mut browser = app.browser();
    let wrong = post("/auth/login", &credentials(USERS[1].1, WRONG_PASSWORD));
    let mut answers = vec![browser.send(wrong).await];
    let broken = post("/auth/login", &format!("{{\"password\":\"{WRONG_PASSWORD}\""));
    answers.push(browser.send(broken).await);
    let mut old = browser.cookies.clone();
    for _ in 0..2 {
        let answer = match old.is_empty() {
            true => sign_in(&mut browser).await,
            false => refresh(&mut browser).await,
        };
        secrets.add("access token of an app", &answer.access_token());
        secrets.add("refresh cookie", &browser.cookies[COOKIE]);
        answers.push(me(app, &answer.access_token()).await);
        let ask =
            Request::get("/auth/verify").header("authorization", format!("Bearer {}", answer.access_token()));
        answers.push(app.send(ask.body(Body::empty()).unwrap()).await);
        if old.is_empty() {
            old = browser.cookies.clone();
        }
    }
    answers.push(browser.send(post("/auth/logout", "")).await);
    browser.cookies = old;
    answers.push(refresh(&mut browser).await);
    answers
}

/// Makes a key, shows it at a proxy, has it told about and exchanged, revokes it.
async fn programs(app: &TestApp, secrets: &mut Secrets) -> Vec<Answer> {
    let mut alice = app.alice().await;
    let made = alice
        .post_account("/account/api-keys/new", &[("name", "x"), ("lifetime", "30d")])
        .await;
    let (_, rest) = made.body.split_once(">kw_pat_").unwrap();
    let key = format!("kw_pat_{}", rest.split_once('<').unwrap().0);
    secrets.add("API key", &key);
    let metadata = Metadata {
        resources: vec![HERE.to_owned()],
        introspects: vec![HERE.to_owned()],
        ..gateway()
    };
    let gateway = app.client("gateway", metadata).await;
    secrets.add("secret of a gateway", gateway.secret.as_ref().unwrap());
    let exchanged = gateway.exchange(&key, &[]).await;
    secrets.add("token of a key", &exchanged.tokens().access_token);
    let id = app.stored_key(&app.user(USERS[0].1).await.id).await.id;
    let mut answers = vec![
        app.verify(&key, "").await,
        app.verify(&format!("{key}A"), "").await,
        gateway.post("/introspect", &[("token", &key)]).await,
        app.get(&format!("/auth/verify?access_token={key}")).await,
        alice.get("/account/api-keys").await,
        alice.post_account("/account/api-keys", &[("key", &key)]).await,
        alice.post_account("/account/api-keys", &[("key", &id)]).await,
    ];
    answers.push(app.verify(&key, "").await);
    answers.push(gateway.exchange(&key, &[]).await);
    answers
}

/// Secrets where they do not belong: in addresses and as other parameters.
async fn misplaced(app: &TestApp, web: &RelyingParty<'_>, secrets: &Secrets) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (what, value) in &secrets.0 {
        let what = what.replace(' ', "_");
        let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        for address in [
            format!("/token?code={encoded}&code_verifier={encoded}"),
            format!("/userinfo?access_token={encoded}"),
            format!("/authorize?client_id={encoded}"),
            format!("/authorize?client_id=post&redirect_uri={encoded}"),
            format!("/end_session?id_token_hint={encoded}"),
            format!("/setup/{encoded}"),
            format!("/reset-password/{encoded}"),
            format!("/unlock/{encoded}"),
            format!("/verify-email/{encoded}"),
            format!("/signup/{encoded}"),
            format!("/change-email/{encoded}"),
            format!("/revert-email/{encoded}"),
            format!("/auth/me?access_token={encoded}"),
            format!("/auth/return?to={encoded}"),
        ] {
            answers.push(app.get(&address).await);
        }
        for name in [
            "grant_type",
            "client_id",
            "client_secret",
            "code",
            "scope",
            "client_assertion",
        ] {
            let form = [("grant_type", "authorization_code"), (name, value.as_str())];
            answers.push(app.post("/token", &form).await);
        }
        answers.push(web.revoke(value).await);
        answers.push(app.userinfo(&format!("{what} {value}")).await);
    }
    answers
}

/// Secrets in requests that cannot be read or answered.
async fn broken(
    app: &TestApp,
    web: &RelyingParty<'_>,
    basic_web: &RelyingParty<'_>,
    secrets: &mut Secrets,
) -> Vec<Answer> {
    let secret = web.secret.as_ref().unwrap();
    let mut answers = Vec::new();
    for (content_type, body) in [
        ("application/json", format!("{{\"client_secret\":\"{secret}\"}}")),
        (
            "application/x-www-form-urlencoded",
            format!("client_secret={secret}&x=%ff"),
        ),
        (
            "application/x-www-form-urlencoded",
            format!("client_secret={secret}&client_secret={secret}"),
        ),
    ] {
        let request = Request::post("/token")
            .header("content-type", content_type)
            .header("authorization", format!("Basic {secret}"))
            .header("user-agent", format!("x\t{{\"a\":\"b\"}} {WRONG_SECRET}"));
        answers.push(app.send(request.body(Body::from(body)).unwrap()).await);
    }
    let code = web.code(&mut app.alice().await, &[]).await;
    secrets.add("late code", &code);
    app.app.db.close().await;
    app.app.clients.forget("web");
    answers.push(web.redeem(&code).await);
    answers.push(basic_web.refresh(&code).await);
    answers
}

/// A one-time link is a secret in a path, and the address behind it is nobody's business.
#[tokio::test]
async fn a_mailed_link_reaches_no_log() {
    let log = Log::start(LogFormat::Json);
    let app = TestApp::with(with_mail).await;
    app.browser()
        .fill("/reset-password", &[("email", USERS[0].1)])
        .await;
    let link = app.mailed_link(USERS[0].1).await;
    app.browser().get(&link).await;
    let form = [("password", "canary lantern under the stairs")];
    app.browser().fill(&link, &form).await;
    app.browser().get(&link.replace("reset-password", "unlock")).await;
    keywright::jobs::send_mails(&app.app).await.unwrap();
    let text = log.text();
    let token = link.rsplit('/').next().unwrap();
    for secret in [token, &token[10..40], USERS[0].1, "canary lantern"] {
        assert!(!text.contains(secret), "{secret}");
    }
    for seen in ["/reset-password", "password_reset", "a mail was not sent"] {
        assert!(text.contains(seen), "{seen}\n{text}");
    }
}

/// A `{:?}` in a log line of tomorrow shows names, not values.
#[test]
fn debug_output_of_requests_has_no_values() {
    let body = format!("grant_type=password&password={WRONG_PASSWORD}&client_secret={WRONG_SECRET}");
    let params = Params::parse(body.as_bytes()).unwrap();
    let shown = format!("{params:?} {params:#?}");
    assert!(shown.contains("password") && shown.contains("client_secret"));
    assert!(!shown.contains("canary"), "{shown}");
}

/// The types that carry secrets cannot be shown at all.
#[test]
fn types_with_secrets_have_no_debug() {
    let carriers = [
        "Secret",
        "Opaque",
        "Vault",
        "Browser",
        "ClientRequest",
        "Presented",
        "TokenResponse",
        "AccessToken",
        "Pkcs8Der",
        "DeviceAuthorization",
        "Exchange",
        "FormPostPage",
        "ApiKeyMadePage",
        "Message",
        "Smtp",
        "Mailer",
    ];
    let mut found = Vec::new();
    for file in crate::support::source::rust("src") {
        for carrier in carriers {
            for end in [" {", "(", "<"] {
                let Some(at) = file.text.find(&format!("pub struct {carrier}{end}")) else {
                    continue;
                };
                let before = file.text[..at].rsplit("\n\n").next().unwrap();
                assert!(
                    !before.contains("Debug,") && !before.contains(", Debug"),
                    "{carrier}"
                );
                assert!(!file.text.contains(&format!("Debug for {carrier}")), "{carrier}");
                found.push(carrier);
            }
        }
    }
    found.sort_unstable();
    let mut all = carriers;
    all.sort_unstable();
    assert_eq!(found, all);
}
