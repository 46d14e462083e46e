//! `keywright dev`, and `keywright token inspect` on what it issues.

use super::{Server, Stream, Terminal, http, is_private};
use serde_json::Value;

fn start(terminal: &Terminal, more: &[&str]) -> (Server, Value) {
    let server = terminal.start(
        &[&["dev", "--json", "--port", "0"], more].concat(),
        Stream::Stdout,
    );
    let described = serde_json::from_str(&server.first).unwrap_or_else(|_| {
        panic!("not JSON: {:?}", server.first);
    });
    (server, described)
}

async fn token(described: &Value) -> String {
    let client = &described["clients"]["demo-service"];
    let answer = http()
        .post(format!("{}/token", described["issuer"].as_str().unwrap()))
        .basic_auth(
            client["client_id"].as_str().unwrap(),
            client["client_secret"].as_str(),
        )
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_describes_itself_in_one_line_and_issues_a_token_that_inspect_understands() {
    // Whatever is configured here, nothing of it is touched.
    let terminal = Terminal::new()
        .with("KEYWRIGHT_DATABASE__URL", "postgres://production.invalid/db")
        .with("TMPDIR", std::env::temp_dir().display().to_string());
    let (server, described) = start(&terminal, &[]);
    let issuer = described["issuer"].as_str().unwrap();
    assert!(
        issuer.starts_with("http://localhost:") && !issuer.ends_with(":0"),
        "{issuer}"
    );
    for name in ["alice", "bob", "admin"] {
        assert_eq!(described["users"][name]["email"], format!("{name}@example.com"));
        assert!(described["users"][name]["password"].as_str().unwrap().len() >= 15);
    }
    let clients = &described["clients"];
    assert_eq!(
        clients["demo-spa"]["redirect_uris"],
        serde_json::json!([format!("{issuer}/demo"), "http://127.0.0.1/callback"])
    );
    assert!(clients["demo-spa"].get("client_secret").is_none());
    assert!(clients["demo-web"]["client_secret"].is_string());
    assert_eq!(
        clients["demo-cli"],
        serde_json::json!({ "client_id": "demo-cli" })
    );

    let token = token(&described).await;
    let good = terminal.run_with_input(&["token", "inspect", "-", "--issuer", issuer], &token);
    assert!(
        good.stdout.contains("The token is good."),
        "{}{}",
        good.stdout,
        good.stderr
    );
    let wrong = terminal.run(&[
        "token",
        "inspect",
        &token,
        "--issuer",
        issuer,
        "--audience",
        "other",
        "--json",
    ]);
    let wrong: Value = serde_json::from_str(&wrong.stdout).unwrap();
    assert_eq!(wrong["signature"], "valid");
    assert_eq!(wrong["valid"], false);
    assert!(
        wrong["problems"][0].as_str().unwrap().starts_with("aud is"),
        "{wrong}"
    );
    let (head, _) = token.rsplit_once('.').unwrap();
    let forged = terminal.run(&["token", "inspect", &format!("{head}.AAAA"), "--issuer", issuer]);
    assert!(
        forged.stdout.contains("the signature is wrong"),
        "{}",
        forged.stdout
    );

    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, "", "one line only");
    assert_eq!(
        std::fs::read_dir(terminal.path()).unwrap().count(),
        0,
        "nothing is left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_server_has_the_same_users_and_clients_again() {
    let terminal = Terminal::new();
    let (server, first) = start(&terminal, &["--keep", "kept"]);
    assert_eq!(server.stop().code, Some(0));
    assert!(is_private(&terminal.path().join("kept/dev.json")));
    let (server, second) = start(&terminal, &["--keep", "kept"]);
    assert_eq!(first["users"], second["users"]);
    assert_eq!(
        first["clients"]["demo-web"]["client_secret"],
        second["clients"]["demo-web"]["client_secret"]
    );
    let demo = format!("{}/demo", second["issuer"].as_str().unwrap());
    assert_eq!(second["clients"]["demo-spa"]["redirect_uris"][0], demo);
    token(&second).await;
    server.stop();
}

#[test]
fn dev_prints_lines_to_paste_and_refuses_another_database() {
    let terminal = Terminal::new();
    let server = terminal.start(&["dev", "--port", "0"], Stream::Stdout);
    let ended = server.stop();
    for expected in [
        "curl -su demo-service:",
        "/demo ",
        "keywright login --client demo-cli",
        "alice@example.com",
    ] {
        assert!(ended.stdout.contains(expected), "{expected} in {}", ended.stdout);
    }
    terminal
        .run(&["dev", "--database-url", "sqlite:x.db"])
        .refused(2, "its own database");
}
