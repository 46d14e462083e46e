//! `keywright blocklist` and what it refuses.

use super::Terminal;

/// AC-213
#[test]
fn a_listed_password_is_refused_and_another_is_not() {
    let terminal = Terminal::new();
    let list = "the quick brown fox\nan orange window in march\r\n";
    std::fs::write(terminal.path().join("list"), list).unwrap();
    let built = terminal.json(&["blocklist", "build", "list", "filter"]);
    assert_eq!(built["passwords"], 2);
    let terminal = terminal.with("KEYWRIGHT_PASSWORDS__BLOCKLIST", "filter");
    let add = |email: &str, password: &str| {
        terminal.run_with_input(&["user", "add", email, "--password-stdin"], password)
    };
    add("a@example.com", "The Quick Brown Fox\n").refused(1, "most common");
    add("a@example.com", "an orange window in march\n").refused(1, "most common");
    assert_eq!(add("a@example.com", "a lantern under the stairs\n").code, Some(0));
}

#[test]
fn a_list_that_cannot_be_read_stops_the_server() {
    let terminal = Terminal::new();
    std::fs::write(terminal.path().join("list"), "\n").unwrap();
    terminal
        .run(&["blocklist", "build", "list", "filter"])
        .refused(1, "no password in it");
    terminal
        .run(&["blocklist", "build", "missing", "filter"])
        .refused(1, "cannot read");
    assert!(!terminal.path().join("filter").exists());
    let terminal = terminal.with("KEYWRIGHT_PASSWORDS__BLOCKLIST", "list");
    terminal.run(&["user", "list"]).refused(1, "blocklist build");
}
