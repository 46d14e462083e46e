//! Several servers on one database.

use super::{FRESH, MACHINE, reference};
use crate::support::TestApp;
use keywright::storage::status::{self, NewBlock};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// draft-ietf-oauth-status-list §13.3: no index is given twice, whoever gives it, before and after a restart.
#[tokio::test]
async fn two_servers_never_give_the_same_index() {
    let app = TestApp::new().await;
    let (service, web) = (app.service().await, app.web().await);
    let node = app.another().await;
    let mut given = HashSet::new();
    for round in 0..100 {
        let restarted = app.another().await;
        for server in [&app, &node, &restarted] {
            let token = service.on(server).machine_token().await;
            assert!(given.insert(reference(&app, &token)), "round {round}");
        }
    }
    let mut browser = app.alice().await;
    for _ in 0..10 {
        let token = web.tokens(&mut browser, &[]).await.access_token;
        assert!(given.insert(reference(&app, &token)));
    }
}

/// Indexes of one block come in no order that would tell which tokens are neighbors in time.
#[tokio::test]
async fn indexes_are_handed_out_in_no_order() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let mut given = Vec::new();
    for _ in 0..32 {
        let token = service.machine_token().await;
        given.push(reference(&app, &token).1);
    }
    let steps: HashSet<i64> = given
        .windows(2)
        .map(|pair| i64::try_from(pair[1]).unwrap() - i64::try_from(pair[0]).unwrap())
        .collect();
    assert!(steps.len() > 8, "{given:?}");
    given.sort_unstable();
    given.dedup();
    assert_eq!((given.len(), given[31] - given[0]), (32, 31), "one block");
}

/// A revocation that one server has confirmed is in the lists of all of them when what they had read is too old.
#[tokio::test]
async fn a_revocation_on_one_server_is_told_by_the_other() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let node = app.another().await;
    let (one, two) = (
        service.machine_token().await,
        service.on(&node).machine_token().await,
    );
    for server in [&app, &node] {
        assert_eq!(server.status_of(&one).await, 0);
        assert_eq!(server.status_of(&two).await, 0);
    }
    service.revoke(&one).await;
    service.on(&node).revoke(&two).await;
    app.clock.advance(FRESH - 1);
    assert_eq!(
        node.status_of(&one).await,
        0,
        "what was read is used for some seconds"
    );
    app.clock.advance(1);
    for server in [&app, &node] {
        assert_eq!(server.status_of(&one).await, 1);
        assert_eq!(server.status_of(&two).await, 1);
    }
}

/// A database that does not answer costs each request one limit of time (2.5 s), however many need an index.
#[tokio::test]
async fn whoever_waits_for_a_database_that_is_away_waits_once() {
    let app = TestApp::new().await;
    let service = app.service().await;
    // The next block is taken, and not yet: whoever asks for it waits.
    let mut held = app.app.db.begin().await.unwrap();
    let block = NewBlock {
        size: 32,
        client_id: None,
        needed_until: app.now(),
    };
    assert_eq!(status::take_block(held.sql(), &block).await.unwrap(), Some(0));
    let started = Instant::now();
    let token = || service.post("/token", &MACHINE);
    let answers = tokio::join!(token(), token(), token(), token(), token(), token());
    for answer in <[_; 6]>::from(answers) {
        assert_eq!(answer.status, 503, "{}", answer.body);
    }
    let took = started.elapsed();
    assert!(
        took < Duration::from_millis(4_900),
        "one after the other: {took:?}"
    );
    drop(held);
    service.machine_token().await;
}

/// However many resource servers ask, the database is asked once.
#[tokio::test]
async fn a_thousand_readers_cost_no_more_than_one() {
    let app = TestApp::new().await;
    let service = app.service().await;
    let token = service.machine_token().await;
    assert_eq!(app.status_of(&token).await, 0);
    // A server that cannot read any more still answers, from what it has read.
    app.app.db.close().await;
    let (path, _) = reference(&app, &token);
    let first = app.get(&path).await;
    for _ in 0..1_000 {
        assert_eq!(app.get(&path).await.body, first.body);
    }
    app.clock.advance(FRESH);
    let outage = app.get(&path).await;
    assert_eq!(outage.status.as_u16(), 503, "{}", outage.body);
    assert_eq!(outage.header("access-control-allow-origin"), "*");
}
