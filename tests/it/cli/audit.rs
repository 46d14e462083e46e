//! `keywright audit`, and the events that the operator causes.

use super::Terminal;
use serde_json::Value;

fn names(list: &Value) -> Vec<&str> {
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| row["event"].as_str().unwrap()).collect()
}

/// AC-236, AC-268: what an administrator does is in the trail.
#[test]
fn what_the_operator_does_is_listed_by_user_and_by_time() {
    let terminal = Terminal::new();
    for email in ["alice@example.com", "bob@example.com"] {
        terminal.json(&["user", "add", email, "--generate-password"]);
    }
    terminal.json(&["user", "set-password", "alice@example.com", "--generate-password"]);
    terminal.json(&["user", "mfa", "alice@example.com", "--reset"]);
    terminal.json(&["user", "disable", "alice@example.com"]);
    terminal.json(&["user", "enable", "alice@example.com"]);
    terminal.json(&["user", "enable", "alice@example.com"]);
    let list = terminal.json(&["audit", "list", "--user", "alice@example.com"]);
    let mut found = names(&list);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "factors_removed",
            "password_changed",
            "user_created",
            "user_disabled",
            "user_enabled"
        ]
    );
    for row in list.as_array().unwrap() {
        assert_eq!(row["sub"], list[0]["sub"], "nothing of bob");
        assert_eq!(row["detail"]["by"], "operator");
        assert!(
            row["ip"] == "" && row["at"].is_i64() && row["sub"].is_string(),
            "{row}"
        );
    }
    terminal.json(&["user", "rm", "bob@example.com", "--yes"]);
    let all = terminal.json(&["audit", "list", "--since", "1h"]);
    let found = names(&all);
    assert!(found.contains(&"user_deleted"), "{found:?}");
    assert_eq!(
        found.iter().filter(|name| **name == "user_created").count(),
        1,
        "bob's went with him"
    );
    let text = terminal.run(&["audit", "list"]);
    assert!(
        text.stdout.contains("Account disabled") && text.stdout.starts_with("time"),
        "{}",
        text.stdout
    );
    terminal
        .run(&["audit", "list", "--user", "nobody@example.com"])
        .refused(1, "there is no user");
    assert_eq!(terminal.run(&["audit", "list", "--since", "soon"]).code, Some(2));
}

/// AC-268: whoever changes the registry or the keys changes what everybody's sign-in rests on.
#[test]
fn what_the_operator_does_to_apps_and_signing_keys_is_listed() {
    let terminal = Terminal::new();
    terminal.json(&["client", "add", "svc", "--service"]);
    terminal.json(&["client", "rotate-secret", "svc"]);
    terminal.json(&["client", "update", "svc", "--name", "Service"]);
    terminal.json(&["client", "update", "svc", "--disable"]);
    terminal.json(&["client", "rm", "svc", "--yes"]);
    let kid = terminal.json(&["key", "rotate", "--alg", "ES256"])["kid"].clone();
    terminal
        .run(&["key", "rotate", "--alg", "ES256"])
        .refused(1, "announced");
    let all = terminal.json(&["audit", "list", "--since", "1h"]);
    let mut found: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            assert_eq!(row["detail"]["by"], "operator");
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (
                text(&row["event"]),
                text(&row["client_id"]),
                text(&row["detail"]["what"]),
            )
        })
        .collect();
    found.sort_unstable();
    let kid = kid.as_str().unwrap();
    let expected = [
        ("client_changed", "svc", ""),
        ("client_changed", "svc", "disabled"),
        ("client_created", "svc", ""),
        ("client_removed", "svc", ""),
        ("client_secret_replaced", "svc", ""),
        ("signing_key_announced", "", kid),
    ];
    let expected =
        expected.map(|(event, client, what)| (event.to_owned(), client.to_owned(), what.to_owned()));
    assert_eq!(found, expected);
    assert!(!all.to_string().contains("kw_cs_"));
}
