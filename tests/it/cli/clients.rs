//! `keywright client`.

use super::Terminal;

#[test]
fn add_prints_what_an_application_needs_and_the_secret_once() {
    let terminal = Terminal::new();
    let added = terminal.run(&[
        "client",
        "add",
        "shop",
        "--web",
        "--redirect",
        "https://shop.example/cb",
    ]);
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    for expected in [
        "client_id      shop",
        "kw_cs_",
        "http://localhost:8080",
        "https://shop.example/cb",
        "Auth.js",
    ] {
        assert!(added.stdout.contains(expected), "{expected} in {}", added.stdout);
    }
    let shown = terminal.run(&["client", "show", "shop"]);
    assert!(!shown.stdout.contains("kw_cs_"));
    assert!(
        !terminal
            .run(&["client", "show", "shop", "--json"])
            .stdout
            .contains("kw_cs_")
    );
    terminal
        .run(&[
            "client",
            "add",
            "shop",
            "--web",
            "--redirect",
            "https://shop.example/cb",
        ])
        .refused(1, "there is a client \"shop\" already");
}

#[test]
fn each_profile_is_safe() {
    let terminal = Terminal::new();
    let redirect = ["--redirect", "http://localhost:5173/callback"];
    for (profile, arguments, method, grants) in [
        (
            "--spa",
            &redirect[..],
            "none",
            vec!["authorization_code", "refresh_token"],
        ),
        (
            "--native",
            &redirect[..],
            "none",
            vec!["authorization_code", "refresh_token"],
        ),
        (
            "--web",
            &redirect[..],
            "client_secret_basic",
            vec!["authorization_code", "refresh_token"],
        ),
        (
            "--service",
            &[],
            "client_secret_basic",
            vec!["client_credentials"],
        ),
        (
            "--device",
            &[],
            "none",
            vec!["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        ),
    ] {
        let id = format!("app{profile}");
        let added = terminal.json(&[&["client", "add", &id, profile], arguments].concat());
        assert_eq!(added["client_id"], id.as_str());
        assert_eq!(added["token_endpoint_auth_method"], method, "{profile}");
        assert_eq!(added["grant_types"], serde_json::json!(grants), "{profile}");
        assert_eq!(added["require_pkce"], true, "{profile}");
        assert_eq!(added["issuer"], "http://localhost:8080");
        assert_eq!(added["client_secret"].is_string(), method != "none", "{profile}");
    }
    assert_eq!(terminal.json(&["client", "list"]).as_array().unwrap().len(), 5);
}

#[test]
fn all_that_is_wrong_with_a_client_is_said_at_once() {
    let terminal = Terminal::new();
    let ended = terminal.run(&[
        "client",
        "add",
        "x",
        "--spa",
        "--redirect",
        "http://app.example/*",
        "--auth-method",
        "magic",
        "--id-token-alg",
        "EdDSA",
    ]);
    ended.refused(2, "redirect_uris");
    for expected in ["token_endpoint_auth_method", "keywright key rotate --alg EdDSA"] {
        assert!(ended.stderr.contains(expected), "{expected} in {}", ended.stderr);
    }
    assert_eq!(terminal.json(&["client", "list"]), serde_json::json!([]));
    let without_kind = terminal.run(&["client", "add", "x"]);
    assert_eq!(without_kind.code, Some(2));
}

#[test]
fn update_changes_what_is_named_and_leaves_the_rest() {
    let terminal = Terminal::new();
    terminal.json(&[
        "client",
        "add",
        "app",
        "--spa",
        "--redirect",
        "https://a.example/cb",
    ]);
    let updated = terminal.json(&[
        "client",
        "update",
        "app",
        "--add-redirect",
        "https://b.example/cb",
        "--skip-consent",
        "true",
        "--disable",
    ]);
    assert_eq!(
        updated["redirect_uris"],
        serde_json::json!(["https://a.example/cb", "https://b.example/cb"])
    );
    assert_eq!(updated["skip_consent"], true);
    assert_eq!(updated["disabled"], true);
    let updated = terminal.json(&[
        "client",
        "update",
        "app",
        "--remove-redirect",
        "https://a.example/cb",
        "--enable",
    ]);
    assert_eq!(
        updated["redirect_uris"],
        serde_json::json!(["https://b.example/cb"])
    );
    assert_eq!(updated["skip_consent"], true);
    assert_eq!(updated["disabled"], false);
    terminal
        .run(&["client", "update", "app", "--auth-method", "client_secret_basic"])
        .refused(2, "public and confidential");
    terminal
        .run(&["client", "update", "nobody", "--name", "x"])
        .refused(1, "there is no client");
}

#[test]
fn a_secret_is_rotated_and_a_client_removed_only_on_purpose() {
    let terminal = Terminal::new();
    let first = terminal.json(&["client", "add", "svc", "--service"]);
    let second = terminal.json(&["client", "rotate-secret", "svc"]);
    assert_ne!(first["client_secret"], second["client_secret"]);
    assert!(second["previous_expires_at"].as_i64().unwrap() > first["client_id_issued_at"].as_i64().unwrap());
    terminal.json(&[
        "client",
        "add",
        "spa",
        "--spa",
        "--redirect",
        "https://a.example/cb",
    ]);
    terminal
        .run(&["client", "rotate-secret", "spa"])
        .refused(1, "public client");

    terminal
        .run(&["client", "rm", "svc"])
        .refused(2, "keywright client rm svc --yes");
    assert_eq!(terminal.json(&["client", "rm", "svc", "--yes"])["removed"], "svc");
    terminal
        .run(&["client", "show", "svc"])
        .refused(1, "there is no client");
}
