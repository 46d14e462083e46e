//! TLS and certificates of clients on the command line.

use super::{Stream, Terminal};
use crate::support::certificates::{Authority, Certified};
use rcgen::{KeyPair, date_time_ymd};
use serde_json::Value;
use std::net::TcpListener;

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A folder with a certificate for a server on this machine.
fn terminal(authority: &Authority, certified: &Certified) -> Terminal {
    let terminal = Terminal::new();
    let write = |name: &str, text: &str| std::fs::write(terminal.path().join(name), text).unwrap();
    write("server.pem", &certified.pem);
    write("server.key", &certified.key);
    write("clients.pem", &authority.pem());
    terminal
}

fn configure(terminal: Terminal, port: u16, mtls_port: u16) -> Terminal {
    let text = format!(
        "public_url = \"https://localhost:{port}\"\n\
         [server]\nlisten = \"127.0.0.1:{port}\"\n\
         [tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\nclient_ca = \"clients.pem\"\n\
         mtls_listen = \"127.0.0.1:{mtls_port}\"\nmtls_url = \"https://localhost:{mtls_port}\"\n"
    );
    std::fs::write(terminal.path().join("keywright.toml"), text).unwrap();
    terminal
}

#[test]
fn serve_speaks_tls_and_says_where() {
    let authority = Authority::new("Test");
    let (port, mtls_port) = (free_port(), free_port());
    let terminal = configure(terminal(&authority, &authority.server()), port, mtls_port);
    assert_eq!(terminal.json(&["config", "check"])["valid"], true);
    let server = terminal.start(&["serve"], Stream::Stderr);
    let health = terminal.json(&["healthcheck"]);
    assert_eq!(health["url"], format!("https://127.0.0.1:{port}/readyz"));
    let doctor = terminal.run(&["doctor", "--json"]);
    let checks: Vec<Value> = serde_json::from_str(&doctor.stdout).unwrap();
    let certificate = checks.iter().find(|check| check["check"] == "certificate");
    assert_eq!(certificate.unwrap()["status"], "ok", "{}", doctor.stdout);
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let line = format!(
        "  tls        127.0.0.1:{port}; clients with certificates at 127.0.0.1:{mtls_port} (https://localhost:{mtls_port})"
    );
    assert!(ended.stderr.contains(&line), "{}", ended.stderr);
}

#[test]
fn doctor_looks_at_the_certificate() {
    let authority = Authority::new("Test");
    let old = authority.certify("localhost", |params| {
        params.not_after = date_time_ymd(2026, 2, 1);
    });
    for (certified, expected) in [
        (old, "which is not now"),
        (authority.certify("x", |_| ()), "is not for localhost"),
    ] {
        let terminal = configure(terminal(&authority, &certified), free_port(), free_port());
        let doctor = terminal.run(&["doctor"]);
        assert!(doctor.stdout.contains(expected), "{expected}: {}", doctor.stdout);
        assert_eq!(doctor.code, Some(1));
    }
}

#[test]
fn what_is_wrong_with_the_files_is_said_with_all_else() {
    let authority = Authority::new("Test");
    let terminal = configure(
        terminal(&authority, &authority.server()),
        free_port(),
        free_port(),
    );
    let write = |name: &str, text: &str| std::fs::write(terminal.path().join(name), text).unwrap();
    write("server.key", &authority.server().key);
    terminal
        .run(&["config", "check"])
        .refused(3, "cannot be used together");
    write("server.key", "no key");
    write("clients.pem", "");
    std::fs::remove_file(terminal.path().join("server.pem")).unwrap();
    for arguments in [&["config", "check"][..], &["serve", "--listen", "nowhere"]] {
        let ended = terminal.run(arguments);
        for expected in [
            "keywright.toml:5: tls.certificate: server.pem: No such file",
            "keywright.toml:6: tls.key: server.key holds no private key",
            "keywright.toml:7: tls.client_ca: clients.pem: holds no certificate",
        ] {
            assert!(ended.stderr.contains(expected), "{expected} in {}", ended.stderr);
        }
        ended.refused(3, "problems");
    }
    // A broken certificate does not stop the operator from helping a user.
    let authorities = authority.pem();
    write("clients.pem", &authorities);
    assert_eq!(terminal.json(&["client", "list"]), serde_json::json!([]));
}

#[test]
fn a_client_is_registered_by_its_certificate() {
    let authority = Authority::new("Test");
    let terminal = configure(
        terminal(&authority, &authority.server()),
        free_port(),
        free_port(),
    );
    let added = terminal.json(&[
        "client",
        "add",
        "mt",
        "--service",
        "--tls-subject-dn",
        "CN=mt,O=Example",
        "--certificate-bound-tokens",
    ]);
    assert_eq!(added["token_endpoint_auth_method"], "tls_client_auth");
    assert_eq!(added["tls_client_auth_subject_dn"], "CN=mt,O=Example");
    assert_eq!(added["tls_client_certificate_bound_access_tokens"], true);
    assert!(added.get("client_secret").is_none());
    for (flag, name, value) in [
        ("--tls-san-dns", "tls_client_auth_san_dns", "mt.example.com"),
        (
            "--tls-san-uri",
            "tls_client_auth_san_uri",
            "spiffe://example.com/mt",
        ),
        ("--tls-san-ip", "tls_client_auth_san_ip", "192.0.2.7"),
        ("--tls-san-email", "tls_client_auth_san_email", "mt@example.com"),
    ] {
        let updated = terminal.json(&["client", "update", "mt", flag, value]);
        assert_eq!(updated[name], value);
        assert!(updated.get("tls_client_auth_subject_dn").is_none(), "{updated}");
    }

    // A certificate of its own in place of a name; then a secret in place of that.
    let own = Certified::self_signed("mt", &KeyPair::generate().unwrap(), |_| ());
    std::fs::write(terminal.path().join("own.pem"), &own.pem).unwrap();
    let updated = terminal.json(&["client", "update", "mt", "--self-signed-cert", "own.pem"]);
    assert_eq!(
        updated["token_endpoint_auth_method"],
        "self_signed_tls_client_auth"
    );
    assert_eq!(updated["jwks"]["keys"][0]["x5t#S256"], own.thumbprint());
    assert!(updated.get("tls_client_auth_san_email").is_none());
    let shown = terminal.run(&["client", "show", "mt"]).stdout;
    assert!(
        shown.contains(&format!("EC x5t#S256={}", own.thumbprint())),
        "{shown}"
    );
    terminal
        .run(&["client", "rotate-secret", "mt"])
        .refused(1, "authenticates by its certificate");
    let updated = terminal.json(&["client", "update", "mt", "--auth-method", "client_secret_basic"]);
    assert!(updated.get("jwks").is_none());

    let text = terminal.run(&[
        "client",
        "add",
        "other",
        "--service",
        "--self-signed-cert",
        "own.pem",
    ]);
    assert!(
        text.stdout.contains("curl -s --cert client.pem"),
        "{}",
        text.stdout
    );
}

#[test]
fn a_certificate_that_cannot_work_is_refused() {
    let authority = Authority::new("Test");
    let terminal = configure(
        terminal(&authority, &authority.server()),
        free_port(),
        free_port(),
    );
    let add = |more: &[&str]| terminal.run(&[&["client", "add", "mt", "--service"], more].concat());
    add(&["--tls-subject-dn", "mt"]).refused(2, "tls_client_auth_subject_dn");
    add(&["--auth-method", "tls_client_auth"]).refused(2, "needs the name of the certificate");
    add(&["--auth-method", "none", "--tls-san-dns", "mt.test"]).refused(2, "does not go with");
    add(&["--self-signed-cert", "server.key"]).refused(1, "holds no certificate");
    add(&["--self-signed-cert", "missing.pem"]).refused(1, "No such file");
    let both = add(&["--tls-subject-dn", "CN=mt", "--tls-san-dns", "mt.test"]);
    assert_eq!(both.code, Some(2), "{}", both.stderr);
    let both = add(&["--tls-subject-dn", "CN=mt", "--self-signed-cert", "server.pem"]);
    assert_eq!(both.code, Some(2), "{}", both.stderr);
    assert_eq!(terminal.json(&["client", "list"]), serde_json::json!([]));

    let without = Terminal::new();
    let add = |more: &[&str]| without.run(&[&["client", "add", "mt", "--service"], more].concat());
    add(&["--tls-subject-dn", "CN=mt"]).refused(2, "set tls.mtls_listen");
    add(&["--certificate-bound-tokens"]).refused(2, "no certificate of a client reaches this server");
}
