//! Mutual TLS (RFC 8705): how clients authenticate by certificates, and tokens that are bound to them. Certificates come
//! in as a trusted proxy passes them on (RFC 9440), unless a test is about the handshake itself.

mod bound;
mod caddy;
mod discovery;
mod handshake;
mod headers;
mod registration;
mod resource;
mod revoked;
mod self_signed;
mod tls_client_auth;

use crate::support::certificates::{Authority, Certified};
use crate::support::{Answer, RelyingParty, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use keywright::config::{Cidr, Config, Issuer};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use tempfile::TempDir;

const MTLS_URL: &str = "https://mtls.id.example.test";
const MTLS_HOST: &str = "mtls.id.example.test";

/// A server behind a proxy that passes certificates on, and an authority for its clients.
struct Stage {
    app: TestApp,
    authority: Authority,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let (authority, folder) = (Authority::new("Clients"), tempfile::tempdir().unwrap());
        let file = folder.path().join("clients.pem");
        std::fs::write(&file, authority.pem()).unwrap();
        let app = TestApp::new().await;
        let app = app
            .node(|config| {
                config.tls.client_ca = Some(file);
                config.tls.client_certificate_header = true;
                config.tls.mtls_url = Some(Issuer::parse(MTLS_URL).unwrap());
                config.server.trusted_proxies = vec![Cidr::parse("127.0.0.1").unwrap()];
                change(config);
            })
            .await;
        Self {
            app,
            authority,
            folder,
        }
    }

    /// A service that authenticates by a certificate with this subject.
    async fn service(&self, subject: &str) -> RelyingParty<'_> {
        let subject = Some(subject.to_owned());
        self.client_by(Metadata {
            tls_client_auth_subject_dn: subject,
            ..Metadata::default()
        })
        .await
    }

    /// A service `mt` whose certificate has the name of `named`.
    async fn client_by(&self, named: Metadata) -> RelyingParty<'_> {
        let metadata = Metadata {
            token_endpoint_auth_method: "tls_client_auth".to_owned(),
            scope: "api:read".to_owned(),
            grant_types: vec!["client_credentials".to_owned()],
            ..named
        };
        self.app.client("mt", metadata).await
    }

    /// A public client whose tokens are bound to its certificate.
    async fn bound_spa(&self) -> RelyingParty<'_> {
        let base = profile(Profile::Spa, vec!["https://spa.test/cb".to_owned()]);
        let metadata = Metadata {
            tls_client_certificate_bound_access_tokens: true,
            ..base
        };
        self.app.client("spa", metadata).await
    }

    /// Posts a form, over a proxy that passes on this certificate.
    async fn post(&self, path: &str, shown: Option<&Certified>, form: &[(&str, &str)]) -> Answer {
        let headers: Vec<_> = shown
            .map(|shown| ("client-cert", shown.header()))
            .into_iter()
            .collect();
        self.post_with(path, &headers, form).await
    }

    async fn post_with(&self, path: &str, headers: &[(&str, String)], form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let mut request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(header::HOST, MTLS_HOST);
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        self.app.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Asks for a token of the service `mt`.
    async fn token(&self, shown: Option<&Certified>) -> Answer {
        self.post(
            "/token",
            shown,
            &[("grant_type", "client_credentials"), ("client_id", "mt")],
        )
        .await
    }

    /// Asks with a bearer token, over a proxy that passes on this certificate.
    async fn get(&self, path: &str, token: &str, shown: Option<&Certified>) -> Answer {
        let mut request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(shown) = shown {
            request = request.header("client-cert", shown.header());
            request = request.header(header::HOST, MTLS_HOST);
        }
        self.app.send(request.body(Body::empty()).unwrap()).await
    }
}
