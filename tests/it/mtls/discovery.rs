//! What discovery says of certificates (RFC 8705 §3.3, §5): only what works.

use super::{MTLS_URL, Stage};
use serde_json::{Value, json};

async fn document(stage: &Stage) -> Value {
    stage.app.get("/.well-known/openid-configuration").await.json()
}

fn methods(document: &Value, endpoint: &str) -> Vec<String> {
    let methods = document[format!("{endpoint}_endpoint_auth_methods_supported")].clone();
    serde_json::from_value(methods).unwrap()
}

#[tokio::test]
async fn certificates_are_promised_where_they_can_reach_the_server() {
    let stage = Stage::new().await;
    let document = document(&stage).await;
    for endpoint in ["token", "revocation", "introspection"] {
        let methods = methods(&document, endpoint);
        for method in ["tls_client_auth", "self_signed_tls_client_auth"] {
            assert!(methods.iter().any(|known| known == method), "{endpoint} {method}");
        }
    }
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
    let aliases = document["mtls_endpoint_aliases"].as_object().unwrap();
    for (name, path) in [
        ("token_endpoint", "/token"),
        ("revocation_endpoint", "/revoke"),
        ("introspection_endpoint", "/introspect"),
        ("device_authorization_endpoint", "/device_authorization"),
        ("userinfo_endpoint", "/userinfo"),
    ] {
        assert_eq!(aliases[name], format!("{MTLS_URL}{path}"), "{name}");
        assert_eq!(document[name], format!("https://id.example.test{path}"));
    }
    assert_eq!(aliases.len(), 5);
}

#[tokio::test]
async fn without_an_authority_only_registered_keys_are_promised() {
    let stage = Stage::with(|config| {
        config.tls.client_ca = None;
        config.tls.mtls_url = None;
    })
    .await;
    let document = document(&stage).await;
    let methods = methods(&document, "token");
    assert!(methods.contains(&"self_signed_tls_client_auth".to_owned()));
    assert!(!methods.contains(&"tls_client_auth".to_owned()));
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
    // RFC 8705 §5: without aliases the usual endpoints are meant.
    assert!(document.get("mtls_endpoint_aliases").is_none());
    // And what is not promised does not work.
    stage.service("CN=mt,O=Example").await;
    let own = stage.authority.certify("mt", |_| ());
    stage.token(Some(&own)).await.refused(401, "invalid_client");
}

#[tokio::test]
async fn nothing_is_promised_where_no_certificate_comes_in() {
    let stage = Stage::with(|config| {
        config.tls.client_certificate_header = false;
        config.tls.mtls_url = None;
    })
    .await;
    let document = document(&stage).await;
    for endpoint in ["token", "revocation", "introspection"] {
        let methods = methods(&document, endpoint);
        assert!(
            methods.iter().all(|method| !method.contains("tls")),
            "{methods:?}"
        );
    }
    for name in [
        "tls_client_certificate_bound_access_tokens",
        "mtls_endpoint_aliases",
    ] {
        assert_eq!(document.get(name), None::<&Value>, "{name}");
    }
    assert_ne!(document, json!({}));
}
