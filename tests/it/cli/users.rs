//! `keywright user` and `keywright admin`.

use super::Terminal;

const PASSWORD: &str = "correct horse battery staple";

#[test]
fn a_password_comes_from_standard_input_or_a_file_and_is_never_shown() {
    let terminal = Terminal::new();
    let input = format!("{PASSWORD}\n");
    let added = terminal.run_with_input(
        &["user", "add", "Alice@Example.com", "--password-stdin", "--json"],
        &input,
    );
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    assert!(!added.stdout.contains(PASSWORD));
    let user: serde_json::Value = serde_json::from_str(&added.stdout).unwrap();
    assert_eq!(user["email"], "alice@example.com");
    assert_eq!(user["preferred_username"], "alice");
    assert_eq!(user["email_verified"], true);

    std::fs::write(terminal.path().join("password"), &input).unwrap();
    let bob = terminal.json(&[
        "user",
        "add",
        "bob@example.com",
        "--password-file",
        "password",
        "--role",
        "admin",
    ]);
    assert_eq!(bob["roles"], serde_json::json!(["admin"]));
    assert!(bob.get("password").is_none());
    assert_eq!(terminal.json(&["user", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(
        terminal.json(&["user", "show", user["sub"].as_str().unwrap()])["email"],
        "alice@example.com"
    );
}

#[test]
fn a_generated_password_is_shown_once() {
    let terminal = Terminal::new();
    let user = terminal.json(&["user", "add", "carol@example.com", "--generate-password"]);
    let password = user["password"].as_str().unwrap();
    assert!(password.len() >= 15, "{password}");
    assert!(
        !terminal
            .run(&["user", "show", "carol@example.com", "--json"])
            .stdout
            .contains(password)
    );
    let again = terminal.json(&["user", "set-password", "carol@example.com", "--generate-password"]);
    assert_ne!(again["password"], password);
}

#[test]
fn what_cannot_be_a_user_is_refused_with_what_to_do() {
    let terminal = Terminal::new();
    terminal
        .run_with_input(&["user", "add", "a@example.com", "--password-stdin"], "short\n")
        .refused(1, "15");
    terminal
        .run_with_input(&["user", "add", "nobody", "--password-stdin"], PASSWORD)
        .refused(1, "email address");
    assert_eq!(terminal.run(&["user", "add", "a@example.com"]).code, Some(2));
    terminal.run_with_input(&["user", "add", "a@example.com", "--password-stdin"], PASSWORD);
    terminal
        .run_with_input(&["user", "add", "A@EXAMPLE.COM", "--password-stdin"], PASSWORD)
        .refused(1, "keywright user show a@example.com");
    terminal.run(&["user", "rm", "a@example.com"]).refused(2, "--yes");
    terminal.json(&["user", "rm", "a@example.com", "--yes"]);
    terminal
        .run(&["user", "show", "a@example.com"])
        .refused(1, "there is no user");
}

#[test]
fn a_user_is_disabled_enabled_and_unlocked() {
    let terminal = Terminal::new();
    terminal.json(&["user", "add", "dave@example.com", "--generate-password"]);
    assert_eq!(
        terminal.json(&["user", "disable", "Dave@Example.com"])["disabled"],
        true
    );
    assert_eq!(
        terminal.json(&["user", "show", "dave@example.com"])["disabled"],
        true
    );
    assert_eq!(
        terminal.json(&["user", "enable", "dave@example.com"])["disabled"],
        false
    );
    let unlocked = terminal.json(&["user", "unlock", "dave@example.com"]);
    assert_eq!(unlocked["was_locked"], false);
    terminal
        .run(&["user", "unlock", "nobody@example.com"])
        .refused(1, "there is no user");
}

#[test]
fn an_invitation_needs_mail_and_an_open_door() {
    let terminal = Terminal::new();
    terminal
        .run(&["user", "invite", "new@example.com"])
        .refused(3, "accounts.sign_up");
    let terminal = Terminal::new().with("KEYWRIGHT_ACCOUNTS__SIGN_UP", "invite");
    terminal
        .run(&["user", "invite", "new@example.com"])
        .refused(3, "mail.smtp");
    let terminal = terminal
        .with("KEYWRIGHT_MAIL__SMTP", "smtp://127.0.0.1:9")
        .with("KEYWRIGHT_MAIL__FROM", "no-reply@example.com");
    assert_eq!(
        terminal.json(&["user", "invite", "New@Example.com"])["invited"],
        "new@example.com"
    );
    terminal.json(&["user", "add", "new@example.com", "--generate-password"]);
    terminal
        .run(&["user", "invite", "new@example.com"])
        .refused(1, "already");
}

#[test]
fn the_setup_link_is_kept_out_of_logs_and_ends_with_the_first_administrator() {
    let terminal = Terminal::new();
    terminal
        .run(&["admin", "setup-link"])
        .refused(2, "not a terminal");
    let printed = terminal.run(&["admin", "setup-link", "--print-setup-link"]);
    assert!(
        printed.stderr.contains("http://localhost:8080/setup/kw_su_"),
        "{}",
        printed.stderr
    );
    assert_eq!(printed.stdout, "");
    let link = terminal.json(&["admin", "setup-link", "--print-setup-link"]);
    assert!(
        link["url"]
            .as_str()
            .unwrap()
            .starts_with("http://localhost:8080/setup/kw_su_")
    );
    terminal.json(&[
        "user",
        "add",
        "root@example.com",
        "--generate-password",
        "--role",
        "admin",
    ]);
    assert_eq!(
        terminal.run(&["admin", "setup-link", "--print-setup-link"]).code,
        Some(1)
    );
}

/// AC-236: the operator can require and take away second factors, and sees none of them.
#[test]
fn second_factors_are_required_and_reset_by_the_operator() {
    let terminal = Terminal::new();
    let email = "dora@example.com";
    terminal.json(&["user", "add", email, "--generate-password"]);
    let before = terminal.json(&["user", "mfa", email]);
    assert_eq!(
        (&before["required"], &before["passkeys"]),
        (&false.into(), &0.into())
    );
    assert_eq!(
        terminal.json(&["user", "mfa", email, "--require", "true"])["required"],
        true
    );
    let after = terminal.json(&["user", "mfa", email, "--reset"]);
    assert_eq!(
        (&after["required"], &after["authenticator_app"]),
        (&true.into(), &false.into())
    );
    assert_eq!(
        terminal.json(&["user", "mfa", email, "--require", "false"])["required"],
        false
    );
    assert_eq!(terminal.run(&["user", "mfa", "nobody@example.com"]).code, Some(1));
}
