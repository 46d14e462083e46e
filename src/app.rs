//! The services that a request can reach.

use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl, Synchronous};
use crate::entropy::Entropy;
use crate::ephemeral::StoreError;
use crate::identity::failure_rate::FailureRate;
use crate::identity::live_sessions::LiveSessions;
use crate::identity::login_limit::{Counting, LoginLimit, Rate};
use crate::identity::password::{Blocklist, Cost, Passwords};
use crate::keyring::{self, Keyring, KeyringError};
use crate::mail::{BadServer, Mailer};
use crate::oauth::client::Registry;
use crate::oauth::discovery;
use crate::oauth::status::Status;
use crate::storage::{Db, Options, StorageError};
use crate::time::Seconds;
use crate::vault::Vault;
use crate::x509::{ClientCa, ClientCas};
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// One server.
pub struct App {
    /// The configuration.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// Keys derived from the data-encryption key.
    pub vault: Vault,
    /// Signing keys.
    pub keyring: Keyring,
    /// Loaded clients.
    pub clients: Registry,
    /// Token status lists.
    pub status: Status,
    /// Live sessions of browsers.
    pub live_sessions: LiveSessions,
    /// The password hashing pool.
    pub passwords: Passwords,
    /// Passwords that nobody may choose.
    pub blocklist: Option<Blocklist>,
    /// Authorities for certificates of clients.
    pub client_ca: Option<ClientCas>,
    /// Failed sign-ins.
    pub login_limit: LoginLimit,
    /// Failed sign-ins of all accounts together.
    pub failure_rate: FailureRate,
    /// Requests for mails.
    pub mail_limit: LoginLimit,
    /// Sends mails.
    pub mailer: Mailer,
    /// Wrong user codes.
    pub device_limit: LoginLimit,
    /// Wrong codes at the second step of a sign-in.
    pub mfa_limit: LoginLimit,
    /// Wrong API keys.
    pub api_key_limit: LoginLimit,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Set while the server finishes its last requests.
    draining: AtomicBool,
    documents: RwLock<Arc<Documents>>,
}

/// The documents that everybody may read, written once per change of keys.
pub struct Documents {
    /// Provider metadata.
    pub discovery: Bytes,
    /// JSON Web Key Set.
    pub jwks: Bytes,
}

/// The server cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The database cannot be opened, or fails.
    #[error("{0}")]
    Storage(#[from] StorageError),
    /// The signing keys cannot be loaded.
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    /// The data-encryption key cannot be read or made.
    #[error("{0}")]
    DataKey(String),
    /// The mail server cannot be used as configured.
    #[error("{0}")]
    Mail(#[from] BadServer),
    /// The URL of a store names no usable address.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The list of refused passwords cannot be read.
    #[error("{0}: {1}")]
    Blocklist(String, std::io::Error),
    /// The authorities for clients cannot be read.
    #[error("tls.client_ca, tls.client_crl: {0}")]
    ClientCa(String),
    /// Threads or directories cannot be made.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The password parameters are not acceptable.
    #[error("the password hashing parameters are not acceptable")]
    Cost,
}

impl App {
    /// Opens and migrates the database, makes or loads keys, and starts the hashing pool. It listens to nothing.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build(
        config: Config,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, BuildError> {
        let db = open(&config).await?;
        db.migrate().await?;
        let data_key = crate::data_key::load(&config.keys, &*entropy).map_err(BuildError::DataKey)?;
        let vault = Vault::new(&data_key);
        keyring::ensure(&db, &vault, &*entropy, clock.now()).await?;
        let keyring = Keyring::load(&db, &vault).await?;
        let live_sessions = LiveSessions::open(&config, &db, &vault, &clock, &entropy)?;
        let cost = &config.passwords;
        let passwords = Passwords::new(
            Cost::new(cost.memory_kib, cost.iterations, cost.parallelism).map_err(|_| BuildError::Cost)?,
            size(cost.workers),
            size(cost.queue),
        )?;
        let counting = Counting::open(&config, &db, &vault, &clock, &entropy)?;
        let rate = Rate {
            attempts: config.login.attempts,
            window: config.login.window,
        };
        let limit = |name| counting.limit(name, rate);
        let documents = RwLock::new(Arc::new(documents(&config, &keyring)));
        Ok(Self {
            blocklist: blocklist(&config)?,
            client_ca: client_ca(&config)?,
            failure_rate: FailureRate::new(config.login.alert_after),
            login_limit: limit("sign-ins"),
            device_limit: limit("device codes"),
            mail_limit: limit("mails"),
            mailer: Mailer::new(&config.mail)?,
            mfa_limit: limit("second steps"),
            // In this process: what was made up must cost no query (AC-176).
            api_key_limit: Counting::Memory.limit("API keys", rate),
            config,
            db,
            vault,
            keyring,
            clients: Registry::default(),
            status: Status::default(),
            live_sessions,
            passwords,
            clock,
            entropy,
            draining: AtomicBool::new(false),
            documents,
        })
    }

    /// The public documents.
    pub fn documents(&self) -> Arc<Documents> {
        Arc::clone(&self.documents.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Activates and removes keys whose time has come, and loads what other nodes have changed.
    ///
    /// # Errors
    /// The database fails; the loaded keys stay.
    pub async fn refresh_keys(&self) -> Result<(), KeyringError> {
        keyring::tick(&self.db, self.clock.now(), self.keep_retired_keys()).await?;
        self.keyring.reload(&self.db, &self.vault).await?;
        let documents = documents(&self.config, &self.keyring);
        *self.documents.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(documents);
        Ok(())
    }

    /// How long a key stays published after it stopped signing: the longest token, and a session with a day to spare, as
    /// ID tokens come back as hints until then.
    pub fn keep_retired_keys(&self) -> Seconds {
        let tokens = self.config.tokens.access_token.max(self.config.tokens.id_token);
        let longest = tokens.max(self.config.sessions.absolute);
        Seconds(longest.0 + 86_400)
    }

    /// Says that the server is about to stop: readiness fails from now on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Whether the server is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }
}

/// Opens the database that the configuration names.
///
/// # Errors
/// It cannot be opened.
pub async fn open(config: &Config) -> Result<Db, BuildError> {
    let options = Options {
        max_connections: config.database.max_connections,
        durable: config.database.synchronous == Synchronous::Full,
    };
    match &config.database.url {
        DatabaseUrl::Sqlite(path) => {
            if let Some(directory) = path
                .parent()
                .filter(|directory| !directory.as_os_str().is_empty())
            {
                crate::data_key::create_private_dir(directory)?;
            }
            Ok(Db::open_sqlite(path, options).await?)
        }
        DatabaseUrl::Postgres(url) => Ok(Db::open_postgres(url.expose(), options).await?),
    }
}

/// A configured list that cannot be read stops the server: without it weak passwords would go through in silence.
fn blocklist(config: &Config) -> Result<Option<Blocklist>, BuildError> {
    let Some(path) = &config.passwords.blocklist else {
        return Ok(None);
    };
    let read = std::fs::File::open(path).and_then(Blocklist::read);
    read.map(Some)
        .map_err(|error| BuildError::Blocklist(path.display().to_string(), error))
}

fn client_ca(config: &Config) -> Result<Option<ClientCas>, BuildError> {
    let Some(authorities) = &config.tls.client_ca else {
        return Ok(None);
    };
    let read = ClientCa::watch(authorities, config.tls.client_crl.as_deref());
    read.map(Some).map_err(BuildError::ClientCa)
}

fn documents(config: &Config, keyring: &Keyring) -> Documents {
    let keys = keyring.set();
    Documents {
        discovery: discovery::document(config, &keys.algs()).to_string().into(),
        jwks: serde_json::to_vec(keys.jwks()).unwrap_or_default().into(),
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
