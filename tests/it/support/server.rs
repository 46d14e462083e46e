//! Servers behind real sockets: the built binary as a process of its own, or a node of the test's process.

use super::{TestApp, VERIFIER, seed};
use keywright::config::DatabaseUrl;
use keywright::secret::Secret;
use reqwest::Client;
use serde_json::Value;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A `keywright serve` on the database of a test, with the clock of the machine. Killed when dropped.
pub struct Process {
    child: Child,
    pub url: String,
    _folder: TempDir,
}

impl Process {
    /// Starts a server on a free port and waits until it is ready.
    pub async fn start(app: &TestApp) -> Self {
        Self::start_with(app, free_port(), &[]).await
    }

    /// Starts a server on this port and waits until it is ready.
    pub async fn start_on(app: &TestApp, port: u16) -> Self {
        Self::start_with(app, port, &[]).await
    }

    /// Starts a server on this port with further settings, and waits until it is ready.
    pub async fn start_with(app: &TestApp, port: u16, settings: &[(&str, &str)]) -> Self {
        let config = &app.app.config;
        let database = match &config.database.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => url.expose().to_owned(),
        };
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_keywright"));
        // Settings of whoever runs the tests must not reach the server.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KEYWRIGHT_"))
        {
            command.env_remove(name);
        }
        let child = command
            .arg("serve")
            .current_dir(folder.path())
            .env("KEYWRIGHT_PUBLIC_URL", config.public_url.as_str())
            .env("KEYWRIGHT_SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("KEYWRIGHT_DATABASE__URL", database)
            .env(
                "KEYWRIGHT_KEYS__DATA_KEY",
                config.keys.data_key.as_ref().map_or("", Secret::expose),
            )
            .env(
                "KEYWRIGHT_TOKENS__REFRESH_GRACE",
                format!("{}s", config.tokens.refresh_grace.0),
            )
            .env("KEYWRIGHT_LOG__FILTER", "error")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::from(
                std::fs::File::create(folder.path().join("log")).unwrap(),
            ))
            .spawn()
            .unwrap();
        let mut process = Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
            _folder: folder,
        };
        process.wait_until_ready().await;
        process
    }

    async fn wait_until_ready(&mut self) {
        let client = client();
        let ready = format!("{}/readyz", self.url);
        let started = Instant::now();
        while !client
            .get(&ready)
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 200)
        {
            let ended = self.child.try_wait().unwrap();
            let log = || std::fs::read_to_string(self._folder.path().join("log")).unwrap();
            assert!(ended.is_none(), "the server ended: {}", log());
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "not ready: {}",
                log()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends the process without a word (`kill -9`).
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves a test's own server on a free port for as long as the test runs; gives the address.
pub async fn listen(app: &TestApp) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Arc::clone(&app.app);
    tokio::spawn(keywright::http::serve(app, listener, std::future::pending()));
    url
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

pub fn client() -> Client {
    Client::builder()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

/// Status and JSON body of a post; `None` where no whole answer came.
pub async fn post(client: &Client, url: &str, form: &[(&str, &str)]) -> Option<(u16, Value)> {
    let answer = client.post(url).form(form).send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.json().await.ok()?))
}

/// The form that redeems a seeded code.
pub fn code_form<'a>(client_id: &'a str, code: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", code),
        ("redirect_uri", seed::REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ]
}

/// The form that refreshes.
pub fn refresh_form<'a>(client_id: &'a str, token: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("grant_type", "refresh_token"),
        ("client_id", client_id),
        ("refresh_token", token),
    ]
}

/// The form that fetches the tokens of a device code.
pub fn device_form<'a>(client_id: &'a str, code: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", client_id),
        ("device_code", code),
    ]
}
