//! A real Caddy in front, with the configuration that the README shows: it speaks mutual TLS and passes the certificate on.

use super::Stage;
use crate::auth::proxies::{caddy, snippet};
use crate::support::certificates::Certified;
use crate::support::secure::{trusting, write};
use crate::support::server;
use keywright::config::Issuer;
use rcgen::KeyPair;
use reqwest::{Client, ClientBuilder};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the proxy in front of the server; gives its address.
async fn start(stage: &Stage, port: u16) -> (Running, String) {
    let behind = server::listen(&stage.app).await;
    write(&stage.folder, &stage.authority.server());
    let file = |name: &str| stage.folder.path().join(name).display().to_string();
    let configuration = snippet("caddy-mtls")
        .replace("mtls.id.example.com:8444", &format!("localhost:{port}"))
        .replace("/etc/keywright/tls.pem", &file("server.pem"))
        .replace("/etc/keywright/tls.key", &file("server.key"))
        .replace("127.0.0.1:8080", behind.trim_start_matches("http://"));
    let log = stage.folder.path().join("stderr");
    let proxy = caddy(stage.folder.path(), &configuration)
        .current_dir(stage.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap_or_else(|error| panic!("caddy: {error}; scripts/install.sh installs it"));
    let (mut proxy, url) = (Running(proxy), format!("https://localhost:{port}"));
    let http = trusting(&stage.authority).build().unwrap();
    let started = Instant::now();
    while http.get(format!("{url}/healthz")).send().await.is_err() {
        let log = std::fs::read_to_string(&log).unwrap();
        assert!(proxy.0.try_wait().unwrap().is_none(), "caddy ended: {log}");
        assert!(started.elapsed() < Duration::from_secs(20), "not ready: {log}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (proxy, url)
}

async fn ask(http: &Client, url: &str, header: Option<String>) -> u16 {
    let form = [("grant_type", "client_credentials"), ("client_id", "mt")];
    let mut request = http.post(format!("{url}/token")).form(&form);
    if let Some(header) = header {
        request = request.header("client-cert", header);
    }
    request.send().await.unwrap().status().as_u16()
}

/// RFC 9440 · RFC 8705 §2
#[tokio::test]
async fn caddy_passes_the_certificate_of_the_client_on() {
    let port = server::free_port();
    let url = format!("https://localhost:{port}");
    let stage = Stage::with(|config| config.tls.mtls_url = Some(Issuer::parse(&url).unwrap())).await;
    stage.service("CN=mt,O=Example").await;
    let (_proxy, url) = start(&stage, port).await;
    let own = stage.authority.certify("mt", |_| ());
    let other = Certified::self_signed("mt", &KeyPair::generate().unwrap(), |_| ());
    let build = |builder: ClientBuilder| builder.build().unwrap();
    let with_own = build(trusting(&stage.authority).identity(own.identity(&[])));
    let with_other = build(trusting(&stage.authority).identity(other.identity(&[])));
    let with_none = build(trusting(&stage.authority));
    assert_eq!(ask(&with_own, &url, None).await, 200);
    assert_eq!(ask(&with_other, &url, None).await, 401);
    assert_eq!(ask(&with_none, &url, None).await, 401);
    // AC-160: what a client sends under this name never arrives.
    assert_eq!(ask(&with_none, &url, Some(own.header())).await, 401);
    assert_eq!(ask(&with_other, &url, Some(own.header())).await, 401);
    assert_eq!(ask(&with_own, &url, Some(other.header())).await, 200);
}
