//! Refresh tokens: one live one per family.

use super::{Nodes, ROUNDS};
use crate::support::TestApp;
use crate::support::server::{post, refresh_form};
use keywright::time::Seconds;

/// RFC 9700 §4.14.2 · AC-084
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_grace_one_refresh_succeeds_and_the_family_ends() {
    let app = TestApp::new().await;
    app.spa().await;
    let nodes = Nodes::of(&app).await;
    for round in 0..ROUNDS {
        let (grant, token) = nodes.seed.refresh_token("spa").await;
        let race = nodes.race(50, &refresh_form("spa", &token)).await;
        assert_eq!((race.won.len(), race.lost), (1, 49), "round {round}");
        assert_eq!(nodes.seed.is_revoked(&grant).await, Some(true), "round {round}");
        let successor = race.won[0]["refresh_token"].as_str().unwrap();
        assert_eq!(
            nodes.token(&refresh_form("spa", successor)).await.0,
            400,
            "round {round}"
        );
        assert_eq!(nodes.userinfo(&race.won[0]).await, 401);
    }
}

/// AC-085, AC-086
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn within_grace_every_refresh_gets_the_same_successor() {
    let app = TestApp::with(|config| config.tokens.refresh_grace = Seconds(30)).await;
    app.spa().await;
    let nodes = Nodes::of(&app).await;
    for round in 0..ROUNDS {
        let (grant, token) = nodes.seed.refresh_token("spa").await;
        let race = nodes.race(50, &refresh_form("spa", &token)).await;
        assert_eq!((race.won.len(), race.lost), (50, 0), "round {round}");
        let successor = race.won[0]["refresh_token"].as_str().unwrap();
        assert_ne!(successor, token);
        assert!(
            race.won.iter().all(|tokens| tokens["refresh_token"] == successor),
            "round {round}"
        );
        assert_eq!(nodes.seed.is_revoked(&grant).await, Some(false), "round {round}");
        // The successor lives; once it is used, the first one is two generations old and a replay.
        assert_eq!(
            nodes.token(&refresh_form("spa", successor)).await.0,
            200,
            "round {round}"
        );
        assert_eq!(
            nodes.token(&refresh_form("spa", &token)).await.0,
            400,
            "round {round}"
        );
        assert_eq!(nodes.seed.is_revoked(&grant).await, Some(true), "round {round}");
    }
}

/// RFC 7009 §2.1: a confirmed revocation holds, whatever was under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_never_outlives_a_revocation() {
    let app = TestApp::new().await;
    app.spa().await;
    let nodes = Nodes::of(&app).await;
    for round in 0..ROUNDS {
        let (_, token) = nodes.seed.refresh_token("spa").await;
        let (refresh_url, revoke_url) = (nodes.url(0, "/token"), nodes.url(1, "/revoke"));
        let refresh = refresh_form("spa", &token);
        let revoke = [("client_id", "spa"), ("token", &token)];
        let (refreshed, revoked) = tokio::join!(
            post(&nodes.client, &refresh_url, &refresh),
            post(&nodes.client, &revoke_url, &revoke),
        );
        assert_eq!(revoked.unwrap().0, 200, "round {round}");
        let (status, tokens) = refreshed.unwrap();
        match status {
            200 => {
                let successor = tokens["refresh_token"].as_str().unwrap();
                assert_eq!(
                    nodes.token(&refresh_form("spa", successor)).await.0,
                    400,
                    "round {round}"
                );
                assert_eq!(nodes.userinfo(&tokens).await, 401, "round {round}");
            }
            400 => assert_eq!(tokens["error"], "invalid_grant", "round {round}"),
            other => panic!("round {round}: {other} {tokens}"),
        }
    }
}
