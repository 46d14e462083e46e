//! A renewed certificate is taken over while the server runs.

use crate::support::certificates::Authority;
use crate::support::secure::{Secure, trusting, write};
use std::time::{Duration, Instant};

async fn answers(secure: &Secure, authority: &Authority) -> bool {
    let http = trusting(authority).build().unwrap();
    let both = [&secure.url, &secure.mtls_url];
    for url in both {
        match http.get(format!("{url}/readyz")).send().await {
            Ok(answer) => assert_eq!(answer.status(), 200),
            Err(_) => return false,
        }
    }
    true
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let secure = Secure::new().await;
    let next = Authority::new("Next");
    assert!(answers(&secure, &secure.authority).await && !answers(&secure, &next).await);
    write(&secure.folder, &next.server());
    let started = Instant::now();
    while !answers(&secure, &next).await {
        assert!(started.elapsed() < Duration::from_secs(20), "never taken over");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!answers(&secure, &secure.authority).await);
}

/// Files that are half written, or do not belong together, change nothing.
#[tokio::test]
async fn a_broken_file_leaves_the_old_certificate_in_use() {
    let secure = Secure::new().await;
    let next = Authority::new("Next");
    let (one, other) = (next.server(), next.server());
    let file = |name: &str| secure.folder.path().join(name);
    for (what, certificate, key) in [
        ("no PEM", "certificate", "key"),
        ("another key", one.pem.as_str(), other.key.as_str()),
        ("half a file", &one.pem[..one.pem.len() / 2], one.key.as_str()),
        ("empty files", "", ""),
    ] {
        std::fs::write(file("server.pem"), certificate).unwrap();
        std::fs::write(file("server.key"), key).unwrap();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert!(answers(&secure, &secure.authority).await, "{what}");
    }
    std::fs::remove_file(file("server.key")).unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(answers(&secure, &secure.authority).await, "no file");
    write(&secure.folder, &one);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(answers(&secure, &next).await, "whole again");
}
