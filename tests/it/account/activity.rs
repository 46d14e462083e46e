//! The audit trail: which events there are, that they are committed with their cause, and the page that shows them.

use crate::support::keys::owner;
use crate::support::mailbox::with_mail;
use crate::support::{API, Browser, TestApp, USERS};
use keywright::config::DatabaseUrl;
use keywright::identity::export::NEWEST;
use keywright::jobs;
use keywright::storage::events::{self, EventRow};

const ALICE: &str = USERS[0].1;

/// The events of alice, the oldest first; those of one second in the order of their names.
async fn of_alice(app: &TestApp) -> Vec<EventRow> {
    let id = app.user(ALICE).await.id;
    let mut rows = events::of_user(app.app.db.read(), &id, NEWEST, 1_000)
        .await
        .unwrap();
    rows.sort_by(|a, b| (a.at, &a.event).cmp(&(b.at, &b.event)));
    rows
}

async fn names(app: &TestApp) -> Vec<String> {
    of_alice(app).await.into_iter().map(|row| row.event).collect()
}

/// AC-268: what people do, in the order in which they do it, with who, where and by which app.
#[tokio::test]
async fn each_thing_that_happens_leaves_one_event() {
    let app = TestApp::with(with_mail).await;
    let web = app.web().await;
    let later = || app.clock.advance(30);
    app.browser().try_sign_in(ALICE, "not the password").await;
    later();
    let mut alice = app.browser();
    let page = alice.get(&web.authorize_url(&[("prompt", "consent")])).await;
    let login = alice.follow(&page).await;
    let consent = alice.submit_login(&login, ALICE, USERS[0].2).await;
    later();
    let page = alice.follow(&consent).await;
    let code = alice.decide(&page, "allow").await.returned("code").unwrap();
    later();
    web.redeem(&code).await;
    web.redeem(&code).await;
    web.redeem(&code).await;
    later();
    alice.post_account("/account/apps", &[("client", "web")]).await;
    later();
    let (authenticator, _) = alice.add_app().await;
    later();
    let answer = alice.post_account("/account/security/recovery-codes", &[]).await;
    let codes = crate::support::recovery_codes(&answer);
    later();
    let (mut other, page) = app.half_signed_in().await;
    other.second_step(&page, "000000").await;
    later();
    other.second_step(&page, &codes[0]).await;
    later();
    alice.post_account("/account/sessions", &[]).await;
    later();
    alice
        .post_account("/account/security/remove", &[("factor", "app")])
        .await;
    later();
    let fields = [("current", USERS[0].2), ("password", "purple rivers under glass")];
    alice.post_account("/account/security/password", &fields).await;
    later();
    alice.post_account("/account", &[("name", "Alice")]).await;
    later();
    alice.fill("/logout", &[("decision", "signout")]).await;
    drop(authenticator);
    assert_eq!(
        names(&app).await,
        [
            "login_failed",
            "login",
            "consent_given",
            "replay",
            "app_removed",
            "authenticator_app_added",
            "recovery_codes_replaced",
            "mfa_failed",
            "login",
            "recovery_code_used",
            "session_ended",
            "authenticator_app_removed",
            "password_changed",
            "profile_changed",
            "session_ended",
        ]
    );
    let rows = of_alice(&app).await;
    let first = &rows[1];
    assert_eq!(first.client_id.as_deref(), Some("web"));
    assert_eq!(first.detail, r#"{"amr":"pwd"}"#);
    assert!(
        rows.iter()
            .all(|row| !row.request_id.is_empty() && row.ip == "127.0.0.1"),
        "{rows:?}"
    );
    assert!(rows[3].detail.contains("\"grant\":\"") && rows[3].client_id.as_deref() == Some("web"));
}

#[tokio::test]
async fn what_changes_nothing_is_no_event() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let user = app.user(ALICE).await;
    let name = user.name.unwrap();
    let username = user.preferred_username.unwrap_or_default();
    let same = [("name", name.as_str()), ("preferred_username", username.as_str())];
    let answer = alice.post_account("/account", &same).await;
    assert!(answer.location().ends_with("/account?done=saved"));
    let answer = alice.post_account("/account/sessions", &[]).await;
    assert!(answer.location().ends_with("/account/sessions?done=others"));
    assert_eq!(names(&app).await, ["login"]);
}

#[tokio::test]
async fn device_sign_in_by_json_lock_and_reset_are_events_too() {
    let app = TestApp::with(|config| {
        with_mail(config);
        config.login.attempts = 1_000;
        config.api.enabled = true;
    })
    .await;
    let mut by_json = app.browser();
    crate::auth::sign_in(&mut by_json).await;
    app.clock.advance(30);
    for _ in 0..10 {
        app.browser().try_sign_in(ALICE, "not the password").await;
    }
    let mut nobody = app.browser();
    nobody
        .try_sign_in("nobody@example.test", "not the password")
        .await;
    app.clock.advance(30);
    let unlock = app.mailed_link(ALICE).await;
    app.browser().fill(&unlock, &[]).await;
    app.clock.advance(30);
    app.browser().fill("/reset-password", &[("email", ALICE)]).await;
    let reset = app.mailed_link(ALICE).await;
    app.browser()
        .fill(&reset, &[("password", "purple rivers under glass")])
        .await;
    let names = names(&app).await;
    assert_eq!(names.iter().filter(|name| *name == "login_failed").count(), 10);
    let others: Vec<&String> = names.iter().filter(|name| *name != "login_failed").collect();
    assert_eq!(
        others,
        ["login", "user_locked", "user_unlocked", "password_reset"]
    );
    assert_eq!(
        app.count("events WHERE user_id IS NULL AND event = 'login_failed'")
            .await,
        1
    );
    let json = &of_alice(&app).await[0];
    assert_eq!(json.client_id.as_deref(), Some("keywright-api"));
}

#[tokio::test]
async fn an_approved_device_is_an_event_with_the_name_of_its_app() {
    let app = TestApp::new().await;
    let device = app.device().await;
    let asked = device.post("/device_authorization", &[]).await.json();
    let mut alice = app.alice().await;
    let code = asked["user_code"].as_str().unwrap();
    let page = alice.fill("/device", &[("user_code", code)]).await;
    let (csrf, handle) = (page.hidden("csrf").unwrap(), page.hidden("handle").unwrap());
    let form = [
        ("csrf", csrf.as_str()),
        ("handle", &handle),
        ("decision", "allow"),
        ("confirm", "yes"),
    ];
    assert_eq!(alice.post("/device/confirm", &form).await.status, 200);
    assert_eq!(alice.post("/device/confirm", &form).await.status, 400);
    assert_eq!(
        app.count("events WHERE event = 'device_approved' AND client_id = 'dev'")
            .await,
        1
    );
}

/// AC-240 · AC-268: of a person's key as of a service's. The events name the key; it is in none of them.
#[tokio::test]
async fn keys_that_are_made_and_revoked_are_events_of_their_owner() {
    let app = TestApp::new().await;
    let (service, other) = (
        app.client("svc", owner()).await,
        app.client("other", owner()).await,
    );
    let mut alice = app.alice().await;
    app.clock.advance(30);
    let form = [("name", "backup"), ("lifetime", "30d")];
    assert_eq!(
        alice.post_account("/account/api-keys/new", &form).await.status,
        200
    );
    let of_alice_id = app.stored_key(&app.user(ALICE).await.id).await.id;
    app.clock.advance(30);
    for status in [303, 404] {
        let answer = alice
            .post_account("/account/api-keys", &[("key", &of_alice_id)])
            .await;
        assert_eq!(answer.status, status);
    }
    let rows = of_alice(&app).await;
    assert_eq!(
        names(&app).await,
        ["login", "api_key_created", "api_key_revoked"],
        "one each"
    );
    for row in &rows[1..] {
        assert_eq!(row.detail, format!(r#"{{"key":"{of_alice_id}"}}"#));
        assert!(row.client_id.is_none() && row.ip == "127.0.0.1", "{row:?}");
    }
    let page = alice.get("/account/activity").await;
    for words in ["API key created", "API key revoked"] {
        assert!(page.body.contains(words), "{}", page.body);
    }

    let since = app.now();
    let key = app.key_of_client("svc", "api:read", API).await;
    let id = app.stored_key("svc").await.id;
    app.clock.advance(30);
    for client in [&other, &service, &service] {
        assert_eq!(client.revoke(&key).await.status, 200);
    }
    let rows = events::list(app.app.db.read(), since, "", 1_000).await.unwrap();
    let of_service: Vec<_> = rows.iter().filter(|row| row.detail.contains(&id)).collect();
    let told: Vec<_> = of_service
        .iter()
        .map(|row| {
            (
                row.event.as_str(),
                row.user_id.as_deref(),
                row.client_id.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("api_key_created", None, Some("svc")),
            ("api_key_revoked", None, Some("svc"))
        ]
    );
    assert_eq!(
        (of_service[0].detail.as_str(), of_service[1].detail.as_str()),
        (
            format!(r#"{{"key":"{id}","by":"operator"}}"#).as_str(),
            format!(r#"{{"key":"{id}"}}"#).as_str()
        )
    );
    assert!(!format!("{rows:?}").contains("kw_pat_"));
}

/// The newest first, fifty at a time; the way on is a cursor that nobody else can make.
#[tokio::test]
async fn the_page_shows_all_events_of_this_person_page_by_page() {
    let app = TestApp::new().await;
    let mut alice = app.alice().await;
    let mut bob = app.bob().await;
    bob.post_account("/account", &[("name", "Bob of Bobs")]).await;
    for number in 0..60 {
        app.clock.advance(1);
        alice
            .post_account("/account", &[("name", &format!("Alice {number}"))])
            .await;
    }
    let page = alice.get("/account/activity").await;
    let lines = |body: &str| body.matches("Profile changed").count() + body.matches("<b>Signed in").count();
    assert_eq!(lines(&page.body), 50, "{}", page.body);
    assert!(
        page.body.contains("id=\"not-you\" href=\"/account/security\""),
        "{}",
        page.body
    );
    assert!(!page.body.contains("id=\"activity-newest\""));
    let (_, rest) = page.body.split_once("/account/activity?before=").unwrap();
    let cursor = rest.split_once('"').unwrap().0.to_owned();
    let older = alice.get(&format!("/account/activity?before={cursor}")).await;
    assert_eq!(lines(&older.body), 11, "{}", older.body);
    assert!(
        older.body.contains("Password") && older.body.contains("127.0.0.1"),
        "{}",
        older.body
    );
    assert!(!older.body.contains("id=\"activity-older\""));

    let tampered =
        |from: &str, to: &str| format!("/account/activity?before={}", cursor.replacen(from, to, 1));
    for path in [
        tampered(".", ""),
        tampered(&cursor[..8], "ffffffff"),
        format!("/account/activity?before={}A", &cursor[..cursor.len() - 1]),
        "/account/activity?before=~".to_owned(),
        "/account/activity?before=%27--.AAAA".to_owned(),
    ] {
        if path.ends_with(&cursor) {
            continue; // the last letter was an A already
        }
        assert_eq!(alice.get(&path).await.status, 400, "{path}");
    }
    let stolen = bob.get(&format!("/account/activity?before={cursor}")).await;
    assert_eq!(stolen.status, 400, "a cursor is for one account");
}

#[tokio::test]
async fn events_end_after_their_time() {
    let app = TestApp::with(|config| config.accounts.activity = keywright::time::Seconds(86_400)).await;
    app.alice().await;
    app.clock.advance(86_400);
    app.bob().await;
    jobs::remove_old_rows(&app.app).await.unwrap();
    assert_eq!(app.count("events").await, 2, "not yet");
    app.clock.advance(1);
    jobs::remove_old_rows(&app.app).await.unwrap();
    assert_eq!(app.count("events").await, 1);
}

/// An event costs no commit of its own: a code flow has four with a sign-in and two on a live session.
#[tokio::test]
async fn events_add_no_commit_to_a_code_flow() {
    let app = TestApp::new().await;
    let DatabaseUrl::Sqlite(path) = &app.app.config.database.url else {
        return; // the log that is counted is that of the embedded database
    };
    let log = path.with_extension("db-wal");
    let web = app.web().await;
    // The first grant of a server takes indexes of the status lists for a thousand.
    web.tokens(&mut app.bob().await, &[]).await;
    let mut alice = app.browser();
    let before = commits(&log);
    full_flow(&web, &mut alice).await;
    let with_sign_in = commits(&log);
    let code = web.code(&mut alice, &[]).await;
    assert_eq!(web.redeem(&code).await.status, 200);
    let without = commits(&log);
    assert_eq!((with_sign_in - before, without - with_sign_in), (4, 2));
}

/// A key, its event and its notice are one commit; so are its end and the event of it.
#[tokio::test]
async fn a_key_is_made_with_one_commit_and_revoked_with_one() {
    let app = TestApp::with(with_mail).await;
    let DatabaseUrl::Sqlite(path) = &app.app.config.database.url else {
        return; // the log that is counted is that of the embedded database
    };
    let log = path.with_extension("db-wal");
    let mut alice = app.alice().await;
    let before = commits(&log);
    let form = [("name", "backup"), ("lifetime", "30d")];
    assert_eq!(
        alice.post_account("/account/api-keys/new", &form).await.status,
        200
    );
    let made = commits(&log);
    assert_eq!(app.mails(ALICE).await.len(), 1);
    let id = app.stored_key(&app.user(ALICE).await.id).await.id;
    let answer = alice.post_account("/account/api-keys", &[("key", &id)]).await;
    assert_eq!(answer.status, 303);
    let revoked = commits(&log);
    assert_eq!((made - before, revoked - made), (1, 1));
    assert_eq!(names(&app).await.len(), 3);
}

async fn full_flow(web: &crate::support::RelyingParty<'_>, browser: &mut Browser<'_>) {
    let page = browser.get(&web.authorize_url(&[])).await;
    let login = browser.follow(&page).await;
    let answer = browser.submit_login(&login, ALICE, USERS[0].2).await;
    let answer = match answer.returned("code") {
        Some(_) => answer,
        None => {
            let page = browser.follow(&answer).await;
            browser.decide(&page, "allow").await
        }
    };
    let code = answer.returned("code").unwrap();
    assert_eq!(web.redeem(&code).await.status, 200);
}

/// The commits in a write-ahead log: frames that name the size of the database (SQLite file format §4.1).
fn commits(log: &std::path::Path) -> usize {
    let bytes = std::fs::read(log).unwrap();
    let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let (page, salt) = (word(8) as usize, &bytes[16..24]);
    let frames = (32..bytes.len()).step_by(24 + page);
    let live = frames.filter(|at| at + 24 <= bytes.len() && &bytes[at + 8..at + 16] == salt);
    live.filter(|at| word(at + 4) > 0).count()
}
