//! Rotation of refresh tokens (RFC 9700 §4.14.2): replays, the grace window, and what a restart remembers.

use crate::support::{RelyingParty, TestApp, Tokens};
use keywright::config::Config;
use keywright::time::Seconds;

fn grace(config: &mut Config) {
    config.tokens.refresh_grace = Seconds(10);
}

/// A family whose first token was used once: that token, and what it gave.
async fn rotated(client: &RelyingParty<'_>) -> (String, Tokens) {
    let first = client.tokens(&mut client.app.alice().await, &[]).await;
    let first = first.refresh_token.unwrap();
    let second = client.refresh(&first).await.tokens();
    (first, second)
}

async fn is_dead(client: &RelyingParty<'_>, tokens: &Tokens) -> bool {
    let refresh_token = tokens.refresh_token.as_ref().unwrap();
    let dead = !client.is_family_alive(&tokens.access_token).await;
    client.refresh(refresh_token).await.status == 400 && dead
}

/// RFC 9700 §4.14.2 · AC-083
#[tokio::test]
async fn a_replayed_refresh_token_ends_its_family() {
    let app = TestApp::new().await;
    for client in [app.web().await, app.spa().await] {
        let (first, second) = rotated(&client).await;
        client.refresh(&first).await.refused(400, "invalid_grant");
        assert!(is_dead(&client, &second).await, "{}", client.id);
    }
}

/// AC-083: any ancestor will do, however old, and after it was idle for too long.
#[tokio::test]
async fn a_replay_of_any_ancestor_ends_the_family() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let offline = [("scope", "openid offline_access")];
    let first = web.tokens(&mut app.alice().await, &offline).await;
    let first = first.refresh_token.unwrap();
    let mut latest = web.refresh(&first).await.tokens();
    for _ in 0..3 {
        app.clock.advance(3 * 86_400);
        latest = web.refresh(&latest.refresh_token.unwrap()).await.tokens();
    }
    web.refresh(&first).await.refused(400, "invalid_grant");
    assert!(is_dead(&web, &latest).await);
}

/// AC-083: one family is not another.
#[tokio::test]
async fn a_replay_ends_its_own_family_only() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let (first, _) = rotated(&web).await;
    let (_, other) = rotated(&web).await;
    web.refresh(&first).await.refused(400, "invalid_grant");
    assert!(web.is_active(&other.access_token).await);
    web.refresh(&other.refresh_token.unwrap()).await.tokens();
}

/// AC-084 in small: tests/it/races.rs has the crowd.
#[tokio::test]
async fn of_simultaneous_refreshes_one_succeeds_and_the_family_ends() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let first = web.tokens(&mut app.alice().await, &[]).await;
    let token = first.refresh_token.unwrap();
    let (a, b, c) = tokio::join!(web.refresh(&token), web.refresh(&token), web.refresh(&token));
    let (won, lost): (Vec<_>, Vec<_>) = [a, b, c].into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    lost.iter()
        .for_each(|answer| answer.refused(400, "invalid_grant"));
    assert!(is_dead(&web, &won[0].tokens()).await);
}

/// FAPI 2.0 §5.3.2.1 · AC-085: inside the window a retry gets the same successor, never a second branch.
#[tokio::test]
async fn inside_the_grace_window_a_retry_gets_the_same_successor() {
    let app = TestApp::with(grace).await;
    for client in [app.web().await, app.spa().await] {
        let (first, second) = rotated(&client).await;
        app.clock.advance(9);
        let again = client.refresh(&first).await.tokens();
        assert_eq!(again.refresh_token, second.refresh_token);
        let (a, b) = tokio::join!(client.refresh(&first), client.refresh(&first));
        for answer in [a, b] {
            assert_eq!(answer.tokens().refresh_token, second.refresh_token);
        }
        let third = client.refresh(&second.refresh_token.unwrap()).await.tokens();
        assert!(client.is_family_alive(&third.access_token).await);
    }
}

/// AC-085: racers inside the window all leave with one successor.
#[tokio::test]
async fn simultaneous_refreshes_with_grace_share_one_successor() {
    let app = TestApp::with(grace).await;
    let web = app.web().await;
    let first = web.tokens(&mut app.alice().await, &[]).await;
    let token = first.refresh_token.unwrap();
    let (a, b, c) = tokio::join!(web.refresh(&token), web.refresh(&token), web.refresh(&token));
    let [a, b, c] = [a, b, c].map(|answer| answer.tokens().refresh_token.unwrap());
    assert!(a == b && b == c && a != token);
    web.refresh(&a).await.tokens();
}

/// RFC 9700 §4.14.2 · AC-083 · AC-086: after the window, or once the successor was used, a replay is a replay.
#[tokio::test]
async fn the_grace_window_ends_by_time_and_by_use_of_the_successor() {
    let app = TestApp::with(grace).await;
    let web = app.web().await;
    let (first, second) = rotated(&web).await;
    app.clock.advance(10);
    web.refresh(&first).await.refused(400, "invalid_grant");
    assert!(is_dead(&web, &second).await, "by time");

    let (first, second) = rotated(&web).await;
    let third = web.refresh(&second.refresh_token.unwrap()).await.tokens();
    web.refresh(&first).await.refused(400, "invalid_grant");
    assert!(is_dead(&web, &third).await, "by use");
}

/// AC-086, AC-090: the window is for the client of the token.
#[tokio::test]
async fn the_grace_window_gives_nothing_to_another_client() {
    let app = TestApp::with(grace).await;
    let (web, evil) = (app.web().await, app.evil().await);
    let (first, second) = rotated(&web).await;
    evil.refresh(&first).await.refused(400, "invalid_grant");
    web.refresh(&second.refresh_token.unwrap()).await.tokens();
}

/// AC-086: a revoked family gives no successor, inside the window or not.
#[tokio::test]
async fn the_grace_window_does_not_outlive_the_grant() {
    let app = TestApp::with(grace).await;
    let web = app.web().await;
    let (first, second) = rotated(&web).await;
    assert_eq!(web.revoke(&second.refresh_token.unwrap()).await.status, 200);
    web.refresh(&first).await.refused(400, "invalid_grant");
}

/// AC-088: the answer to a refresh was lost; the state is one or the other, never both and never neither.
#[tokio::test]
async fn a_lost_answer_costs_a_sign_in_without_grace_and_nothing_with_it() {
    for (setup, survives) in [(None, false), (Some(grace as fn(&mut Config)), true)] {
        let app = TestApp::with(setup.unwrap_or(|_| ())).await;
        let web = app.web().await;
        let (first, _lost) = rotated(&web).await;
        let restarted = app.another().await;
        let retry = web.on(&restarted).refresh(&first).await;
        assert_eq!(retry.status == 200, survives, "{}", retry.body);
    }
}

/// AC-089 · CVE-2026-9802: what was rotated is known to every node and after every restart.
#[tokio::test]
async fn a_restarted_server_knows_what_was_rotated() {
    let app = TestApp::new().await;
    let web = app.web().await;
    let (first, second) = rotated(&web).await;
    let restarted = app.another().await;
    let web = web.on(&restarted);
    assert!(web.is_active(&second.access_token).await);
    web.refresh(&first).await.refused(400, "invalid_grant");
    assert!(is_dead(&web, &second).await);
}

/// A refresh on one node and the next on another.
#[tokio::test]
async fn a_family_moves_between_nodes() {
    let app = TestApp::new().await;
    let other = app.another().await;
    let web = app.web().await;
    let mut tokens = web.tokens(&mut app.alice().await, &[]).await;
    for node in [&other, &app, &other] {
        tokens = web
            .on(node)
            .refresh(&tokens.refresh_token.unwrap())
            .await
            .tokens();
        assert!(web.is_active(&tokens.access_token).await);
    }
}
