//! Which module may name which.

use super::none;
use crate::support::source::{Source, rust};

/// What everything stands on.
const BASE: &str = "clock config data_key entropy id opaque secret time vault x509";

/// Each module of `src` and what it may name beside itself and the base.
const MAY_NAME: &[(&str, &str)] = &[
    ("main", "cli"),
    (
        "cli",
        "app cx ephemeral http identity jobs jose keyring oauth pages storage telemetry",
    ),
    ("http", "app cx identity jose oauth pages"),
    ("pages", "app cx http identity mail oauth storage"),
    ("jobs", "app identity mail storage"),
    ("oauth", "app cx ephemeral identity jose keyring storage"),
    ("identity", "app cx ephemeral mail oauth storage"),
    ("cx", "app oauth"),
    ("app", "ephemeral identity keyring mail oauth storage"),
    ("mail", "storage"),
    ("keyring", "jose storage"),
    ("ephemeral", "storage"),
    ("resource", "jose"),
    ("telemetry", ""),
    ("jose", ""),
    ("storage", ""),
    ("lib", ""),
];

/// What the modules of the base may name.
const BASE_MAY_NAME: &[(&str, &str)] = &[
    ("clock", "time"),
    ("config", "secret time x509"),
    ("data_key", "config entropy id"),
    ("entropy", ""),
    ("id", "entropy time"),
    ("opaque", "entropy id secret time vault"),
    ("secret", ""),
    ("time", ""),
    ("vault", "entropy secret"),
    ("x509", "time"),
];

/// A library, as code names it, and the only places that know it.
const KNOWN_IN: &[(&str, &[&str])] = &[
    ("axum::", &["src/http/", "src/pages/", "src/resource/"]),
    ("sqlx::", &["src/storage/"]),
    ("askama::", &["src/pages/", "src/mail/", "src/http/render.rs"]),
    ("lettre::", &["src/mail/", "src/config/mail.rs"]),
    ("oxide_auth::", &["src/oauth/engine/"]),
    ("openidconnect::", &[]),
    ("redis::", &["src/ephemeral/"]),
    ("async_memcached::", &["src/ephemeral/memcached.rs"]),
    (
        "rustls::",
        &["src/http/tls.rs", "src/http/server.rs", "src/x509/"],
    ),
    ("x509_parser::", &["src/x509/"]),
    ("std::env", &["src/config/", "src/cli/"]),
];

/// The layers point one way: the protocol knows no framework, storage knows no protocol.
#[test]
fn a_module_names_only_the_layers_below_it() {
    let mut broken = Vec::new();
    for file in rust("src") {
        let module = module(&file.path);
        let rule = MAY_NAME.iter().map(|&(name, below)| (name, below, BASE));
        let base = BASE_MAY_NAME.iter().map(|&(name, below)| (name, below, ""));
        let Some((_, below, base)) = rule.chain(base).find(|(name, _, _)| *name == module) else {
            broken.push(format!("{}: module `{module}` has no layer", file.path));
            continue;
        };
        for named in named(&file) {
            let allowed = below.split(' ').chain(base.split(' ')).chain([module]);
            if !allowed.into_iter().any(|allowed| allowed == named) {
                broken.push(format!("{}: `{module}` names `{named}`", file.path));
            }
        }
    }
    none("modules that reach above their layer", &broken);
}

#[test]
fn a_library_is_known_only_where_it_belongs() {
    let mut broken = Vec::new();
    for file in rust("src") {
        for (library, places) in KNOWN_IN {
            if file.code().contains(library) && !places.iter().any(|place| file.path.starts_with(place)) {
                broken.push(format!("{} names {library}", file.path));
            }
        }
    }
    none("libraries outside their place", &broken);
}

fn module(path: &str) -> &str {
    let name = path.strip_prefix("src/").unwrap().split('/').next().unwrap();
    name.trim_end_matches(".rs")
}

/// The modules of this crate that a file names.
fn named(file: &Source) -> Vec<String> {
    let code = file.code();
    let mut found = Vec::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(heads(list)),
            None => found.push(word(rest)),
        }
    }
    found.retain(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    found
}

/// The first word of each item of a `use` list.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut heads, mut item) = (1, Vec::new(), String::new());
    for c in list.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match (c, depth) {
            (_, 0) => break,
            (',', 1) => heads.push(word(std::mem::take(&mut item).trim())),
            (_, _) => item.push(c),
        }
    }
    heads.push(word(item.trim()));
    heads
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect()
}
