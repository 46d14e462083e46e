//! Help, exit codes, `keywright config`, `doctor`, `version`, `completions`.

use super::Terminal;

#[test]
fn the_help_says_where_to_start_and_fits_a_screen() {
    let help = Terminal::new().run(&["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("Start here: keywright dev"));
    assert!(help.stdout.lines().count() <= 30, "{}", help.stdout);
    assert_eq!(Terminal::new().run(&[]).code, Some(2));
    assert_eq!(Terminal::new().run(&["frobnicate"]).code, Some(2));
}

/// AC-272
#[test]
fn a_wrong_configuration_ends_with_3_and_names_every_problem() {
    let terminal = Terminal::new()
        .with("KEYWRIGHT_SERVER__LISTN", "x")
        .with("KEYWRIGHT_LOG__FORMAT", "xml");
    for command in [
        &["config", "check"][..],
        &["serve"],
        &["client", "list"],
        &["dev", "--port", "0"],
    ] {
        let ended = terminal.run(command);
        ended.refused(3, "did you mean KEYWRIGHT_SERVER__LISTEN?");
        assert!(ended.stderr.contains("KEYWRIGHT_LOG__FORMAT"), "{}", ended.stderr);
    }
    let ended = terminal.run(&["config", "check", "--json"]);
    assert_eq!(ended.code, Some(3));
    let error: serde_json::Value = serde_json::from_str(&ended.stderr).unwrap();
    assert!(
        error["next"]
            .as_str()
            .unwrap()
            .contains("keywright config example")
    );
}

#[test]
fn show_says_where_values_come_from_and_masks_secrets() {
    let terminal = Terminal::new()
        .with("KEYWRIGHT_DATABASE__URL", "postgres://kw:canary@db.example/kw")
        .with(
            "KEYWRIGHT_KEYS__DATA_KEY",
            "Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2E=",
        );
    std::fs::write(
        terminal.path().join("keywright.toml"),
        "[tokens]\naccess_token = \"5m\"\n",
    )
    .unwrap();
    let shown = terminal.run(&[
        "config",
        "show",
        "--origin",
        "--public-url",
        "https://id.example.com",
    ]);
    for expected in [
        "--public-url",
        "./keywright.toml:2",
        "KEYWRIGHT_DATABASE__URL",
        "postgres db.example:5432/kw",
    ] {
        assert!(shown.stdout.contains(expected), "{expected} in {}", shown.stdout);
    }
    assert!(
        !shown.stdout.contains("canary") && !shown.stdout.contains("Y2Fu"),
        "{}",
        shown.stdout
    );
    let values = terminal.json(&["config", "show"]);
    assert_eq!(values["tokens.access_token"], "5m");
    assert_eq!(
        terminal.json(&["config", "check"])["database"],
        "postgres db.example:5432/kw"
    );
}

#[test]
fn the_example_is_a_valid_configuration_file() {
    let terminal = Terminal::new();
    let example = terminal.run(&["config", "example"]);
    std::fs::write(terminal.path().join("keywright.toml"), example.stdout).unwrap();
    assert_eq!(terminal.json(&["config", "check"])["valid"], true);
}

#[test]
fn doctor_gives_a_fix_for_what_is_not_well() {
    let terminal = Terminal::new().with("KEYWRIGHT_PUBLIC_URL", "http://localhost:1");
    let before = terminal.run(&["doctor"]);
    assert_eq!(before.code, Some(0), "{}{}", before.stdout, before.stderr);
    assert!(before.stdout.contains("does not exist yet"), "{}", before.stdout);
    assert!(!terminal.path().join("data").exists());
    terminal.json(&["db", "migrate"]);
    let findings = terminal.json(&["doctor"]);
    let status = |check: &str| {
        let found = findings
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["check"] == check);
        found.unwrap()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status("database"), "ok");
    assert_eq!(status("signing keys"), "ok");
    assert_eq!(status("administrator"), "warning");
    assert_eq!(status("discovery"), "warning");
}

#[test]
#[cfg(unix)]
fn doctor_fails_when_others_can_read_the_keys() {
    use std::os::unix::fs::PermissionsExt;
    let terminal = Terminal::new().with("KEYWRIGHT_PUBLIC_URL", "http://localhost:1");
    terminal.json(&["db", "migrate"]);
    std::fs::set_permissions(
        terminal.path().join("keys"),
        std::fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    let ended = terminal.run(&["doctor"]);
    ended.refused(1, "1 check failed");
    assert!(ended.stdout.contains("chmod go= "), "{}", ended.stdout);
}

#[test]
fn a_server_that_is_not_there_is_not_healthy() {
    let terminal = Terminal::new().with("KEYWRIGHT_SERVER__LISTEN", "127.0.0.1:1");
    terminal
        .run(&["healthcheck"])
        .refused(1, "http://127.0.0.1:1/readyz");
}

#[test]
fn version_and_completions() {
    let terminal = Terminal::new();
    assert_eq!(terminal.json(&["version"])["version"], env!("CARGO_PKG_VERSION"));
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(
            terminal
                .run(&["completions", shell])
                .stdout
                .contains("rotate-secret"),
            "{shell}"
        );
    }
}
