//! What a client may register of certificates (RFC 8705 §2.1.2, §2.2.2).

use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::check;
use serde_json::json;

fn problems(metadata: &Metadata) -> Vec<&'static str> {
    let problems = check("mt", metadata, &[]).err().unwrap_or_default();
    problems.iter().map(|problem| problem.field).collect()
}

fn by(method: &str) -> Metadata {
    Metadata {
        token_endpoint_auth_method: method.to_owned(),
        grant_types: vec!["client_credentials".to_owned()],
        ..Metadata::default()
    }
}

/// RFC 8705 §2.1.2: "A client using the "tls_client_auth" authentication method MUST use exactly one".
#[test]
fn exactly_one_name_is_registered() {
    let text = |text: &str| Some(text.to_owned());
    let pki = by("tls_client_auth");
    let dn = Metadata {
        tls_client_auth_subject_dn: text("CN=mt"),
        ..pki.clone()
    };
    assert_eq!(problems(&dn), [""; 0]);
    assert_eq!(problems(&pki), ["tls_client_auth_subject_dn"]);
    let two = Metadata {
        tls_client_auth_san_dns: text("mt.example.com"),
        ..dn.clone()
    };
    assert_eq!(problems(&two), ["tls_client_auth_san_dns"]);
    for (field, metadata) in [
        (
            "tls_client_auth_subject_dn",
            Metadata {
                tls_client_auth_subject_dn: text("mt"),
                ..pki.clone()
            },
        ),
        (
            "tls_client_auth_san_dns",
            Metadata {
                tls_client_auth_san_dns: text("*.example.com"),
                ..pki.clone()
            },
        ),
        (
            "tls_client_auth_san_dns",
            Metadata {
                tls_client_auth_san_dns: text(""),
                ..pki.clone()
            },
        ),
        (
            "tls_client_auth_san_uri",
            Metadata {
                tls_client_auth_san_uri: text("mt"),
                ..pki.clone()
            },
        ),
        (
            "tls_client_auth_san_ip",
            Metadata {
                tls_client_auth_san_ip: text("192.0.2"),
                ..pki.clone()
            },
        ),
        (
            "tls_client_auth_san_email",
            Metadata {
                tls_client_auth_san_email: text("mt"),
                ..pki.clone()
            },
        ),
        (
            "token_endpoint_auth_method",
            Metadata {
                tls_client_auth_subject_dn: text("CN=mt"),
                ..by("client_secret_basic")
            },
        ),
    ] {
        assert_eq!(problems(&metadata), [field], "{metadata:?}");
    }
}

#[test]
fn a_self_signed_certificate_needs_its_key() {
    let own = by("self_signed_tls_client_auth");
    assert_eq!(problems(&own), ["jwks"]);
    let empty = Metadata {
        jwks: Some(json!({ "keys": [] })),
        ..own
    };
    assert_eq!(problems(&empty), ["jwks"]);
}
