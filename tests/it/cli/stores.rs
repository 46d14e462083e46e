//! Session stores on the command line: what is checked, and that no password is shown.

use super::Terminal;
use crate::support::stores::{Private, Which};
use keywright::config::StoreUrl;

const NOBODY_THERE: &str = "redis://kw:c4nary-word@127.0.0.1:1/0";

#[test]
fn doctor_says_whether_the_session_store_answers() {
    let terminal = Terminal::new();
    terminal.run(&["user", "add", "a@example.test", "--generate-password"]);
    let good = terminal.run(&["doctor"]);
    assert!(good.stdout.contains("session store  database"), "{}", good.stdout);
    let terminal = terminal.with("KEYWRIGHT_STORES__URL", NOBODY_THERE);
    let bad = terminal.run(&["doctor"]);
    assert_ne!(bad.code, Some(0));
    assert!(
        bad.stdout.contains("session store  redis 127.0.0.1:1"),
        "{}",
        bad.stdout
    );
    assert!(bad.stdout.contains("stores.url"), "{}", bad.stdout);
}

#[tokio::test]
async fn doctor_finds_redis_and_memcached() {
    for which in [Which::Redis, Which::Memcached] {
        let Some(server) = Private::start(which).await else {
            return;
        };
        let url = match server.url() {
            StoreUrl::Redis(url) => url.expose().to_owned(),
            StoreUrl::Memcached(address) => format!("memcached://{address}"),
            _ => unreachable!(),
        };
        let terminal = Terminal::new();
        terminal.run(&["user", "add", "a@example.test", "--generate-password"]);
        let terminal = terminal.with("KEYWRIGHT_STORES__URL", url);
        let shown = terminal.run(&["doctor"]).stdout;
        let line = shown.lines().find(|line| line.contains("session store")).unwrap();
        assert!(line.starts_with('✅') && line.contains("127.0.0.1"), "{line}");
    }
}

/// A store that cannot be told of a change: nothing is changed, and the command says so.
#[test]
fn a_user_is_not_changed_while_the_store_is_away() {
    let terminal = Terminal::new();
    terminal.run(&["user", "add", "a@example.test", "--generate-password"]);
    let terminal = terminal.with("KEYWRIGHT_STORES__URL", NOBODY_THERE);
    let ended = terminal.run(&["user", "rm", "a@example.test", "--yes"]);
    assert_ne!(ended.code, Some(0));
    let shown = terminal.run(&["user", "show", "a@example.test"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
}

/// ASVS 16.2.5
#[test]
fn the_password_of_a_store_is_never_shown() {
    let terminal = Terminal::new()
        .with("KEYWRIGHT_STORES__URL", NOBODY_THERE)
        .with("KEYWRIGHT_STORES__PREVIOUS_URL", NOBODY_THERE)
        .with("KEYWRIGHT_LOG__FILTER", "trace");
    for command in [
        &["config", "check"][..],
        &["config", "show", "--origin"],
        &["doctor"],
        &["user", "add", "a@example.test", "--generate-password"],
        &["doctor"],
        &["user", "rm", "a@example.test", "--yes"],
    ] {
        let ended = terminal.run(command);
        assert!(!ended.stdout.contains("c4nary"), "{command:?}: {}", ended.stdout);
        assert!(!ended.stderr.contains("c4nary"), "{command:?}: {}", ended.stderr);
    }
}
