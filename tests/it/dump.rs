//! Somebody reads the database, or writes to it: neither gives a sign-in.

use crate::auth::{COOKIE, refresh, sign_in};
use crate::support::mailbox::with_mail;
use crate::support::{Browser, TestApp, USERS};
use keywright::config::DatabaseUrl;
use keywright::entropy::SystemEntropy;
use keywright::id;
use keywright::opaque::{Kind, Opaque};
use keywright::storage::grants::{self, NewGrant, NewRefresh};
use keywright::storage::sessions::{self, SessionRow};
use keywright::time::Seconds;
use keywright::vault::Vault;

/// Everything in the database, as text and hex.
async fn dump(app: &TestApp) -> String {
    match &app.app.config.database.url {
        DatabaseUrl::Sqlite(path) => {
            app.app.db.close().await;
            let content = std::fs::read(path).unwrap();
            String::from_utf8_lossy(&content).into_owned()
        }
        DatabaseUrl::Postgres(url) => {
            let dumped = std::process::Command::new("pg_dump").arg(url.expose()).output();
            let dumped = dumped.unwrap();
            assert!(
                dumped.status.success(),
                "{}",
                String::from_utf8_lossy(&dumped.stderr)
            );
            String::from_utf8(dumped.stdout).unwrap()
        }
    }
}

/// ASVS 11.4.2, 6.5.2, 13.3.1, 14.2.6 · AC-269
#[tokio::test]
async fn a_stolen_copy_signs_nobody_in() {
    let app = TestApp::with(with_mail).await;
    let web = app.web().await;
    let (mut alice, _, codes) = app.alice_with_app().await;
    let page = alice.get("/account/security").await;
    assert_eq!(page.status, 200);
    let tokens = web
        .tokens(
            &mut alice,
            &[("scope", "openid offline_access"), ("prompt", "consent")],
        )
        .await;
    let code = web.code(&mut alice, &[]).await;
    let mut json = app.browser();
    let bob = sign_in_bob(&mut json).await;
    let device = app.device().await;
    let asked = device.post("/device_authorization", &[]).await.json();
    app.browser()
        .fill("/reset-password", &[("email", USERS[1].1)])
        .await;
    let link = app.mailed_link(USERS[1].1).await;
    let secret = |value: &str| (value.to_owned(), value[value.len() - 24..].to_owned());
    let secrets = [
        ("session", secret(&alice.cookies["__Host-kw-session"])),
        ("refresh cookie", secret(&json.cookies[COOKIE])),
        ("access token", secret(&bob)),
        ("refresh token", secret(&tokens.refresh_token.unwrap())),
        ("code", secret(&code)),
        ("client secret", secret(web.secret.as_ref().unwrap())),
        ("device code", secret(asked["device_code"].as_str().unwrap())),
        ("link", secret(&link)),
    ];
    let text = dump(&app).await;
    assert!(text.contains(USERS[0].1), "the dump is not read any more");
    for (what, (whole, tail)) in &secrets {
        assert!(!text.contains(whole) && !text.contains(tail), "{what}");
    }
    for code in &codes {
        assert!(
            !text.contains(code) && !text.contains(&code.replace('-', "")),
            "{code}"
        );
    }
    for (_, _, password) in USERS {
        assert!(!text.contains(password));
    }
    assert!(text.contains("$argon2id$v=19$m=19456,t=2,p=1$"));
    for private in ["PRIVATE KEY", "\"d\":", "\"p\":"] {
        assert!(!text.contains(private), "{private}");
    }
}

async fn sign_in_bob(browser: &mut Browser<'_>) -> String {
    let body = crate::auth::credentials(USERS[1].1, USERS[1].2);
    let answer = browser.send(crate::auth::post("/auth/login", &body)).await;
    answer.access_token()
}

/// Ory token HMAC · AC-270: rows that the attacker has written, with digests made under a key of his own.
#[tokio::test]
async fn who_can_write_rows_but_has_no_key_signs_nobody_in() {
    let app = TestApp::new().await;
    let web = app.web().await;
    sign_in(&mut app.browser()).await;
    let alice = app.user(USERS[0].1).await;
    let now = app.now();
    let theirs = Vault::new(&[7; 32]);
    let row = id::row(&SystemEntropy, now);

    let cookie = Opaque::mint(Kind::Session, &row, &SystemEntropy, &theirs);
    let session = SessionRow {
        id: row.clone(),
        digest: cookie.digest(&theirs),
        user_id: alice.id.clone(),
        user_epoch: alice.credential_epoch,
        auth_time: now.0,
        acr: "1".to_owned(),
        amr: "pwd".to_owned(),
        ip: String::new(),
        user_agent: String::new(),
        created_at: now.0,
        last_seen_at: now.0,
        expires_at: (now + Seconds(3_600)).0,
        ended_at: None,
    };
    sessions::insert(app.app.db.write(), &session).await.unwrap();
    let mut browser = app.browser();
    browser
        .cookies
        .insert("__Host-kw-session".to_owned(), cookie.expose().to_owned());
    assert!(!browser.is_signed_in().await);

    for client_id in ["web", "keywright-api"] {
        let row = id::row(&SystemEntropy, now);
        let token = Opaque::mint(Kind::RefreshToken, &row, &SystemEntropy, &theirs);
        let grant = NewGrant {
            id: &row,
            client_id,
            user_id: &alice.id,
            user_epoch: alice.credential_epoch,
            session_id: None,
            offline: true,
            scope: "openid",
            resources: "[]",
            claims: None,
            nonce: None,
            auth_time: now.0,
            acr: "1",
            amr: "pwd",
            created_at: now,
            expires_at: now + Seconds(3_600),
            purge_at: now + Seconds(7_200),
            code: None,
            refresh: Some(NewRefresh {
                digest: token.digest(&theirs),
                expires_at: now + Seconds(3_600),
                certificate: None,
            }),
            status_index: None,
        };
        grants::insert(app.app.db.write(), &grant).await.unwrap();
        web.refresh(token.expose()).await.refused(400, "invalid_grant");
        let mut browser = app.browser();
        browser
            .cookies
            .insert(COOKIE.to_owned(), token.expose().to_owned());
        refresh(&mut browser).await.problem(401, "invalid_refresh_token");
    }
    // A link to set her password.
    let forged = Opaque::mint(Kind::ResetLink, &row, &SystemEntropy, &theirs);
    let page = app.get(&format!("/reset-password/{}", forged.expose())).await;
    assert!(!page.body.contains("name=\"password\""), "{}", page.body);
}
