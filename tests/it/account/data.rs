//! `/account/data/export`: what the server knows, as a file.

use crate::support::keys::HERE;
use crate::support::{TestApp, USERS};
use serde_json::{Value, json};

#[tokio::test]
async fn the_export_tells_everything_of_this_person_and_no_secret() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let (mut alice, _, codes) = app.alice_with_app().await;
    let mut bob = app.bob().await;
    web.tokens(&mut bob, &[]).await;
    let form = [("name", "of another person"), ("lifetime", "30d")];
    assert_eq!(bob.post_account("/account/api-keys/new", &form).await.status, 200);
    let key = app.key_of_alice("email", HERE).await;
    let made = app.now().0;
    app.clock.advance(30);
    assert_eq!(app.verify(&key, "").await.status, 200);
    let tokens = web
        .tokens(&mut alice, &[("scope", "openid offline_access")])
        .await;
    let page = alice.get("/account/data").await;
    assert!(
        page.body.contains("href=\"/account/data/export\""),
        "{}",
        page.body
    );
    let answer = alice.get("/account/data/export").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"account.json\""
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let told = answer.json();
    assert_eq!(told["profile"]["email"], USERS[0].1);
    assert_eq!(told["profile"]["claims"]["address"]["locality"], "Springfield");
    assert_eq!(told["credentials"]["password"], true);
    assert!(told["credentials"]["authenticator_app"]["created_at"].is_i64());
    assert_eq!(told["credentials"]["recovery_codes_left"], 10);
    assert_eq!(
        told["credentials"]["api_keys"],
        json!([{ "name": "backup", "scope": "email", "resource": HERE, "created_at": made,
            "expires_at": made + 90 * 86_400, "last_used_at": made + 30 }])
    );
    assert_eq!(told["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(told["apps"][0]["client_id"], "web");
    let events: Vec<&str> = of(&told["activity"], "event");
    assert!(
        events.contains(&"login") && events.contains(&"authenticator_app_added"),
        "{events:?}"
    );

    let user = app.user(USERS[0].1).await;
    let session = alice.cookies.values().cloned().collect::<Vec<_>>();
    let secrets = [
        user.password_hash.unwrap(),
        tokens.access_token,
        tokens.refresh_token.unwrap(),
        key[30..].to_owned(),
    ];
    for secret in secrets.iter().chain(&codes).chain(&session) {
        assert!(!answer.body.contains(secret.as_str()), "{secret}");
    }
    for word in [
        "digest",
        "argon2",
        "secret",
        "kw_pat_",
        "of another person",
        USERS[1].1,
    ] {
        assert!(!answer.body.contains(word), "{word}");
    }
}

fn of<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    let rows = list.as_array().unwrap().iter();
    rows.filter_map(|row| row[name].as_str()).collect()
}
