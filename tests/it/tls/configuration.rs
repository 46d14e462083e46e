//! Settings of `[tls]` that contradict each other or others.

use keywright::config::{self, Environment, Flags};

fn problems(settings: &[(&str, &str)]) -> Vec<String> {
    let variable = |(key, value): &(&str, &str)| {
        let name = key.replace('.', "__").to_uppercase();
        (format!("KEYWRIGHT_{name}"), (*value).to_owned())
    };
    let environment: Environment = settings.iter().map(variable).collect();
    match config::load(&Flags::default(), &environment) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.iter().map(|problem| problem.message.clone()).collect(),
    }
}

const HTTPS: (&str, &str) = ("public_url", "https://id.test");
const CERTIFICATE: (&str, &str) = ("tls.certificate", "server.pem");
const KEY: (&str, &str) = ("tls.key", "server.key");
const LISTEN: (&str, &str) = ("tls.mtls_listen", "0.0.0.0:8444");
const URL: (&str, &str) = ("tls.mtls_url", "https://id.test:8444");
const HEADER: (&str, &str) = ("tls.client_certificate_header", "true");
const PROXIES: (&str, &str) = ("server.trusted_proxies", "10.0.0.0/8");
const AUTHORITIES: (&str, &str) = ("tls.client_ca", "clients.pem");

#[test]
fn what_goes_together_is_accepted() {
    for settings in [
        &[HTTPS, CERTIFICATE, KEY][..],
        &[HTTPS, CERTIFICATE, KEY, LISTEN, URL],
        &[
            HTTPS,
            CERTIFICATE,
            KEY,
            LISTEN,
            URL,
            AUTHORITIES,
            ("tls.client_crl", "revoked.pem"),
        ],
        &[HTTPS, HEADER, PROXIES],
        &[HTTPS, HEADER, PROXIES, URL, AUTHORITIES],
    ] {
        assert_eq!(problems(settings), [""; 0], "{settings:?}");
    }
}

#[test]
fn what_cannot_work_is_refused_with_a_way_out() {
    let http = ("public_url", "http://localhost:8080");
    for (settings, expected) in [
        (&[HTTPS, CERTIFICATE][..], "needed together"),
        (&[HTTPS, KEY], "needed together"),
        (&[http, CERTIFICATE, KEY], "write public_url with https"),
        (&[HTTPS, LISTEN, URL], "needs tls.certificate and tls.key"),
        (&[HTTPS, CERTIFICATE, KEY, LISTEN], "needs tls.mtls_url"),
        (&[HTTPS, CERTIFICATE, KEY, URL], "needs tls.mtls_listen or"),
        (
            &[
                HTTPS,
                CERTIFICATE,
                KEY,
                LISTEN,
                ("tls.mtls_url", "http://id.test:8444"),
            ],
            "must start with https",
        ),
        (
            &[
                HTTPS,
                CERTIFICATE,
                KEY,
                LISTEN,
                ("tls.mtls_url", "https://id.test:8444/x"),
            ],
            "must have the path of public_url",
        ),
        (
            &[
                HTTPS,
                CERTIFICATE,
                KEY,
                LISTEN,
                ("tls.mtls_url", "https://id.test"),
            ],
            "never asks for certificates",
        ),
        (
            &[
                HTTPS,
                CERTIFICATE,
                KEY,
                ("tls.mtls_listen", "127.0.0.1:8080"),
                URL,
            ],
            "must be another address",
        ),
        (&[HTTPS, AUTHORITIES], "tls.client_ca needs"),
        (
            &[HTTPS, HEADER, PROXIES, ("tls.client_crl", "revoked.pem")],
            "tls.client_crl needs tls.client_ca",
        ),
        (&[HTTPS, HEADER], "and there are none"),
        (
            &[HTTPS, ("tls.mtls_listen", "8444")],
            "expected an address and a port",
        ),
        (
            &[HTTPS, ("tls.mtls_url", "https://id.test/")],
            "must not end with a slash",
        ),
        (
            &[HTTPS, ("tls.client_certificate_header", "yes")],
            "expected true or false",
        ),
    ] {
        let found = problems(settings);
        assert_eq!(found.len(), 1, "{settings:?}: {found:?}");
        assert!(found[0].contains(expected), "{expected}: {found:?}");
    }
    // All at once.
    let found = problems(&[HTTPS, CERTIFICATE, LISTEN, AUTHORITIES, HEADER]);
    assert_eq!(found.len(), 3, "{found:?}");
}
