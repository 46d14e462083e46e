//! A server that speaks TLS itself, on real sockets: one that asks nobody for a certificate, one that asks clients.

use super::TestApp;
use super::certificates::{Authority, Certified};
use keywright::config::{Config, Issuer};
use keywright::http::{self, Listeners};
use reqwest::ClientBuilder;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub struct Secure {
    pub app: TestApp,
    /// Of the server and of its clients.
    pub authority: Authority,
    pub folder: TempDir,
    pub url: String,
    pub mtls_url: String,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Secure {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let (authority, folder) = (Authority::new("Test"), tempfile::tempdir().unwrap());
        write(&folder, &authority.server());
        std::fs::write(folder.path().join("clients.pem"), authority.pem()).unwrap();
        let main = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mutual = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = |listener: &TcpListener| format!("https://{}", listener.local_addr().unwrap());
        let (url, mtls_url) = (url(&main), url(&mutual));
        let app = TestApp::new().await;
        let app = app
            .node(|config| {
                config.public_url = Issuer::parse(&url).unwrap();
                config.server.listen = main.local_addr().unwrap();
                config.tls.certificate = Some(folder.path().join("server.pem"));
                config.tls.key = Some(folder.path().join("server.key"));
                config.tls.mtls_listen = Some(mutual.local_addr().unwrap());
                config.tls.mtls_url = Some(Issuer::parse(&mtls_url).unwrap());
                config.tls.client_ca = Some(folder.path().join("clients.pem"));
                change(config);
                assert_eq!(config.check(), []);
            })
            .await;
        let listeners = Listeners::new(main, Some(mutual), &app.app.config.tls).unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(http::serve(Arc::clone(&app.app), listeners, async {
            let _ = stopped.await;
        }));
        Self {
            app,
            authority,
            folder,
            url,
            mtls_url,
            stop,
            served,
        }
    }

    /// A client that trusts this server's authority and no other.
    pub fn client(&self) -> ClientBuilder {
        trusting(&self.authority)
    }

    /// Asks the server to stop; gives what ends when it has.
    pub fn stop(self) -> JoinHandle<()> {
        self.stop.send(()).unwrap();
        self.served
    }
}

/// Replaces the certificate of a server.
pub fn write(folder: &TempDir, certified: &Certified) {
    std::fs::write(folder.path().join("server.pem"), &certified.pem).unwrap();
    std::fs::write(folder.path().join("server.key"), &certified.key).unwrap();
}

/// A client that trusts one authority and remembers no connection.
pub fn trusting(authority: &Authority) -> ClientBuilder {
    let certificate = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([certificate])
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
}
