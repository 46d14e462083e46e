//! The list of all settings. The reader, `config example`, `config show` and the README table all use it.

use super::{
    accounts, api, api_keys, database, forward_auth, keys, log, login, mail, passwords, server, sessions,
    stores, tls, tokens,
};

/// What form a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An absolute URL.
    Url,
    /// An IP address and a port.
    Address,
    /// `90s`, `15m`, `12h`, `7d`, or a number of seconds.
    Duration,
    /// A whole number.
    Integer,
    /// A whole number or `auto`.
    IntegerOrAuto,
    /// `true` or `false`.
    Boolean,
    /// A path, relative to the working directory.
    Path,
    /// Text.
    Text,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// Address ranges; separated by commas in the environment.
    Cidrs,
    /// Scheme, host and port; separated by commas in the environment.
    Origins,
    /// Words of this kind; separated by commas in the environment.
    List(&'static str),
}

impl Kind {
    /// The form in words, for the README table.
    pub fn describe(self) -> String {
        match self {
            Self::Url => "URL".to_owned(),
            Self::Address => "address:port".to_owned(),
            Self::Duration => "duration".to_owned(),
            Self::Integer => "integer".to_owned(),
            Self::IntegerOrAuto => "integer or `auto`".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Choice(words) => words
                .iter()
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", "),
            Self::Cidrs => "list of CIDR".to_owned(),
            Self::Origins => "list of origins".to_owned(),
            Self::List(words) => format!("list of {words}"),
        }
    }
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Dotted name, as in the file: `server.listen`.
    pub key: &'static str,
    /// The form of its value.
    pub kind: Kind,
    /// The default in text form; empty for none.
    pub default: &'static str,
    /// One sentence for people.
    pub doc: &'static str,
    /// Whether the value is masked, and may come from a file of its own.
    pub secret: bool,
}

impl Setting {
    pub(super) const fn new(key: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Self {
        Self {
            key,
            kind,
            default,
            doc,
            secret: false,
        }
    }

    pub(super) const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The environment variable: `KEYWRIGHT_SERVER__LISTEN`.
    pub fn variable(&self) -> String {
        format!("KEYWRIGHT_{}", self.key.replace('.', "__").to_ascii_uppercase())
    }
}

/// One TOML section.
#[derive(Debug)]
pub struct Section {
    /// The name of the table; empty for the top level.
    pub name: &'static str,
    /// Its settings.
    pub settings: &'static [Setting],
}

const TOP: &[Setting] = &[Setting::new(
    "public_url",
    Kind::Url,
    "http://localhost:8080",
    "The issuer: the address under which clients and browsers reach this server, without a trailing slash.",
)];

/// All sections in the order of the documentation.
pub const fn sections() -> &'static [Section] {
    const fn section(name: &'static str, settings: &'static [Setting]) -> Section {
        Section { name, settings }
    }
    const SECTIONS: &[Section] = &[
        section("", TOP),
        section("server", server::SETTINGS),
        section("tls", tls::SETTINGS),
        section("database", database::SETTINGS),
        section("keys", keys::SETTINGS),
        section("tokens", tokens::SETTINGS),
        section("sessions", sessions::SETTINGS),
        section("stores", stores::SETTINGS),
        section("login", login::SETTINGS),
        section("api", api::SETTINGS),
        section("forward_auth", forward_auth::SETTINGS),
        section("api_keys", api_keys::SETTINGS),
        section("passwords", passwords::SETTINGS),
        section("accounts", accounts::SETTINGS),
        section("mail", mail::SETTINGS),
        section("log", log::SETTINGS),
    ];
    SECTIONS
}

/// All settings in the order of the documentation.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    sections().iter().flat_map(|section| section.settings)
}

pub(super) fn find(key: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.key == key)
}

/// The candidate most like `text`, if any is near enough to be what was meant.
pub(super) fn nearest(text: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(text, &candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}
