//! `keywright serve`: banner, health, one server per SQLite file, stopping.

use super::{Stream, Terminal, http};
use std::net::TcpListener;
use std::time::Duration;

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn terminal(port: u16) -> Terminal {
    Terminal::new()
        .with("KEYWRIGHT_PUBLIC_URL", format!("http://localhost:{port}"))
        .with("KEYWRIGHT_SERVER__LISTEN", format!("127.0.0.1:{port}"))
}

#[test]
fn serve_says_what_it_is_and_keeps_the_setup_link_out_of_logs() {
    let port = free_port();
    let terminal = terminal(port);
    let server = terminal.start(&["serve"], Stream::Stderr);
    assert!(
        server
            .first
            .starts_with(&format!("keywright {}  ready in ", env!("CARGO_PKG_VERSION"))),
        "{}",
        server.first
    );
    assert_eq!(terminal.json(&["healthcheck"])["ready"], true);

    // A command works beside a running server, a second server does not.
    terminal.json(&["client", "add", "svc", "--service"]);
    terminal.run(&["serve"]).refused(1, "cannot listen");
    let second = format!("127.0.0.1:{}", free_port());
    terminal
        .run(&["serve", "--listen", &second])
        .refused(1, "another keywright server");

    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    for expected in [
        &format!("  issuer     http://localhost:{port}"),
        "  discovery  http://localhost:",
        "  database   sqlite ./data/keywright.db",
        "keys 2 (RS256, ES256)",
        "  admin      none yet — make the link for the first one: keywright admin setup-link",
        "  next       keywright client add my-app --spa",
    ] {
        assert!(ended.stderr.contains(expected), "{expected} in {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("kw_su_"), "{}", ended.stderr);
}

#[test]
fn serve_prints_the_setup_link_where_asked_until_there_is_an_administrator() {
    let terminal = terminal(free_port());
    let ended = terminal
        .start(&["serve", "--print-setup-link"], Stream::Stderr)
        .stop();
    assert!(
        ended.stderr.contains("open this link within 60 minutes"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("/setup/kw_su_"));
    terminal.json(&[
        "user",
        "add",
        "root@example.com",
        "--generate-password",
        "--role",
        "admin",
    ]);
    let ended = terminal
        .start(&["serve", "--print-setup-link"], Stream::Stderr)
        .stop();
    assert!(!ended.stderr.contains("  admin  "), "{}", ended.stderr);
}

#[test]
fn a_server_open_to_the_network_needs_https_or_consent() {
    let terminal = Terminal::new();
    terminal
        .run(&["serve", "--listen", "0.0.0.0:0"])
        .refused(3, "open to the network");
    terminal
        .run(&["serve", "--public-url", "http://id.example.com"])
        .refused(3, "in the clear");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_change_on_the_command_line_reaches_a_running_server() {
    let port = free_port();
    let terminal = terminal(port);
    let server = terminal.start(&["serve"], Stream::Stderr);
    let announced = terminal.json(&["key", "rotate"]);
    let kid = announced["kid"].as_str().unwrap();
    for _ in 0..150 {
        let jwks = http()
            .get(format!("http://localhost:{port}/jwks"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        if jwks.contains(kid) {
            server.stop();
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the key is not published");
}
