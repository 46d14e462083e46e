//! The configuration: sources, precedence, refusals.

use keywright::config::{
    self, Config, DatabaseUrl, Environment, Flags, Issuer, Loaded, LogFormat, Origin, StoreUrl, Synchronous,
};
use keywright::time::Seconds;
use std::path::{Path, PathBuf};

struct Setup {
    directory: tempfile::TempDir,
    flags: Flags,
    variables: Vec<(String, String)>,
}

impl Setup {
    fn new(file: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keywright.toml");
        std::fs::write(&path, file).unwrap();
        let flags = Flags {
            file: Some(path),
            ..Flags::default()
        };
        Self {
            directory,
            flags,
            variables: Vec::new(),
        }
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, key: &'static str, flag: &'static str, value: &str) -> Self {
        self.flags.values.push((key, flag, value.to_owned()));
        self
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    fn load(&self) -> Loaded {
        config::load_with_origins(&self.flags, &self.environment()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn problems(&self) -> String {
        match config::load(&self.flags, &self.environment()) {
            Ok(_) => panic!("the configuration is accepted"),
            Err(problems) => problems.to_string(),
        }
    }

    fn environment(&self) -> Environment {
        self.variables.iter().cloned().collect()
    }
}

fn postgres(config: &Config) -> &str {
    match &config.database.url {
        DatabaseUrl::Postgres(url) => url.expose(),
        DatabaseUrl::Sqlite(_) => panic!("not Postgres"),
    }
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = Setup::new("").load().config;
    assert_eq!(config.public_url.as_str(), "http://localhost:8080");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert!(config.server.trusted_proxies.is_empty());
    assert!(
        matches!(&config.database.url, DatabaseUrl::Sqlite(path) if path.as_path() == Path::new("./data/keywright.db"))
    );
    assert_eq!(config.database.synchronous, Synchronous::Full);
    assert_eq!(config.tokens.access_token, Seconds(900));
    assert_eq!(config.passwords.memory_kib, 19_456);
    assert!(config.passwords.workers >= 1);
    assert!(config.keys.data_key.is_none());
    assert!(!config.development);
}

#[test]
fn flag_beats_environment_beats_file_beats_default() {
    let file = "public_url = \"https://file.example\"\n[tokens]\naccess_token = \"5m\"\nid_token = 600\n";
    let loaded = Setup::new(file)
        .variable("KEYWRIGHT_PUBLIC_URL", "https://env.example")
        .variable("KEYWRIGHT_TOKENS__ACCESS_TOKEN", "6m")
        .flag("public_url", "--public-url", "https://flag.example/p")
        .load();
    assert_eq!(loaded.config.public_url.as_str(), "https://flag.example/p");
    assert_eq!(loaded.config.tokens.access_token, Seconds(360));
    assert_eq!(loaded.config.tokens.id_token, Seconds(600));
    assert_eq!(loaded.config.tokens.device_code, Seconds(600));

    let origin = |key: &str| {
        let value = loaded.values.iter().find(|value| value.setting.key == key);
        value.unwrap().origin.clone()
    };
    assert_eq!(origin("public_url"), Origin::Flag("--public-url"));
    assert_eq!(
        origin("tokens.access_token").to_string(),
        "KEYWRIGHT_TOKENS__ACCESS_TOKEN"
    );
    assert!(
        origin("tokens.id_token")
            .to_string()
            .ends_with("keywright.toml:4")
    );
    assert_eq!(origin("tokens.device_code"), Origin::Default);
    assert_eq!(loaded.values.len(), config::settings().count());
}

/// AC-272: also keys that nobody knows.
#[test]
fn all_problems_are_reported_at_once_with_what_was_meant() {
    let file = "public_ulr = \"https://id.example.com\"\nlisten = \"[::]:80\"\n[server]\nlisten = 8080\n\
                [tokns]\nx = 1\n[tokens]\naccess_tokn = \"5m\"\nid_token = \"1w\"\naccess_token = \"2h\"\n\
                [log]\nformat = \"xml\"\n";
    let problems = Setup::new(file)
        .variable("KEYWRIGHT_SERVER__LISTN", "x")
        .variable("KEYWRIGHT_DATABASE_URL", "x")
        .variable("KEYWRIGHT_PORT", "tcp://10.0.0.1:80")
        .problems();
    for expected in [
        "10 problems",
        "keywright.toml:1: `public_ulr` is not a setting; did you mean `public_url`?",
        "keywright.toml:2: `listen` is not a setting; did you mean `server.listen`?",
        "keywright.toml:4: server.listen = \"8080\": expected an address and a port",
        "keywright.toml:5: `[tokns]` is not a section; did you mean `[tokens]`?",
        "keywright.toml:8: `tokens.access_tokn` is not a setting; did you mean `tokens.access_token`?",
        "keywright.toml:9: tokens.id_token = \"1w\": expected a duration",
        "keywright.toml:10: tokens.access_token = \"2h\": must be from 1m to 30m",
        "keywright.toml:12: log.format = \"xml\": expected `auto`, `pretty` or `json`",
        "KEYWRIGHT_SERVER__LISTN: not a setting; did you mean KEYWRIGHT_SERVER__LISTEN?",
        "KEYWRIGHT_DATABASE_URL: not a setting; did you mean KEYWRIGHT_DATABASE__URL?",
    ] {
        assert!(problems.contains(expected), "{expected}\nin\n{problems}");
    }
    assert!(!problems.contains("KEYWRIGHT_PORT"), "{problems}");
}

#[test]
fn a_secret_comes_from_a_file_of_its_own_or_a_systemd_credential() {
    let url = "postgres://kw:s3cret@db/kw";
    let setup = Setup::new("");
    let path = setup.file("url", &format!("{url}\n"));
    let from_variable = setup.variable("KEYWRIGHT_DATABASE__URL_FILE", &path).load();
    assert_eq!(postgres(&from_variable.config), url);

    let setup = Setup::new("");
    setup.file("database.url", url);
    let directory = setup.directory.path().display().to_string();
    let from_credential = setup.variable("CREDENTIALS_DIRECTORY", &directory).load();
    assert_eq!(postgres(&from_credential.config), url);

    let setup = Setup::new("");
    let path = setup.file("url", url);
    setup.file(
        "keywright.toml",
        &format!("[database]\nurl_file = {path:?}\nmax_connections = 7\n"),
    );
    let from_file = setup.load();
    assert_eq!(postgres(&from_file.config), url);
    assert_eq!(from_file.config.database.max_connections, 7);
    assert_eq!(from_file.config.database.url.for_people(), "postgres db:5432/kw");

    let twice = Setup::new("")
        .variable("KEYWRIGHT_DATABASE__URL", url)
        .variable("KEYWRIGHT_DATABASE__URL_FILE", "/nowhere")
        .problems();
    assert!(twice.contains("set one of the two"), "{twice}");
    let missing = Setup::new("[database]\nurl_file = \"/nowhere/url\"\n").problems();
    assert!(
        missing.contains("/nowhere/url: cannot read database.url"),
        "{missing}"
    );
    let not_secret = Setup::new("[server]\nlisten_file = \"/nowhere\"\n").problems();
    assert!(
        not_secret.contains("did you mean `server.listen`"),
        "{not_secret}"
    );
}

#[test]
fn no_problem_quotes_a_secret() {
    for file in [
        "[database]\nurl = \"mysql://u:canary@h/d\"\n",
        "[database]\nurl = \"postgres://u:canary@h:port/d\"\n",
        "[database]\nurl = \"postgres://u:canary\n",
        "[keys]\ndata_key = \"canary\"\n",
    ] {
        let problems = Setup::new(file).problems();
        assert!(!problems.contains("canary"), "{problems}");
    }
}

#[test]
fn a_named_file_must_exist() {
    let mut setup = Setup::new("");
    setup.flags.file = Some(PathBuf::from("/nowhere/keywright.toml"));
    assert!(
        setup
            .problems()
            .contains("cannot read the configuration file /nowhere/keywright.toml")
    );
}

#[test]
fn the_issuer_is_taken_in_its_normal_form_only() {
    for (text, expected) in [
        ("https://id.example.com/", "write \"https://id.example.com\""),
        ("https://id.example.com/p/", "write \"https://id.example.com/p\""),
        ("https://ID.example.com:443", "write \"https://id.example.com\""),
        ("https://id.example.com?x=1", "query or fragment"),
        ("https://id.example.com#x", "query or fragment"),
        ("https://user@id.example.com", "user name"),
        ("ftp://id.example.com", "https://"),
        ("id.example.com", "expected a URL"),
        ("", "expected a URL"),
    ] {
        let error = Issuer::parse(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let issuer = Issuer::parse("https://id.example.com:8443/a/b").unwrap();
    assert_eq!(issuer.origin(), "https://id.example.com:8443");
    assert_eq!(issuer.path(), "/a/b");
    assert_eq!(issuer.url("/token"), "https://id.example.com:8443/a/b/token");
    assert!(issuer.is_https() && !issuer.is_loopback());
    for loopback in [
        "http://localhost:8080",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "http://app.localhost",
    ] {
        let issuer = Issuer::parse(loopback).unwrap();
        assert!(issuer.is_loopback() && issuer.path().is_empty(), "{loopback}");
        assert_eq!(issuer.origin(), loopback);
    }
}

/// AC-272
#[test]
fn plain_http_is_for_loopback_unless_accepted() {
    let remote = Setup::new("public_url = \"http://id.example.com\"\n").problems();
    assert!(remote.contains("in the clear"), "{remote}");
    let open = Setup::new("server.listen = \"0.0.0.0:8080\"\n").problems();
    assert!(open.contains("open to the network"), "{open}");
    Setup::new("server.listen = \"0.0.0.0:8080\"\npublic_url = \"https://id.example.com\"\n").load();
    Setup::new("server.listen = \"0.0.0.0:8080\"\nserver.insecure_http = true\n").load();
}

#[test]
fn settings_that_contradict_are_refused() {
    for (file, expected) in [
        (
            "[sessions]\nidle = \"8d\"\n",
            "sessions.idle (8d) must not be longer than sessions.absolute (7d)",
        ),
        (
            "[tokens]\nrefresh_token_idle = \"31d\"\n",
            "tokens.refresh_token_absolute",
        ),
        (
            "[tokens]\nrefresh_token_idle = \"5m\"\n",
            "tokens.access_token (15m)",
        ),
        ("[passwords]\nmemory_kib = 1024\n", "hash too cheaply"),
        ("[passwords]\niterations = 1\n", "hash too cheaply"),
    ] {
        let problems = Setup::new(file).problems();
        assert!(problems.contains(expected), "{expected}\nin\n{problems}");
    }
    let mut development = Setup::new("[passwords]\nmemory_kib = 1024\n");
    development.flags.development = true;
    assert!(development.load().config.development);
}

#[test]
fn the_example_lists_every_setting_and_is_accepted_with_or_without_its_comments() {
    let example = config::example();
    Setup::new(&example).load();
    let active: String = example
        .lines()
        .filter(|line| !line.starts_with("# "))
        .map(|line| format!("{}\n", line.trim_start_matches('#')))
        .collect();
    let loaded = Setup::new(&active).load();
    for value in &loaded.values {
        assert!(
            matches!(value.origin, Origin::File { .. }),
            "{} is missing in\n{active}",
            value.setting.key
        );
        assert_eq!(
            value.text.expose(),
            value.setting.default,
            "{}",
            value.setting.key
        );
        assert!(config::readme_table().contains(&format!("| `{}` |", value.setting.key)));
    }
}

#[test]
fn the_log_format_can_be_set() {
    let config = Setup::new("")
        .variable("KEYWRIGHT_LOG__FORMAT", "pretty")
        .load()
        .config;
    assert_eq!(config.log.format, LogFormat::Pretty);
    let problems = Setup::new("[log]\nfilter = \"a=b=c\"\n").problems();
    assert!(problems.contains("log.filter"), "{problems}");
}

#[test]
fn the_address_of_a_session_store_is_read_strictly_and_never_quoted() {
    for good in [
        "database:",
        "memory:",
        "redis://cache.example.com",
        "rediss://user:s3cret-word@cache.example.com:6380/2",
        "redis://[::1]:6379/",
        "memcached://cache.example.com",
        "memcached://127.0.0.1:11212/",
    ] {
        let url = StoreUrl::parse(good).unwrap_or_else(|error| panic!("{good}: {error}"));
        assert!(!url.for_people().contains("s3cret-word"));
    }
    let bad = [
        ("", "expected `database:`"),
        ("redis", "expected `database:`"),
        ("Redis://host", "expected `database:`"),
        ("http://s3cret-word@host", "expected `database:`"),
        ("redis://", "names no host"),
        ("redis://s3cret-word@host:port", "not a valid URL"),
        ("redis://:s3cret-word@host/zero", "number of a database"),
        ("redis://:s3cret-word@host/0?protocol=resp3", "options"),
        ("redis://host:0", "no port"),
        ("memcached://", "names no host"),
        ("memcached://user:s3cret-word@host", "without user and password"),
        ("memcached://host/0", "nothing may follow"),
        ("memcached://[::1]", "IPv4"),
        ("memory://", "expected `database:`"),
    ];
    for (text, expected) in bad {
        for key in ["url", "previous_url"] {
            let file = format!("[stores]\n{key} = {text:?}\n");
            if text.is_empty() && key == "previous_url" {
                continue;
            }
            let problems = Setup::new(&file).problems();
            assert!(problems.contains(expected), "{text}: {problems}");
            assert!(problems.contains(&format!("stores.{key}")), "{problems}");
            assert!(!problems.contains("s3cret-word"), "{problems}");
        }
    }
}
