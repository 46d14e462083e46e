//! `keywright user import`: what of a file is taken, and that it is all or nothing.

use super::Terminal;
use serde_json::json;

const BCRYPT_12: &str = "$2b$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const BCRYPT_10: &str = "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

fn file(terminal: &Terminal, text: &str) {
    std::fs::write(terminal.path().join("people"), text).unwrap();
}

fn users(terminal: &Terminal) -> usize {
    terminal.json(&["user", "list"]).as_array().unwrap().len()
}

#[test]
fn our_own_lines_are_taken_whole() {
    let terminal = Terminal::new();
    let lines = [
        json!({ "email": "A@Example.com", "email_verified": true, "name": "Ann", "roles": ["admin"], "groups": ["staff"], "password_hash": BCRYPT_12 }),
        json!({ "email": "b@example.com", "disabled": true }),
    ];
    file(&terminal, &format!("{}\n\n{}\n", lines[0], lines[1]));
    let dry = terminal.json(&["user", "import", "people", "--dry-run"]);
    assert_eq!((&dry["added"], users(&terminal)), (&json!(0), 0));
    let done = terminal.json(&["user", "import", "people"]);
    assert_eq!((&done["added"], &done["refused"]), (&json!(2), &json!(0)));
    let ann = terminal.json(&["user", "show", "a@example.com"]);
    assert_eq!(
        (&ann["roles"], &ann["has_password"], &ann["email_verified"]),
        (&json!(["admin"]), &json!(true), &json!(true))
    );
    let b = terminal.json(&["user", "show", "b@example.com"]);
    assert_eq!(
        (&b["disabled"], &b["has_password"], &b["email_verified"]),
        (&json!(true), &json!(false), &json!(false))
    );
    terminal
        .run(&["user", "import", "people"])
        .refused(1, "nobody was added");
}

/// Each entry says why, and one that cannot be taken keeps the others out unless the operator says otherwise.
#[test]
fn a_file_with_a_mistake_adds_nobody() {
    let terminal = Terminal::new();
    terminal.json(&["user", "add", "here@example.com", "--generate-password"]);
    let lines = [
        json!({ "email": "good@example.com" }).to_string(),
        json!({ "email": "here@example.com" }).to_string(),
        json!({ "email": "GOOD@example.com" }).to_string(),
        json!({ "email": "no address" }).to_string(),
        json!({ "email": "c@example.com", "password_hash": BCRYPT_10 }).to_string(),
        json!({ "email": "d@example.com", "password_hash": "{SHA}x" }).to_string(),
        json!({ "email": "e@example.com", "is_admin": true }).to_string(),
        json!({ "email": "f@example.com", "password_hash": "$argon2id$v=19$m=8,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk" }).to_string(),
        "not json".to_owned(),
    ];
    file(&terminal, &lines.join("\n"));
    let refused = terminal.run(&["user", "import", "people"]);
    assert_eq!(refused.code, Some(1));
    for part in [
        "1: good@example.com\n",
        "2: refused: here@example.com is a user already",
        "3: refused: good@example.com is in the file twice",
        "4: refused: not an e-mail address",
        "5: refused: the password hash has cost 10; 12 to 16 are taken",
        "6: refused: the password hash is neither bcrypt",
        "7: refused: unknown field `is_admin`",
        "8: refused: the argon2id hash is too cheap",
        "9: refused: not JSON",
        "8 of 9 entries cannot be taken; nobody was added",
        "--skip-refused",
    ] {
        assert!(refused.stderr.contains(part), "{part}\n{}", refused.stderr);
    }
    assert_eq!(users(&terminal), 1);
    let done = terminal.json(&["user", "import", "people", "--skip-refused"]);
    assert_eq!((&done["added"], &done["refused"]), (&json!(1), &json!(8)));
    assert_eq!(users(&terminal), 2);
}

#[test]
fn an_auth0_export_is_taken_without_what_is_too_weak() {
    let terminal = Terminal::new();
    let line = |email: &str, hash: &str| {
        json!({ "_id": { "$oid": "60425dc43519d90068f82973" }, "email": email, "email_verified": true, "name": email,
                "given_name": "Gil", "passwordHash": hash, "tenant": "example", "connection": "Users" })
    };
    let lines = [
        line("new@example.com", BCRYPT_12),
        line("old@example.com", BCRYPT_10),
    ];
    file(&terminal, &format!("{}\n{}", lines[0], lines[1]));
    let done = terminal.json(&["user", "import", "people"]);
    assert_eq!(done["added"], 2);
    assert_eq!(done["entries"][0]["notes"], json!([]));
    assert!(
        done["entries"][1]["notes"][0]
            .as_str()
            .unwrap()
            .contains("without a password")
    );
    let has = |email| terminal.json(&["user", "show", email])["has_password"].clone();
    assert_eq!(
        (has("new@example.com"), has("old@example.com")),
        (json!(true), json!(false))
    );
}

/// PBKDF2 is not verified here, and the administrators of another system are not ours.
#[test]
fn what_of_a_keycloak_realm_does_not_come_along_is_said() {
    let terminal = Terminal::new();
    let realm = json!({ "realm": "x", "users": [
        { "username": "p", "email": "p@example.com", "realmRoles": ["admin", "uma_authorization"],
          "credentials": [{ "type": "password", "secretData": "{\"value\":\"AA==\",\"salt\":\"AA==\"}",
                            "credentialData": "{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\"}" },
                          { "type": "otp" }] },
        { "username": "nobody" },
    ] });
    file(&terminal, &realm.to_string());
    let done = terminal.json(&["user", "import", "people", "--skip-refused"]);
    let notes = done["entries"][0]["notes"].to_string();
    for part in [
        "without a password",
        "without second factors",
        "without the role admin",
    ] {
        assert!(notes.contains(part), "{notes}");
    }
    assert!(
        done["entries"][1]["refused"]
            .as_str()
            .unwrap()
            .contains("without an e-mail address")
    );
    assert_eq!(
        terminal.json(&["user", "show", "p@example.com"])["roles"],
        json!([])
    );
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let terminal = Terminal::new();
    file(&terminal, "\n");
    terminal
        .run(&["user", "import", "people"])
        .refused(1, "nobody in it");
    terminal
        .run(&["user", "import", "missing"])
        .refused(1, "cannot read");
}
