//! A server of one test: its own database, a clock that stands still, no listener.
//! The database is an SQLite file, or one of its own on the server that `TEST_POSTGRES_URL` names.

use super::{Answer, Browser, RelyingParty, stores};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use keywright::app::App;
use keywright::clock::{Clock, ManualClock};
use keywright::config::{Config, DatabaseUrl, Issuer};
use keywright::entropy::{Entropy, SystemEntropy};
use keywright::id;
use keywright::identity::password::{Cost, Passwords};
use keywright::jose::generate::generate;
use keywright::jose::{Alg, Pkcs8Der};
use keywright::keyring;
use keywright::oauth::client::registration::{Profile, profile};
use keywright::oauth::client::{Metadata, auth};
use keywright::opaque::{Kind, Opaque};
use keywright::secret::Secret;
use keywright::storage::clients::{self, ClientRow, SecretRow};
use keywright::storage::users::{self, UserRow};
use keywright::storage::{Db, Options};
use keywright::time::Timestamp;
use keywright::vault::Vault;
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;
use tower::ServiceExt;

/// The people of every test: name, e-mail address, password.
pub const USERS: [(&str, &str, &str); 2] = [
    ("alice", "alice@example.test", "correct horse battery"),
    ("bob", "bob@example.test", "staple mountain river"),
];

/// What a test may change before the server is built.
pub type Setup = fn(&mut Config);

pub struct TestApp {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    router: Router,
    directory: Arc<TempDir>,
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config {
            public_url: Issuer::parse("https://id.example.test").unwrap(),
            ..Config::default()
        };
        config.database.url = match postgres_server() {
            Some(url) => DatabaseUrl::Postgres(Secret::new(create_database(&url).await)),
            None => DatabaseUrl::Sqlite(directory.path().join("keywright.db")),
        };
        config.keys.directory = directory.path().join("keys");
        // One of its own, so that servers of other tests count and keep under other names in a shared store.
        let data_key: [u8; 32] = (&SystemEntropy as &dyn Entropy).bytes();
        config.keys.data_key = Some(Secret::new(base64(&data_key)));
        config.passwords.workers = 1;
        if let Some(url) = stores::chosen() {
            config.stores.url = url;
        }
        setup(&mut config);
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000)));
        prepare(&config, &data_key, clock.now()).await;
        let app = App::build(config, clock.clone(), Arc::new(SystemEntropy))
            .await
            .unwrap();
        let app = Arc::new(app);
        let router = keywright::http::router(&app);
        Self {
            app,
            clock,
            router,
            directory: Arc::new(directory),
        }
    }

    /// A second server on the same database and clock: another node, or this one after a restart.
    pub async fn another(&self) -> Self {
        self.node(|_| ()).await
    }

    /// A second server on the same clock and keys, and on the same database unless `change` says otherwise.
    pub async fn node(&self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.app.config.clone();
        change(&mut config);
        let app = App::build(config, self.clock.clone(), Arc::new(SystemEntropy))
            .await
            .unwrap();
        let app = Arc::new(app);
        Self {
            clock: Arc::clone(&self.clock),
            router: keywright::http::router(&app),
            directory: Arc::clone(&self.directory),
            app,
        }
    }

    /// The configuration of this server with a database of its own, still empty.
    pub async fn elsewhere(&self) -> Config {
        let mut config = self.app.config.clone();
        config.database.url = match postgres_server() {
            Some(url) => DatabaseUrl::Postgres(Secret::new(create_database(&url).await)),
            None => DatabaseUrl::Sqlite(self.directory.path().join("elsewhere.db")),
        };
        config
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Posts a form without cookies or credentials.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(form_request(path, form).body(encode(form)).unwrap())
            .await
    }

    /// Posts a form with an `Authorization` header.
    pub async fn post_as(&self, authorization: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = form_request(path, form).header(header::AUTHORIZATION, authorization);
        self.send(request.body(encode(form)).unwrap()).await
    }

    /// A browser with nobody signed in.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// A browser in which alice is signed in.
    pub async fn alice(&self) -> Browser<'_> {
        let mut browser = self.browser();
        browser.sign_in(USERS[0].1, USERS[0].2).await;
        browser
    }

    /// A browser in which bob is signed in.
    pub async fn bob(&self) -> Browser<'_> {
        let mut browser = self.browser();
        browser.sign_in(USERS[1].1, USERS[1].2).await;
        browser
    }

    pub async fn user(&self, email: &str) -> UserRow {
        users::find_by_email(self.app.db.read(), email)
            .await
            .unwrap()
            .unwrap()
    }

    /// Registers a client; confidential ones get a secret.
    pub async fn client(&self, id: &str, metadata: Metadata) -> RelyingParty<'_> {
        let now = self.clock.now().0;
        let row = ClientRow {
            id: id.to_owned(),
            metadata: serde_json::to_string(&metadata).unwrap(),
            disabled_at: None,
            created_at: now,
            updated_at: now,
        };
        clients::insert(self.app.db.write(), &row).await.unwrap();
        let secret = match auth::has_secret(&metadata.token_endpoint_auth_method) {
            true => Some(self.new_secret(id).await),
            false => None,
        };
        self.app.clients.forget(id);
        RelyingParty {
            app: self,
            id: id.to_owned(),
            secret,
            metadata,
        }
    }

    /// Adds a secret to a client.
    pub async fn new_secret(&self, client_id: &str) -> String {
        let row = id::row(&SystemEntropy, self.clock.now());
        let secret = Opaque::mint(Kind::ClientSecret, &row, &SystemEntropy, &self.app.vault);
        let row = SecretRow {
            id: row,
            client_id: client_id.to_owned(),
            digest: secret.digest(&self.app.vault),
            created_at: self.clock.now().0,
            expires_at: None,
        };
        clients::insert_secret(self.app.db.write(), &row).await.unwrap();
        self.app.clients.forget(client_id);
        secret.expose().to_owned()
    }

    /// Replaces the metadata of a client, as the operator would.
    pub async fn change_client(&self, id: &str, metadata: &Metadata) {
        let metadata = serde_json::to_string(metadata).unwrap();
        clients::set_metadata(self.app.db.write(), id, &metadata, self.clock.now())
            .await
            .unwrap();
        self.app.clients.forget(id);
    }

    /// A confidential web client with PKCE.
    pub async fn web(&self) -> RelyingParty<'_> {
        self.client(
            "web",
            profile(Profile::Web, vec!["https://web.test/cb".to_owned()]),
        )
        .await
    }

    /// A public single-page client.
    pub async fn spa(&self) -> RelyingParty<'_> {
        self.client(
            "spa",
            profile(Profile::Spa, vec!["https://spa.test/cb".to_owned()]),
        )
        .await
    }

    /// The metadata of a public single-page client.
    pub fn spa_metadata(&self) -> Metadata {
        profile(Profile::Spa, vec!["https://spa.test/cb".to_owned()])
    }

    /// A public native client with a loopback and a custom-scheme redirect.
    pub async fn native(&self) -> RelyingParty<'_> {
        let redirects = vec!["http://127.0.0.1/cb".to_owned(), "com.example.app:/cb".to_owned()];
        self.client("nat", profile(Profile::Native, redirects)).await
    }

    /// A public device client.
    pub async fn device(&self) -> RelyingParty<'_> {
        self.client("dev", profile(Profile::Device, Vec::new())).await
    }

    /// A service with two scopes of its own.
    pub async fn service(&self) -> RelyingParty<'_> {
        let scope = "api:read api:write".to_owned();
        self.client(
            "svc",
            Metadata {
                scope,
                ..profile(Profile::Service, Vec::new())
            },
        )
        .await
    }
}

fn form_request(path: &str, _: &[(&str, &str)]) -> axum::http::request::Builder {
    Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

fn encode(form: &[(&str, &str)]) -> Body {
    Body::from(
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish(),
    )
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Keys and people are made once per process: both take a while.
async fn prepare(config: &Config, data_key: &[u8; 32], now: Timestamp) {
    static KEYS: OnceLock<Vec<(Alg, Pkcs8Der)>> = OnceLock::new();
    static HASHES: tokio::sync::OnceCell<Vec<String>> = tokio::sync::OnceCell::const_new();
    let keys = KEYS.get_or_init(|| {
        [Alg::RS256, Alg::ES256]
            .map(|alg| (alg, generate(alg, &SystemEntropy).unwrap()))
            .into()
    });
    let hashes = HASHES.get_or_init(async || {
        let passwords = Passwords::new(Cost::new(19_456, 2, 1).unwrap(), 1, 8).unwrap();
        let mut hashes = Vec::new();
        for (_, _, password) in USERS {
            hashes.push(
                passwords
                    .hash(Secret::new(password.to_owned()), &SystemEntropy)
                    .await
                    .unwrap(),
            );
        }
        hashes
    });
    let db = keywright::app::open(config).await.unwrap();
    db.migrate().await.unwrap();
    let vault = Vault::new(data_key);
    for (alg, key) in keys {
        let none = keywright::time::Seconds(0);
        keyring::import(db.write(), &vault, &SystemEntropy, *alg, key, now, none)
            .await
            .unwrap();
    }
    keyring::tick(&db, now, keywright::time::Seconds(86_400))
        .await
        .unwrap();
    for ((name, email, _), hash) in USERS.iter().zip(hashes.await) {
        users::insert(db.write(), &person(name, email, hash, now))
            .await
            .unwrap();
    }
    db.close().await;
}

fn person(name: &str, email: &str, hash: &str, now: Timestamp) -> UserRow {
    let entropy: &dyn Entropy = &SystemEntropy;
    UserRow {
        id: id::user(entropy),
        email: email.to_owned(),
        email_verified: true,
        preferred_username: Some(name.to_owned()),
        name: Some(format!("{name} Example")),
        profile: r#"{"given_name":"Given","family_name":"Example","phone_number":"+1 555 0100","phone_number_verified":true,"address":{"locality":"Springfield"}}"#.to_owned(),
        roles: r#"["member"]"#.to_owned(),
        groups: r#"["staff"]"#.to_owned(),
        password_hash: Some(hash.to_owned()),
        credential_epoch: 0,
        disabled_at: None,
        created_at: now.0,
        updated_at: now.0,
    }
}

/// The Postgres server to test on, if there is one.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where tests read the environment"
)]
pub fn postgres_server() -> Option<String> {
    std::env::var("TEST_POSTGRES_URL").ok()
}

/// A database of its own on a real Postgres server.
pub async fn create_database(server: &str) -> String {
    let name = format!("kw_{}", id::row(&SystemEntropy, Timestamp(1_800_000_000)));
    let options = Options {
        max_connections: 1,
        durable: true,
    };
    let db = Db::open_postgres(server, options).await.unwrap();
    db.create_database(&name).await.unwrap();
    db.close().await;
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}
