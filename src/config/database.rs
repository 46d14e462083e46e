//! `[database]`: SQLite or Postgres.

use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::secret::Secret;
use std::path::PathBuf;
use url::Url;

/// The database.
#[derive(Clone)]
pub struct Database {
    /// Which database.
    pub url: DatabaseUrl,
    /// Connections to Postgres open at one time.
    pub max_connections: u32,
    /// When SQLite acknowledges a write.
    pub synchronous: Synchronous,
}

/// The address of a database.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A file, created when missing.
    Sqlite(PathBuf),
    /// A `postgres://` URL, which may hold a password.
    Postgres(Secret),
}

/// When SQLite acknowledges a write (`PRAGMA synchronous`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// Once it is on disk: nothing acknowledged is lost by a power cut.
    Full,
    /// Once the operating system has it: a power cut can lose the last moments.
    Normal,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "database.url",
        Kind::Url,
        "sqlite:./data/keywright.db",
        "`sqlite:PATH`, or `postgres://user:password@host/name` (Postgres 15 or later).",
    )
    .secret(),
    Setting::new(
        "database.max_connections",
        Kind::Integer,
        "20",
        "Connections to Postgres open at one time.",
    ),
    Setting::new(
        "database.synchronous",
        Kind::Choice(&["full", "normal"]),
        "full",
        "When SQLite acknowledges a write: on disk (`full`), or handed to the operating system (`normal`).",
    ),
];

impl Database {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            url: reader.with("database.url", DatabaseUrl::parse),
            max_connections: reader.integer("database.max_connections", 1..=1_000),
            synchronous: reader.with("database.synchronous", |text| match text {
                "full" => Ok(Synchronous::Full),
                "normal" => Ok(Synchronous::Normal),
                _ => Err("expected `full` or `normal`".to_owned()),
            }),
        }
    }
}

impl DatabaseUrl {
    /// Reads the address of a database.
    ///
    /// # Errors
    /// What to write instead; never quotes `text`, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err("expected a path after `sqlite:`".to_owned()),
                ":memory:" => Err(
                    "a database in memory cannot be shared; name a file, or run `keywright dev`".to_owned(),
                ),
                path if path.contains('?') => {
                    Err("options after `?` are not supported for SQLite".to_owned())
                }
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return match Url::parse(text) {
                Ok(_) => Ok(Self::Postgres(Secret::new(text.to_owned()))),
                Err(_) => {
                    Err("not a valid URL; percent-encode special characters of the password".to_owned())
                }
            };
        }
        Err("expected `sqlite:PATH` or `postgres://user:password@host/name`".to_owned())
    }

    /// The address without password and options, for people and logs.
    pub fn for_people(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite {}", path.display()),
            Self::Postgres(url) => {
                let url = Url::parse(url.expose()).ok();
                let host = url.as_ref().and_then(Url::host_str).unwrap_or("localhost");
                let port = url.as_ref().and_then(Url::port).unwrap_or(5432);
                let name = url.as_ref().map_or("", |url| url.path().trim_start_matches('/'));
                format!("postgres {host}:{port}/{name}")
            }
        }
    }
}
