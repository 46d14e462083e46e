//! The configuration: one file per TOML section, parsed into final types before anything else runs.
//! Flag beats environment beats file beats default; every problem is reported at once.
//! Tests: `tests/it/config.rs`.

mod accounts;
mod api;
mod api_keys;
mod check;
mod cidr;
mod database;
mod example;
mod file;
mod forward_auth;
mod issuer;
mod keys;
mod log;
mod login;
mod mail;
mod passwords;
mod problem;
mod reader;
mod server;
mod sessions;
mod setting;
mod sources;
mod stores;
mod tls;
mod tokens;

pub use accounts::{Accounts, SignUp};
pub use api::Api;
pub use api_keys::ApiKeys;
pub use cidr::Cidr;
pub use database::{Database, DatabaseUrl, Synchronous};
pub use example::{example, readme_table};
pub use forward_auth::ForwardAuth;
pub use issuer::Issuer;
pub use keys::Keys;
pub use log::{Log, LogFormat};
pub use login::Login;
pub use mail::{Mail, Smtp, SmtpTls};
pub use passwords::Passwords;
pub use problem::{ConfigProblems, Origin, Problem};
pub use server::Server;
pub use sessions::Sessions;
pub use setting::{Kind, Section, Setting, sections, settings};
pub use sources::{Environment, Flags, Value};
pub use stores::{StoreUrl, Stores};
pub use tls::Tls;
pub use tokens::Tokens;

use reader::Reader;

/// Everything that can be configured, in final types.
#[derive(Clone)]
pub struct Config {
    /// The issuer: the address under which clients and browsers reach this server.
    pub public_url: Issuer,
    /// The HTTP listener.
    pub server: Server,
    /// TLS and certificates of clients.
    pub tls: Tls,
    /// The database.
    pub database: Database,
    /// Signing keys and the data-encryption key.
    pub keys: Keys,
    /// Lifetimes of what is handed out.
    pub tokens: Tokens,
    /// Browser sessions.
    pub sessions: Sessions,
    /// Where live sessions are kept.
    pub stores: Stores,
    /// The limiter of failed logins.
    pub login: Login,
    /// Sign-in by JSON for first-party apps.
    pub api: Api,
    /// Apps behind a proxy that asks who somebody is.
    pub forward_auth: ForwardAuth,
    /// Long-lived secrets for programs.
    pub api_keys: ApiKeys,
    /// Password rules and hashing cost.
    pub passwords: Passwords,
    /// How people come to have an account.
    pub accounts: Accounts,
    /// How mails are sent.
    pub mail: Mail,
    /// Logs.
    pub log: Log,
    /// Whether this is `keywright dev`. Not a setting: no file or variable can turn it on.
    pub development: bool,
}

impl Default for Config {
    /// The configuration of an empty file and an empty environment.
    fn default() -> Self {
        let mut problems = Vec::new();
        Self::from_reader(&mut Reader::new(&[], &mut problems), false)
    }
}

impl Config {
    /// Whether mails reach anybody: a development server shows them on a page.
    pub fn sends_mail(&self) -> bool {
        self.mail.smtp.is_some() || self.development
    }

    fn from_reader(reader: &mut Reader<'_>, development: bool) -> Self {
        Self {
            public_url: reader.with("public_url", Issuer::parse),
            server: Server::read(reader),
            tls: Tls::read(reader),
            database: Database::read(reader),
            keys: Keys::read(reader),
            tokens: Tokens::read(reader),
            sessions: Sessions::read(reader),
            stores: Stores::read(reader),
            login: Login::read(reader),
            api: Api::read(reader),
            forward_auth: ForwardAuth::read(reader),
            api_keys: ApiKeys::read(reader),
            passwords: Passwords::read(reader),
            accounts: Accounts::read(reader),
            mail: Mail::read(reader),
            log: Log::read(reader),
            development,
        }
    }
}

/// A configuration together with where each of its values came from.
#[derive(Clone)]
pub struct Loaded {
    /// The final values.
    pub config: Config,
    /// The text and origin of every setting, in the order of [`settings`].
    pub values: Vec<Value>,
}

/// Loads the configuration.
///
/// # Errors
/// Every problem of every source at once: unknown settings, values out of range, settings that contradict.
pub fn load(flags: &Flags, environment: &Environment) -> Result<Config, ConfigProblems> {
    load_with_origins(flags, environment).map(|loaded| loaded.config)
}

/// Loads the configuration and keeps where each value came from.
///
/// # Errors
/// As [`load`].
pub fn load_with_origins(flags: &Flags, environment: &Environment) -> Result<Loaded, ConfigProblems> {
    let mut problems = Vec::new();
    let values = sources::gather(flags, environment, &mut problems);
    let config = Config::from_reader(&mut Reader::new(&values, &mut problems), flags.development);
    // A value that could not be read stands at its default, which would only raise misleading contradictions.
    if problems.is_empty() {
        problems = config.check();
    }
    if flags.read_files {
        problems.extend(tls::check_files(&config.tls, &values));
    }
    if problems.is_empty() {
        Ok(Loaded { config, values })
    } else {
        Err(ConfigProblems(problems))
    }
}
