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
