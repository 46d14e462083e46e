//! API keys at `GET /auth/verify`.

use crate::support::keys::{HERE, owner, with_api};
use crate::support::{API, Answer, TestApp, USERS};
use axum::body::Body;
use axum::http::Request;

async fn with_header(app: &TestApp, name: &str, value: &str) -> Answer {
    let request = Request::get("/auth/verify").header(name, value);
    app.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_key_opens_the_apps_behind_a_proxy_as_far_as_its_scope_goes() {
    let app = TestApp::new().await;
    let alice = app.user(USERS[0].1).await.id;
    let bare = app.key_of_alice("", HERE).await;
    let answer = app.verify(&bare, "").await;
    let seen = |answer: &Answer| {
        let header = |name| answer.header(name).to_owned();
        [
            header("x-auth-user"),
            header("x-auth-email"),
            header("x-auth-roles"),
        ]
    };
    assert_eq!(seen(&answer), [alice.clone(), String::new(), String::new()]);
    assert_eq!(answer.header("cache-control"), "no-store");
    let full = app.key_of_alice("email roles", HERE).await;
    let answer = app.verify(&full, "").await;
    assert_eq!(seen(&answer), [alice, USERS[0].1.to_owned(), "member".to_owned()]);
    let answer = with_header(&app, "x-api-key", &full).await;
    assert_eq!(answer.header("x-auth-email"), USERS[0].1);
}

/// AC-241: the rule of the proxy holds for keys too: role, scope, audience.
#[tokio::test]
async fn the_rule_of_the_proxy_holds_for_keys() {
    let app = TestApp::with(with_api).await;
    app.client("svc", owner()).await;
    let of_alice = app.key_of_alice("roles notes:read", HERE).await;
    let without_roles = app.key_of_alice("notes:read", HERE).await;
    let for_api = app.key_of_alice("roles notes:read", API).await;
    let of_service = app.key_of_client("svc", "api:read", API).await;
    for (key, rule, status) in [
        (&of_alice, "?role=member", 200),
        (&of_alice, "?role=admin", 403),
        (&without_roles, "?role=member", 403),
        (&of_alice, "?scope=notes:read", 200),
        (&of_alice, "?scope=notes:write", 403),
        (&of_alice, "?scope=notes:read&scope=notes:write", 403),
        (&of_alice, &format!("?audience={HERE}"), 200),
        (&of_alice, &format!("?audience={API}"), 401),
        (&for_api, "", 401),
        (
            &for_api,
            &format!("?audience={API}&role=member&scope=notes:read"),
            200,
        ),
        (&of_service, "", 401),
        (&of_service, &format!("?audience={API}"), 200),
        (&of_service, &format!("?audience={API}&scope=api:read"), 200),
        (&of_service, &format!("?audience={API}&scope=api:write"), 403),
        (&of_service, &format!("?audience={API}&role=member"), 403),
    ] {
        let answer = app.verify(key, rule).await;
        assert_eq!(answer.status, status, "{rule}: {}", answer.body);
        assert_eq!(
            answer.headers.contains_key("x-auth-user"),
            status == 200,
            "{rule}"
        );
    }
}

/// The rule's scope holds for access tokens as well; a person who is signed in needs none.
#[tokio::test]
async fn a_scope_is_asked_of_tokens_and_not_of_people() {
    let app = TestApp::new().await;
    let token = crate::auth::sign_in(&mut app.browser()).await.access_token();
    assert_eq!(app.verify(&token, "?scope=roles").await.status, 200);
    app.verify(&token, "?scope=notes:read")
        .await
        .problem(403, "forbidden");
    let mut alice = app.alice().await;
    assert_eq!(alice.get("/auth/verify?scope=notes:read").await.status, 200);
}

/// AC-241: in the address, with spaces, cut, changed, of another server or kind.
#[tokio::test]
async fn a_key_is_taken_whole_and_from_a_header_only() {
    let app = TestApp::new().await;
    let key = app.key_of_alice("", HERE).await;
    assert_eq!(app.verify(&key, "").await.status, 200);
    for name in ["access_token", "api_key", "key", "token"] {
        let answer = app.get(&format!("/auth/verify?{name}={key}")).await;
        answer.problem(400, "invalid_request");
    }
    for wrong in [
        format!("{key} "),
        format!("{key}\t"),
        format!("{key}A"),
        key[..key.len() - 1].to_owned(),
        key.to_uppercase(),
        key.replacen("kw_pat_", "kw_rt_", 1),
        "kw_pat_".to_owned(),
        format!("{key},{key}"),
    ] {
        // A limit of its own for each.
        let app = app.another().await;
        app.verify(&wrong, "").await.problem(401, "invalid_token");
    }
}

/// A key and something else: nobody guesses which one was meant.
#[tokio::test]
async fn two_ways_to_say_who_one_is_are_refused() {
    let app = TestApp::new().await;
    let key = app.key_of_alice("", HERE).await;
    let mut alice = app.alice().await;
    let both = Request::get("/auth/verify")
        .header("authorization", format!("Bearer {key}"))
        .header("x-api-key", &key);
    alice
        .send(both.body(Body::empty()).unwrap())
        .await
        .problem(401, "invalid_token");
    // A wrong key is not made up for by the session.
    let wrong = Request::get("/auth/verify").header("x-api-key", format!("{key}A"));
    alice
        .send(wrong.body(Body::empty()).unwrap())
        .await
        .problem(401, "invalid_token");
    // The app behind the proxy may have keys of its own in this header.
    let foreign = Request::get("/auth/verify").header("x-api-key", "sk_live_1");
    assert_eq!(alice.send(foreign.body(Body::empty()).unwrap()).await.status, 200);
}

/// AC-176: what was made up costs no query: it is refused the same way without a database.
#[tokio::test]
async fn a_made_up_key_is_refused_without_the_database() {
    let app = TestApp::new().await;
    let key = app.key_of_alice("", HERE).await;
    app.app.db.close().await;
    let made_up = format!("{}AAAAAAAA", &key[..key.len() - 8]);
    app.verify(&made_up, "").await.problem(401, "invalid_token");
    app.verify(&key, "").await.problem(503, "temporarily_unavailable");
}

/// AC-243: 429 after many wrong keys, also genuine ones that have ended; a good one goes through all the same, whatever
/// others behind the same address do.
#[tokio::test]
async fn many_wrong_keys_are_slowed_down_and_a_good_one_is_not() {
    let app = TestApp::new().await;
    let ended = app.key_of_alice("", HERE).await;
    app.revoke_key_of_alice().await;
    let good = app.key_of_alice("", HERE).await;
    let made_up = format!("{}AAAAAAAA", &good[..good.len() - 8]);
    for key in [&made_up, &ended, &made_up, &ended, &made_up] {
        app.verify(key, "").await.problem(401, "invalid_token");
        assert_eq!(app.verify(&good, "").await.status, 200);
    }
    for key in [&made_up, &ended] {
        let answer = app.verify(key, "").await;
        answer.problem(429, "too_many_attempts");
        assert!(answer.header("retry-after").parse::<i64>().unwrap() > 0);
        assert_eq!(app.verify(&good, "").await.status, 200);
    }
    app.clock.advance(901);
    app.verify(&made_up, "").await.problem(401, "invalid_token");
}

/// The last use is written at most once a minute, with the address.
#[tokio::test]
async fn the_last_use_is_written_once_a_minute() {
    let app = TestApp::new().await;
    let alice = app.user(USERS[0].1).await.id;
    let key = app.key_of_alice("", HERE).await;
    let last = async || {
        let row = app.stored_key(&alice).await;
        (row.last_used_at, row.last_used_ip)
    };
    assert_eq!(last().await, (None, None));
    app.verify(&key, "?role=admin").await.problem(403, "forbidden");
    assert_eq!(last().await, (None, None), "it was not let in");
    let first = app.now().0;
    for seconds in [0, 1, 58] {
        app.clock.advance(seconds);
        assert_eq!(app.verify(&key, "").await.status, 200);
        assert_eq!(last().await, (Some(first), Some("127.0.0.1".to_owned())));
    }
    app.clock.advance(1);
    assert_eq!(app.verify(&key, "").await.status, 200);
    assert_eq!(last().await.0, Some(first + 60));
}
