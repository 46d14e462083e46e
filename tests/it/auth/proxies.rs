//! Real proxies in front of a real app, with the configuration that the README shows.

use crate::support::source::root;
use crate::support::{TestApp, USERS, server};
use axum::Router;
use axum::http::{HeaderMap, Uri};
use keywright::config::Issuer;
use reqwest::Client;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A proxy, the server that it asks, and the app behind it.
struct Stage {
    app: TestApp,
    url: String,
    http: Client,
    proxy: Child,
    folder: TempDir,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

impl Stage {
    /// `start` starts the proxy with its part of the README, the addresses replaced, in a folder of its own.
    async fn new(name: &str, start: fn(&Path, &str) -> Command) -> Self {
        let keywright = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let behind = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://localhost:{}", keywright.local_addr().unwrap().port());
        let port = server::free_port();
        let url = format!("http://localhost:{port}");
        let app = TestApp::new().await;
        let app = app
            .node(|config| {
                config.public_url = Issuer::parse(&issuer).unwrap();
                config.forward_auth.origins = vec![url.clone()];
            })
            .await;
        let configuration = snippet(name)
            .replace("127.0.0.1:8080", &keywright.local_addr().unwrap().to_string())
            .replace("127.0.0.1:3000", &behind.local_addr().unwrap().to_string())
            .replace(":8081", &format!(":{port}"));
        tokio::spawn(keywright::http::serve(
            Arc::clone(&app.app),
            keywright,
            std::future::pending(),
        ));
        tokio::spawn(async move { axum::serve(behind, Router::new().fallback(echo)).await });
        let folder = tempfile::tempdir().unwrap();
        let proxy = start(folder.path(), &configuration)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("stderr")).unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}; scripts/install.sh installs it"));
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30));
        let mut stage = Self {
            app,
            url,
            http: http.build().unwrap(),
            proxy,
            folder,
        };
        stage.wait_until_ready(name).await;
        stage
    }

    async fn wait_until_ready(&mut self, name: &str) {
        let started = Instant::now();
        while self.http.get(&self.url).send().await.is_err() {
            let log = std::fs::read_to_string(self.folder.path().join("stderr")).unwrap();
            assert!(self.proxy.try_wait().unwrap().is_none(), "{name} ended: {log}");
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "{name} is not ready: {log}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }
}

/// The app: says what it was sent.
async fn echo(uri: Uri, headers: HeaderMap, body: String) -> String {
    let sent = |name: &str| {
        let values = headers.get_all(name).iter();
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    json!({
        "uri": uri.to_string(),
        "user": sent("x-auth-user"),
        "email": sent("x-auth-email"),
        "roles": sent("x-auth-roles"),
        "body": body,
    })
    .to_string()
}

/// The part of the README between two marks, without its fence.
pub fn snippet(name: &str) -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once(&format!("<!-- {name}:begin -->")).unwrap();
    let (part, _) = rest.split_once(&format!("<!-- {name}:end -->")).unwrap();
    let lines = part.lines().filter(|line| !line.starts_with("```"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Ends with the test, even if that is killed.
fn tied(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", program]);
    command
}

fn nginx(folder: &Path, configuration: &str) -> Command {
    let at = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {at}/{kind};\n"))
        .concat();
    let text = format!(
        "daemon off; master_process off; pid {at}/pid; error_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}{configuration}\n}}\n"
    );
    std::fs::write(folder.join("nginx.conf"), text).unwrap();
    let program = if Path::new("/usr/sbin/nginx").exists() {
        "/usr/sbin/nginx"
    } else {
        "nginx"
    };
    let mut command = tied(program);
    command
        .args(["-e", "stderr", "-c"])
        .arg(folder.join("nginx.conf"));
    command
}

pub fn caddy(folder: &Path, configuration: &str) -> Command {
    let text = format!("{{\n  admin off\n  auto_https off\n  default_bind 127.0.0.1\n}}\n{configuration}\n");
    std::fs::write(folder.join("Caddyfile"), text).unwrap();
    let mut command = tied("caddy");
    command
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(folder.join("Caddyfile"))
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .env("XDG_CONFIG_HOME", folder);
    command
}

/// What every proxy must do.
async fn lets_the_right_ones_through(stage: &Stage) {
    let inbox = || stage.get("/inbox?page=2&x=%2F");
    // A script is told, a person is led to the sign-in page and back.
    let refused = inbox().header("x-auth-user", "root").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let led = inbox().header("accept", "text/html").send().await.unwrap();
    assert_eq!(led.status(), 303);
    let login = led.headers()["location"].to_str().unwrap().to_owned();
    let origin = stage.app.app.config.public_url.origin().to_owned();
    let mut browser = stage.app.browser();
    let form = browser.get(login.strip_prefix(&origin).unwrap()).await;
    let signed_in = browser.submit_login(&form, USERS[0].1, USERS[0].2).await;
    let back = browser.follow(&signed_in).await;
    assert_eq!(back.location(), format!("{}/inbox?page=2&x=%2F", stage.url));

    // Whatever a visitor says, the app hears what the server says.
    let cookie = format!("kw-session={}", browser.cookies["kw-session"]);
    let answer = inbox()
        .header("cookie", &cookie)
        .header("x-auth-user", "root")
        .header("x-auth-email", "root@example.test")
        .header("x-auth-roles", "admin")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let heard: Value = answer.json().await.unwrap();
    assert_eq!(heard["uri"], "/inbox?page=2&x=%2F");
    assert_eq!(heard["user"], json!([stage.app.user(USERS[0].1).await.id]));
    assert_eq!(heard["email"], json!([USERS[0].1]));
    assert_eq!(heard["roles"], json!(["member"]));

    // A post arrives with its body; a token is as good as a session.
    let posted = stage
        .http
        .post(format!("{}/notes", stage.url))
        .header("cookie", &cookie)
        .body("a note");
    let heard: Value = posted.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&heard["body"], &heard["uri"]),
        (&json!("a note"), &json!("/notes"))
    );
    let token = sign_in_by_json(stage).await;
    let by_token = inbox().bearer_auth(&token).send().await.unwrap();
    assert_eq!(by_token.status(), 200);
    assert_eq!(
        by_token.json::<Value>().await.unwrap()["email"],
        json!([USERS[0].1])
    );
    assert_eq!(inbox().bearer_auth("x").send().await.unwrap().status(), 401);
    // The address that the proxy asks is no address of the app.
    let inner = stage
        .get("/auth-verify")
        .header("cookie", "kw-session=x")
        .send()
        .await
        .unwrap();
    assert_ne!(inner.status(), 200);

    // What has ended is not let through, and neither is anybody while the server cannot tell.
    stage.app.sign_out_alice().await;
    assert_eq!(
        inbox().header("cookie", &cookie).send().await.unwrap().status(),
        401
    );
    stage.app.app.db.close().await;
    for request in [inbox().header("cookie", &cookie), inbox().bearer_auth(&token)] {
        assert!(request.send().await.unwrap().status().is_server_error());
    }
}

async fn sign_in_by_json(stage: &Stage) -> String {
    let url = stage.app.app.config.public_url.url("/auth/login");
    let body = json!({ "email": USERS[0].1, "password": USERS[0].2 });
    let answer = stage.http.post(url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json::<Value>().await.unwrap()["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn nginx_lets_the_right_ones_through() {
    lets_the_right_ones_through(&Stage::new("nginx", nginx).await).await;
}

#[tokio::test]
async fn caddy_lets_the_right_ones_through() {
    lets_the_right_ones_through(&Stage::new("caddy", caddy).await).await;
}
