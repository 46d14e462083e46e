//! Real handshakes at the listener for clients with certificates (RFC 8705 §2, §5).

use crate::support::certificates::Certified;
use crate::support::secure::Secure;
use keywright::oauth::client::{Metadata, jwks};
use keywright::x509::Certificate;
use rcgen::KeyPair;
use reqwest::tls::Version;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

fn by_name(name: &str) -> Metadata {
    Metadata {
        token_endpoint_auth_method: "tls_client_auth".to_owned(),
        tls_client_auth_subject_dn: Some(format!("CN={name},O=Example")),
        grant_types: vec!["client_credentials".to_owned()],
        ..Metadata::default()
    }
}

async fn token(http: &Client, url: &str, client: &str) -> (StatusCode, Value) {
    let form = [("grant_type", "client_credentials"), ("client_id", client)];
    let answer = http
        .post(format!("{url}/token"))
        .form(&form)
        .send()
        .await
        .unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// RFC 8705 §5: found by discovery, with either version of TLS; the token is bound to the certificate of the handshake.
#[tokio::test]
async fn mtls_from_discovery_to_a_bound_token() {
    let secure = Secure::new().await;
    let metadata = Metadata {
        tls_client_certificate_bound_access_tokens: true,
        ..by_name("mt")
    };
    secure.app.client("mt", metadata).await;
    let own = secure.authority.certify("mt", |_| ());
    for version in [Version::TLS_1_2, Version::TLS_1_3] {
        let http = secure.client().identity(own.identity(&[]));
        let http = http
            .tls_version_min(version)
            .tls_version_max(version)
            .build()
            .unwrap();
        let url = format!("{}/.well-known/openid-configuration", secure.url);
        let metadata: Value = http.get(url).send().await.unwrap().json().await.unwrap();
        let endpoint = metadata["mtls_endpoint_aliases"]["token_endpoint"]
            .as_str()
            .unwrap();
        let (status, answer) = token(&http, endpoint.strip_suffix("/token").unwrap(), "mt").await;
        assert_eq!(status, 200, "{answer}");
        let claims = secure
            .app
            .claims(answer["access_token"].as_str().unwrap(), "at+jwt");
        assert_eq!(claims.members()["cnf"], json!({ "x5t#S256": own.thumbprint() }));
        // The main listener sees no certificate, so the client is nobody there.
        let (status, answer) = token(&http, &secure.url, "mt").await;
        assert_eq!(
            (status.as_u16(), &answer["error"]),
            (401, &json!("invalid_client"))
        );
    }
}

/// RFC 5280 §6: what stands between the client and the authority comes in the handshake.
#[tokio::test]
async fn intermediate_authorities_come_with_the_certificate() {
    let secure = Secure::new().await;
    secure.app.client("mt", by_name("mt")).await;
    let between = secure.authority.intermediate("Between");
    let own = between.certify("mt", |_| ());
    for (shown, expected) in [(&[&between][..], 200), (&[], 401)] {
        let http = secure.client().identity(own.identity(shown)).build().unwrap();
        assert_eq!(token(&http, &secure.mtls_url, "mt").await.0, expected);
    }
}

/// AC-157, AC-158: who is let into the handshake is not yet let in.
#[tokio::test]
async fn the_handshake_lets_in_whom_the_token_endpoint_refuses() {
    let secure = Secure::new().await;
    secure.app.client("mt", by_name("mt")).await;
    let key = KeyPair::generate().unwrap();
    let own = Certified::self_signed("mt", &key, |_| ());
    let certificate = Certificate::read(own.der.clone().into(), Vec::new()).unwrap();
    let metadata = Metadata {
        token_endpoint_auth_method: "self_signed_tls_client_auth".to_owned(),
        grant_types: vec!["client_credentials".to_owned()],
        jwks: Some(json!({ "keys": [jwks::of_certificate(&certificate).unwrap()] })),
        ..Metadata::default()
    };
    secure.app.client("self", metadata).await;
    let with = |shown: &Certified| secure.client().identity(shown.identity(&[])).build().unwrap();
    let none = secure.client().build().unwrap();
    let (own, other) = (
        with(&own),
        with(&Certified::self_signed(
            "mt",
            &KeyPair::generate().unwrap(),
            |_| (),
        )),
    );
    for (http, client, expected) in [
        (&own, "self", 200),
        (&other, "self", 401),
        (&none, "self", 401),
        (&own, "mt", 401),
        (&other, "mt", 401),
        (&none, "mt", 401),
    ] {
        assert_eq!(
            token(http, &secure.mtls_url, client).await.0,
            expected,
            "{client}"
        );
    }
}

/// AC-159 over real connections, and AC-160: the listener looks at no header.
#[tokio::test]
async fn a_connection_without_the_certificate_gets_nowhere_with_it_in_a_header() {
    let secure = Secure::with(|config| {
        config.tls.client_certificate_header = true;
        config.server.trusted_proxies = vec![keywright::config::Cidr::parse("127.0.0.1").unwrap()];
    })
    .await;
    secure.app.client("mt", by_name("mt")).await;
    let own = secure.authority.certify("mt", |_| ());
    let http = secure.client().build().unwrap();
    let form = [("grant_type", "client_credentials"), ("client_id", "mt")];
    let authority = secure.mtls_url.trim_start_matches("https://");
    let ask = async |url: &str, host: &str| {
        let request = http
            .post(format!("{url}/token"))
            .header("host", host)
            .header("client-cert", own.header());
        request.form(&form).send().await.unwrap().status()
    };
    assert_eq!(ask(&secure.mtls_url, authority).await, 401);
    // It is believed where the proxy connects to, for the address for certificates.
    assert_eq!(ask(&secure.url, authority).await, 200);
    assert_eq!(
        ask(&secure.url, secure.url.trim_start_matches("https://")).await,
        401
    );
}

/// What is not for clients is not there: no page, no cookie, no sign-in.
#[tokio::test]
async fn the_listener_for_clients_has_no_pages() {
    let secure = Secure::new().await;
    let http = secure.client().build().unwrap();
    for path in [
        "/",
        "/login",
        "/authorize",
        "/account",
        "/auth/login",
        "/setup/x",
        "/auth/verify",
        "/consent",
    ] {
        let answer = http
            .get(format!("{}{path}", secure.mtls_url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert!(answer.headers().get("set-cookie").is_none(), "{path}");
    }
    let alive = http
        .get(format!("{}/readyz", secure.mtls_url))
        .send()
        .await
        .unwrap();
    assert_eq!(alive.status(), 200);
}
