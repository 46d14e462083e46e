//! Bound tokens at a resource server (RFC 8705 §3): `keywright::resource` takes none whose certificate it is not shown.

use crate::support::certificates::Certified;
use crate::support::{API, TestApp, basic};
use axum::body::Body;
use axum::http::Request;
use keywright::clock::Clock;
use keywright::config::{Cidr, Issuer};
use keywright::oauth::client::Metadata;
use keywright::oauth::client::registration::{Profile, profile};
use keywright::resource::{Denied, Require, Resource};
use rcgen::KeyPair;
use std::sync::Arc;

/// RFC 8705 §3 · AC-159
#[tokio::test]
async fn a_resource_server_takes_a_bound_token_with_its_certificate_only() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let app = TestApp::new().await;
    let app = app
        .node(|config| {
            config.public_url = Issuer::parse(&url).unwrap();
            config.tls.client_certificate_header = true;
            config.server.trusted_proxies = vec![Cidr::parse("127.0.0.1").unwrap()];
        })
        .await;
    tokio::spawn(keywright::http::serve(
        Arc::clone(&app.app),
        listener,
        std::future::pending(),
    ));
    let clock: Arc<dyn Clock> = app.clock.clone();
    let resource = Resource::with_clock(&url, API, clock).unwrap();
    let own = Certified::self_signed("svc", &KeyPair::generate().unwrap(), |_| ());
    let other = Certified::self_signed("svc", &KeyPair::generate().unwrap(), |_| ());
    for bound in [true, false] {
        let metadata = Metadata {
            resources: vec![API.to_owned()],
            tls_client_certificate_bound_access_tokens: bound,
            ..profile(Profile::Service, Vec::new())
        };
        let id = format!("svc-{bound}");
        let client = app.client(&id, metadata).await;
        let form = format!("grant_type=client_credentials&resource={API}");
        let request = Request::post("/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", basic(&id, client.secret.as_ref().unwrap()))
            .header("client-cert", own.header());
        let answer = app.send(request.body(Body::from(form)).unwrap()).await;
        let token = answer.tokens().access_token;
        let require = Require::token();
        let (own, other) = (own.thumbprint(), other.thumbprint());
        let with = async |shown: Option<&str>| resource.check_from(&token, &require, shown).await;
        assert!(with(Some(&own)).await.is_ok());
        if bound {
            for denied in [
                resource.check(&token, &require).await,
                with(None).await,
                with(Some(&other)).await,
                with(Some("")).await,
            ] {
                assert!(matches!(denied, Err(Denied::InvalidToken(_))), "{denied:?}");
            }
        } else {
            assert!(resource.check(&token, &require).await.is_ok());
            assert!(with(Some(&other)).await.is_ok());
        }
    }
}
