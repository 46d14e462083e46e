//! Slow and many handshakes, and stopping.

use super::serving::connect;
use crate::support::secure::Secure;
use keywright::time::Seconds;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn open(secure: &Secure) -> TcpStream {
    let address = secure.url.trim_start_matches("https://");
    TcpStream::connect(address).await.unwrap()
}

/// Until the server closes the connection.
async fn closed(stream: &mut TcpStream) -> Duration {
    let started = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    started.elapsed()
}

#[tokio::test]
async fn a_slow_handshake_holds_nobody_up_and_ends() {
    let secure = Secure::with(|config| config.server.header_timeout = Seconds(2)).await;
    let mut silent = open(&secure).await;
    let mut slow = open(&secure).await;
    slow.write_all(&[22, 3, 1, 2]).await.unwrap();
    let http = secure.client().build().unwrap();
    let started = Instant::now();
    let answer = http.get(format!("{}/healthz", secure.url)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    for stream in [&mut silent, &mut slow] {
        let took = closed(stream).await;
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
    assert!(started.elapsed() >= Duration::from_secs(1), "closed too early");
}

#[tokio::test]
async fn handshakes_count_as_connections() {
    let secure = Secure::with(|config| config.server.max_connections = 2).await;
    let (_first, _second) = (open(&secure).await, open(&secure).await);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut third = open(&secure).await;
    let took = closed(&mut third).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_stopping_server_finishes_requests_under_way_and_idle_connections_at_once() {
    let secure = Secure::new().await;
    secure.app.service().await;
    let mut idle = connect(&secure, &secure.url, &[], &Arc::default()).await.unwrap();
    let mut busy = connect(&secure, &secure.mtls_url, &[], &Arc::default())
        .await
        .unwrap();
    let head = "POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 13\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\nclient";
    busy.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let address = secure.url.trim_start_matches("https://").to_owned();
    let served = secure.stop();
    let mut nothing = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), idle.read_to_end(&mut nothing))
        .await
        .unwrap();
    assert!(nothing.is_empty());
    assert!(TcpStream::connect(&address).await.is_err());
    assert!(!served.is_finished());
    busy.write_all(b"_id=svc").await.unwrap();
    let mut answer = String::new();
    let _ = busy.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    tokio::time::timeout(Duration::from_secs(5), served)
        .await
        .unwrap()
        .unwrap();
}
