//! What people and clients do is told to the operator: events of the target `audit`, one line each.

use crate::log_canaries::capture::Log;
use crate::support::mailbox::with_mail;
use crate::support::{TestApp, USERS};
use keywright::config::LogFormat;
use serde_json::Value;

/// The events so far, in order.
fn events(log: &Log) -> Vec<Value> {
    let lines = log.text();
    let events = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.filter(|event| event["target"] == "audit").collect()
}

/// Whether an event of this name was written since `seen`, with a time, a request and nothing secret.
#[track_caller]
fn told(log: &Log, seen: &mut usize, name: &str) {
    let events = events(log);
    let new = &events[*seen..];
    *seen = events.len();
    let found = new.iter().find(|event| event["event"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {new:?}"));
    assert!(found["timestamp"].as_str().unwrap().ends_with('Z'), "{found}");
    assert_eq!(found["request_id"].as_str().unwrap().len(), 16, "{found}");
    for secret in [USERS[0].2, "kw_", "eyJ"] {
        assert!(!found.to_string().contains(secret), "{found}");
    }
}

/// ASVS 16.3.1 to 16.3.4 · AC-268, AC-072
#[tokio::test]
async fn what_happens_to_accounts_and_grants_is_told() {
    let log = Log::start(LogFormat::Json);
    let app = TestApp::with(|config| {
        with_mail(config);
        config.login.attempts = 100;
    })
    .await;
    let (web, mut seen) = (app.web().await, 0);
    app.browser().try_sign_in(USERS[0].1, "wrong").await;
    told(&log, &mut seen, "login_failed");
    let mut alice = app.alice().await;
    told(&log, &mut seen, "login");

    let to_consent = alice.get(&web.authorize_url(&[])).await;
    let page = alice.follow(&to_consent).await;
    alice
        .decide(&page, "deny")
        .await
        .back_with("https://web.test/cb", "access_denied");
    told(&log, &mut seen, "consent_denied");
    let code = web.code(&mut alice, &[]).await;
    told(&log, &mut seen, "consent_given");
    let tokens = web.redeem(&code).await.tokens();
    told(&log, &mut seen, "tokens_issued");
    assert_eq!(events(&log)[seen - 1]["by"], "code");
    assert_eq!(events(&log)[seen - 1]["client"], "web");
    assert_eq!(web.revoke(&tokens.access_token).await.status, 200);
    told(&log, &mut seen, "token_revoked");
    web.redeem(&code).await.refused(400, "invalid_grant");
    told(&log, &mut seen, "replay");
    let tokens = web.tokens(&mut alice, &[]).await;
    let tokens = web.refresh(&tokens.refresh_token.unwrap()).await.tokens();
    told(&log, &mut seen, "tokens_issued");
    assert_eq!(events(&log)[seen - 1]["by"], "refresh_token");
    assert_eq!(web.revoke(&tokens.refresh_token.unwrap()).await.status, 200);
    told(&log, &mut seen, "token_revoked");

    let (authenticator, codes) = alice.add_app().await;
    told(&log, &mut seen, "authenticator_app_added");
    let (mut browser, page) = app.half_signed_in().await;
    browser.second_step(&page, "000000").await;
    told(&log, &mut seen, "mfa_failed");
    app.clock.advance(30);
    browser.second_step(&page, &authenticator.code(app.now())).await;
    told(&log, &mut seen, "login");
    let (mut browser, page) = app.half_signed_in().await;
    browser.second_step(&page, &codes[0]).await;
    told(&log, &mut seen, "recovery_code_used");
    let form = [("name", "backup"), ("lifetime", "30d")];
    alice.post_account("/account/api-keys/new", &form).await;
    told(&log, &mut seen, "api_key_created");
    let key = app.stored_key(&app.user(USERS[0].1).await.id).await.id;
    alice.post_account("/account/api-keys", &[("key", &key)]).await;
    told(&log, &mut seen, "api_key_revoked");
    assert_eq!(events(&log)[seen - 1]["key"], key.as_str());
    for _ in 0..10 {
        app.browser().try_sign_in(USERS[1].1, "wrong").await;
    }
    told(&log, &mut seen, "user_locked");
    let link = app.mailed_link(USERS[1].1).await;
    app.browser().fill(&link, &[]).await;
    told(&log, &mut seen, "user_unlocked");
}
