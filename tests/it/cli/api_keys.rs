//! `keywright api-key`.

use super::Terminal;
use serde_json::json;

const DAY: i64 = 86_400;

/// A terminal with a user and a service that has an API.
fn terminal() -> Terminal {
    let terminal = Terminal::new().with("KEYWRIGHT_API_KEYS__SCOPES", "notes:read,notes:write");
    terminal.json(&["user", "add", "alice@example.com", "--generate-password"]);
    terminal.json(&[
        "client",
        "add",
        "svc",
        "--service",
        "--scope",
        "api:read api:write",
        "--resource",
        "https://api.example",
    ]);
    terminal
}

/// AC-240
#[test]
fn a_key_is_shown_once_and_then_listed_without_its_secret() {
    let terminal = terminal();
    let made = terminal.json(&[
        "api-key",
        "add",
        "--user",
        "alice@example.com",
        "--name",
        "backup",
        "--scope",
        "email notes:read",
        "--expires",
        "30d",
    ]);
    let key = made["api_key"].as_str().unwrap();
    assert!(key.starts_with("kw_pat_") && key.len() == 81, "{key}");
    assert_eq!(
        (&made["name"], &made["scope"]),
        (&json!("backup"), &json!("email notes:read"))
    );
    assert_eq!(made["resource"], "http://localhost:8080");
    assert_eq!(
        made["expires_at"].as_i64().unwrap() - made["created_at"].as_i64().unwrap(),
        30 * DAY
    );
    let of_service = terminal.json(&[
        "api-key", "add", "--client", "svc", "--name", "ci", "--scope", "api:read",
    ]);
    assert_eq!(
        (&of_service["client_id"], &of_service["resource"]),
        (&json!("svc"), &json!("https://api.example"))
    );
    assert_eq!(
        of_service["expires_at"].as_i64().unwrap() - of_service["created_at"].as_i64().unwrap(),
        90 * DAY
    );

    let listed = |arguments: &[&str]| terminal.json(&[&["api-key", "list"], arguments].concat());
    assert_eq!(listed(&[]).as_array().unwrap().len(), 2);
    let of_alice = listed(&["--user", "alice@example.com"]);
    assert_eq!(of_alice.as_array().unwrap().len(), 1);
    assert_eq!(
        (&of_alice[0]["id"], &of_alice[0]["state"]),
        (&made["id"], &json!("good"))
    );
    assert!(key.starts_with(of_alice[0]["begins"].as_str().unwrap()));
    assert_eq!(listed(&["--client", "svc"])[0]["id"], of_service["id"]);
    for shown in [listed(&[]).to_string(), terminal.run(&["api-key", "list"]).stdout] {
        assert!(!shown.contains(&key[30..]), "{shown}");
        assert!(
            shown.contains("alice@example.com") && shown.contains("svc"),
            "{shown}"
        );
    }
    let text = terminal.run(&["api-key", "add", "--client", "svc", "--name", "two"]);
    assert!(text.stdout.contains("(shown once)"), "{}", text.stdout);
}

#[test]
fn a_key_is_revoked_by_its_identifier() {
    let terminal = terminal();
    let made = terminal.json(&["api-key", "add", "--client", "svc", "--name", "ci"]);
    let (id, key) = (made["id"].as_str().unwrap(), made["api_key"].as_str().unwrap());
    terminal
        .run(&["api-key", "revoke", key])
        .refused(2, "can read command lines");
    assert_eq!(terminal.json(&["api-key", "revoke", id])["revoked"], id);
    terminal
        .run(&["api-key", "revoke", id])
        .refused(1, "there is no API key");
    assert_eq!(terminal.json(&["api-key", "list"]), json!([]));
}

/// AC-268: what the operator does with keys is in the trail, of the person or of the service whose they are.
#[test]
fn a_key_that_is_made_or_revoked_here_is_an_event_of_the_operator() {
    let terminal = terminal();
    for owner in [["--user", "alice@example.com"], ["--client", "svc"]] {
        let made = terminal.json(&["api-key", "add", owner[0], owner[1], "--name", "ci"]);
        terminal.json(&["api-key", "revoke", made["id"].as_str().unwrap()]);
        let listed = terminal.json(&["audit", "list"]);
        let of_key = |row: &&serde_json::Value| row["detail"]["key"] == made["id"];
        let mut rows: Vec<_> = listed.as_array().unwrap().iter().filter(of_key).collect();
        // Those of one second come in any order.
        rows.sort_by_key(|row| row["event"].to_string());
        for (row, name) in rows.iter().zip(["api_key_created", "api_key_revoked"]) {
            assert_eq!(row["event"], name);
            assert_eq!(row["detail"]["by"], "operator");
            assert_eq!(
                (&row["sub"], &row["client_id"]),
                (&made["sub"], &made["client_id"])
            );
        }
        assert_eq!(rows.len(), 2, "{listed}");
        assert!(!listed.to_string().contains("kw_pat_"));
    }
}

/// AC-241: the state says when the owner is gone.
#[test]
fn the_list_tells_which_keys_are_good() {
    let terminal = terminal();
    terminal.json(&["api-key", "add", "--user", "alice@example.com", "--name", "a"]);
    terminal.json(&["api-key", "add", "--client", "svc", "--name", "b"]);
    terminal.json(&["user", "disable", "alice@example.com"]);
    terminal.json(&["client", "update", "svc", "--disable"]);
    let states = || {
        let state = |owner: [&str; 2]| {
            let listed = terminal.json(&["api-key", "list", owner[0], owner[1]]);
            listed[0]["state"].as_str().unwrap().to_owned()
        };
        [state(["--user", "alice@example.com"]), state(["--client", "svc"])]
    };
    let disabled = "the owner of the key is disabled";
    assert_eq!(states(), [disabled, disabled]);
    terminal.json(&["user", "enable", "alice@example.com"]);
    terminal.json(&["client", "update", "svc", "--enable"]);
    assert_eq!(states(), ["the user was disabled since the key was made", "good"]);
}

#[test]
fn what_an_owner_cannot_give_is_refused_with_what_it_can() {
    let terminal = terminal();
    let add = |arguments: &[&str]| terminal.run(&[&["api-key", "add", "--name", "x"], arguments].concat());
    let alice = ["--user", "alice@example.com"];
    let with = |more: &[&'static str]| add(&[&alice[..], more].concat());
    with(&["--scope", "openid"]).refused(1, "email groups notes:read notes:write roles");
    with(&["--resource", "https://api.example"]).refused(1, "http://localhost:8080");
    with(&["--expires", "366d"]).refused(1, "1 minute to 365d");
    with(&["--expires", "soon"])
        .code
        .map(|code| assert_eq!(code, 2))
        .unwrap();
    add(&["--client", "svc", "--scope", "email"]).refused(1, "api:read api:write");
    add(&["--client", "nobody"]).refused(1, "there is no client");
    add(&["--user", "nobody@example.com"]).refused(1, "there is no user");
    add(&[]).refused(2, "whose key?");
    assert_eq!(
        add(&["--client", "svc", "--user", "alice@example.com"]).code,
        Some(2)
    );
    terminal.json(&["client", "add", "bare", "--service"]);
    add(&["--client", "bare"]).refused(2, "the client has none");
    assert_eq!(terminal.json(&["api-key", "list"]), json!([]));
}

/// RFC 8693: a gateway is registered for the exchange by name.
#[test]
fn a_client_is_registered_for_the_exchange() {
    let terminal = Terminal::new();
    let grant = "urn:ietf:params:oauth:grant-type:token-exchange";
    let added = terminal.json(&[
        "client",
        "add",
        "gateway",
        "--service",
        "--grant",
        grant,
        "--resource",
        "https://api.example",
    ]);
    assert_eq!(added["grant_types"], json!(["client_credentials", grant]));
    let updated = terminal.json(&["client", "update", "gateway", "--grant", grant]);
    assert_eq!(updated["grant_types"], json!([grant]));
    terminal
        .run(&["client", "add", "app", "--device", "--grant", grant])
        .refused(2, "needs a client that can keep a secret");
}
