//! HTTPS as clients and browsers use it.

use crate::support::secure::Secure;
use reqwest::tls::Version;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ClientConfig, ProtocolVersion, RootCertStore, SignatureScheme};

/// Counts how often a server asks for a certificate.
#[derive(Debug, Default)]
pub struct Asked(AtomicUsize);

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A handshake that offers these protocols.
pub async fn connect(
    secure: &Secure,
    url: &str,
    protocols: &[&[u8]],
    asked: &Arc<Asked>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(secure.authority.pem().as_bytes()).unwrap();
    roots.add(authority).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::clone(asked) as Arc<dyn ResolvesClientCert>);
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(url.trim_start_matches("https://")).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// protocol-checks P-ensure-holder-of-key-required: TLS 1.3, and 1.2 for those who have no newer.
#[tokio::test]
async fn https_is_served_with_tls_1_3_and_1_2() {
    let secure = Secure::new().await;
    for version in [Version::TLS_1_2, Version::TLS_1_3] {
        let http = secure.client().tls_version_min(version).tls_version_max(version);
        let http = http.build().unwrap();
        let answer = http.get(format!("{}/readyz", secure.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.headers().contains_key("strict-transport-security"));
    }
    let stream = connect(&secure, &secure.url, &[], &Arc::default()).await.unwrap();
    let version = stream.get_ref().1.protocol_version();
    assert_eq!(
        version,
        Some(ProtocolVersion::TLSv1_3),
        "the newer one is preferred"
    );
}

/// A whole flow: the metadata names the address, and the address works.
#[tokio::test]
async fn the_issuer_is_reached_by_its_own_name() {
    let secure = Secure::new().await;
    let service = secure.app.service().await;
    let http = secure.client().build().unwrap();
    let url = format!("{}/.well-known/openid-configuration", secure.url);
    let metadata: serde_json::Value = http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["issuer"], secure.url);
    let token = http
        .post(metadata["token_endpoint"].as_str().unwrap())
        .basic_auth(&service.id, service.secret.as_ref())
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap();
    assert_eq!(token.status(), 200);
    let page = http.get(format!("{}/login", secure.url)).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("<form"));
}

/// RFC 7301: HTTP/1.1 is what there is.
#[tokio::test]
async fn a_client_of_another_protocol_is_told_in_the_handshake() {
    let secure = Secure::new().await;
    for protocols in [&[][..], &[&b"http/1.1"[..]], &[&b"h2"[..], &b"http/1.1"[..]]] {
        let mut stream = connect(&secure, &secure.url, protocols, &Arc::default())
            .await
            .unwrap();
        let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    let only_h2 = connect(&secure, &secure.url, &[b"h2"], &Arc::default()).await;
    assert!(only_h2.unwrap_err().to_string().contains("NoApplicationProtocol"));
}

/// A browser that is asked for a certificate asks its user.
#[tokio::test]
async fn only_the_second_listener_asks_for_a_certificate() {
    let secure = Secure::new().await;
    let asked = Arc::new(Asked::default());
    connect(&secure, &secure.url, &[], &asked).await.unwrap();
    assert_eq!(asked.0.load(Ordering::SeqCst), 0);
    let mut stream = connect(&secure, &secure.mtls_url, &[], &asked).await.unwrap();
    assert_eq!(asked.0.load(Ordering::SeqCst), 1);
    // Having none is no reason to be turned away.
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}
