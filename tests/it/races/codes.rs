//! Codes: authorization codes and device codes.

use super::{Nodes, ROUNDS};
use crate::support::TestApp;
use crate::support::server::{code_form, device_form, refresh_form};

/// RFC 6749 §4.1.2, §10.5 · AC-043: a replay that lost the race is a replay.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_redemptions_of_a_code_one_succeeds_and_its_tokens_are_revoked() {
    let app = TestApp::new().await;
    app.spa().await;
    let nodes = Nodes::of(&app).await;
    for round in 0..ROUNDS {
        let (grant, code) = nodes.seed.code("spa").await;
        let race = nodes.race(50, &code_form("spa", &code)).await;
        assert_eq!((race.won.len(), race.lost), (1, 49), "round {round}");
        assert_eq!(nodes.seed.is_revoked(&grant).await, Some(true), "round {round}");
        assert_eq!(nodes.userinfo(&race.won[0]).await, 401);
        let refresh_token = race.won[0]["refresh_token"].as_str().unwrap();
        let (status, body) = nodes.token(&refresh_form("spa", refresh_token)).await;
        assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")));
    }
}

/// One that is not replayed keeps its tokens, whatever happens to others at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn codes_redeemed_side_by_side_do_not_disturb_each_other() {
    let app = TestApp::new().await;
    app.spa().await;
    let nodes = Nodes::of(&app).await;
    let mut codes = Vec::new();
    for _ in 0..50 {
        codes.push(nodes.seed.code("spa").await.1);
    }
    let tasks: Vec<_> = codes
        .into_iter()
        .enumerate()
        .map(|(number, code)| {
            let (client, url) = (nodes.client.clone(), nodes.url(number, "/token"));
            tokio::spawn(async move {
                let form = code_form("spa", &code);
                crate::support::server::post(&client, &url, &form).await.unwrap()
            })
        })
        .collect();
    for task in tasks {
        let (status, tokens) = task.await.unwrap();
        assert_eq!(status, 200, "{tokens}");
        assert_eq!(nodes.userinfo(&tokens).await, 200);
    }
}

/// RFC 8628 §3.5 · AC-139
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_polls_of_an_approved_device_code_one_gets_tokens() {
    let app = TestApp::new().await;
    app.device().await;
    let nodes = Nodes::of(&app).await;
    for round in 0..ROUNDS {
        let (grant, code) = nodes.seed.device_code("dev").await;
        let race = nodes.race(20, &device_form("dev", &code)).await;
        assert_eq!((race.won.len(), race.lost), (1, 19), "round {round}");
        assert_eq!(nodes.seed.is_revoked(&grant).await, Some(true), "round {round}");
    }
}
