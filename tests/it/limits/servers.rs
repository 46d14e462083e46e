//! Several servers have one limit (AC-197): on PostgreSQL as processes of their own, on Redis and Memcached as two nodes.

use crate::auth::credentials;
use crate::support::server::{Process, client, free_port, listen};
use crate::support::stores::Which;
use crate::support::{TestApp, USERS};
use keywright::config::{Cidr, DatabaseUrl};
use reqwest::{Client, header};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Barrier;

const ATTEMPTS: usize = 100;

/// One attempt with a wrong password, from an address of its own. The limit was reached after `begun`.
async fn attempt(client: &Client, url: &str, from: usize, begun: Instant) -> u16 {
    let request = client
        .post(format!("{url}/auth/login"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-forwarded-for", format!("198.51.100.{from}"))
        .body(credentials(USERS[0].1, "not the right password"));
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    if status == 429 {
        let wait: i64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        let passed = i64::try_from(begun.elapsed().as_secs()).unwrap() + 1;
        assert!((901 - passed..=901).contains(&wait), "{wait} s after {passed} s");
    }
    status
}

/// How often each status was given when all come at once, by turns at each server.
async fn at_once(urls: &[String]) -> BTreeMap<u16, usize> {
    let start = Arc::new(Barrier::new(ATTEMPTS));
    let (client, begun) = (client(), Instant::now());
    let attempts: Vec<_> = (0..ATTEMPTS)
        .map(|number| {
            let (start, client, url) = (
                Arc::clone(&start),
                client.clone(),
                urls[number % urls.len()].clone(),
            );
            tokio::spawn(async move {
                start.wait().await;
                attempt(&client, &url, number, begun).await
            })
        })
        .collect();
    let mut statuses = BTreeMap::new();
    for attempt in attempts {
        *statuses.entry(attempt.await.unwrap()).or_default() += 1;
    }
    statuses
}

/// Exactly five, unless the machine was too busy for some of the attempts, which are then told so.
#[track_caller]
fn five_were_looked_at(statuses: &BTreeMap<u16, usize>) {
    let of = |status| statuses.get(&status).copied().unwrap_or_default();
    let (looked_at, refused, busy) = (of(401), of(429), of(503));
    assert!((1..=5).contains(&looked_at) && refused > 0, "{statuses:?}");
    assert!(looked_at + busy >= 5, "{statuses:?}");
    assert_eq!(looked_at + refused + busy, ATTEMPTS, "{statuses:?}");
}

/// CVE-2024-4629 · AC-197
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_attempts_at_two_processes_five_are_looked_at() {
    let app = TestApp::with(|config| config.stores.url = keywright::config::StoreUrl::Database).await;
    let DatabaseUrl::Postgres(_) = &app.app.config.database.url else {
        return; // an SQLite file has one server
    };
    let settings = [("KEYWRIGHT_SERVER__TRUSTED_PROXIES", "127.0.0.1")];
    let first = Process::start_with(&app, free_port(), &settings).await;
    let second = Process::start_with(&app, free_port(), &settings).await;
    let begun = Instant::now();
    five_were_looked_at(&at_once(&[first.url.clone(), second.url.clone()]).await);
    // A server that starts later knows of them too.
    drop(first);
    let third = Process::start_with(&app, free_port(), &settings).await;
    assert_eq!(attempt(&client(), &third.url, 200, begun).await, 429);
}

async fn two_nodes(which: Which) {
    let Some(url) = which.url() else { return };
    let app = TestApp::with(|config| {
        config.server.trusted_proxies = vec![Cidr::parse("127.0.0.1").unwrap()];
    })
    .await;
    let first = app.node(|config| config.stores.url = url.clone()).await;
    let second = app.node(|config| config.stores.url = url).await;
    let urls = [listen(&first).await, listen(&second).await];
    five_were_looked_at(&at_once(&urls).await);
}

/// AC-197
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_attempts_at_two_nodes_with_redis_five_are_looked_at() {
    two_nodes(Which::Redis).await;
}

/// AC-197
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_attempts_at_two_nodes_with_memcached_five_are_looked_at() {
    two_nodes(Which::Memcached).await;
}

/// AC-197: success in between, at the other server, gives back what was reserved at this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_password_at_one_node_clears_the_account_at_the_other() {
    let app = TestApp::with(|config| {
        config.server.trusted_proxies = vec![Cidr::parse("127.0.0.0/8").unwrap()];
    })
    .await;
    for which in [Which::Database, Which::Redis, Which::Memcached] {
        let Some(url) = which.url() else { continue };
        let first = app.node(|config| config.stores.url = url.clone()).await;
        if which == Which::Database && !first.app.db.is_shared() {
            continue;
        }
        let second = app.node(|config| config.stores.url = url).await;
        let sign_in = async |app: &TestApp, from: &str, password: &str| {
            let mut request = crate::auth::post("/auth/login", &credentials(USERS[1].1, password));
            request
                .headers_mut()
                .insert("x-forwarded-for", from.parse().unwrap());
            app.send(request).await.status.as_u16()
        };
        for _ in 0..4 {
            assert_eq!(sign_in(&first, "203.0.113.1", "wrong").await, 401, "{which:?}");
        }
        assert_eq!(
            sign_in(&second, "203.0.113.2", USERS[1].2).await,
            200,
            "{which:?}"
        );
        for _ in 0..5 {
            assert_eq!(sign_in(&second, "203.0.113.3", "wrong").await, 401, "{which:?}");
        }
        assert_eq!(sign_in(&first, "203.0.113.4", USERS[1].2).await, 429, "{which:?}");
    }
}
