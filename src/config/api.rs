//! `[api]`: sign-in by JSON for first-party apps.

use super::Issuer;
use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::time::Seconds;

/// Sign-in by JSON for first-party apps.
#[derive(Clone, Debug)]
pub struct Api {
    /// Whether `/auth/login`, `/auth/refresh`, `/auth/logout` and `/auth/me` are there.
    pub enabled: bool,
    /// Origins other than our own whose scripts may call it with cookies.
    pub origins: Vec<String>,
    /// How long a replaced refresh cookie still gives the same successor.
    pub refresh_grace: Seconds,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "api.enabled",
        Kind::Boolean,
        "true",
        "Whether first-party apps may sign people in by JSON at `/auth/login`.",
    ),
    Setting::new(
        "api.origins",
        Kind::Origins,
        "",
        "Origins of apps that may call it from a browser, besides our own; of the same site, or they get no cookie.",
    ),
    Setting::new(
        "api.refresh_grace",
        Kind::Duration,
        "10s",
        "How long a replaced refresh cookie still gives the same successor (at most 60s).",
    ),
];

impl Api {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            enabled: reader.boolean("api.enabled"),
            origins: reader.with("api.origins", origins),
            refresh_grace: reader.duration("api.refresh_grace", "0s"..="60s"),
        }
    }
}

/// Origins as browsers send them: compared byte for byte.
pub(super) fn origins(text: &str) -> Result<Vec<String>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty())
        .map(origin)
        .collect()
}

fn origin(text: &str) -> Result<String, String> {
    let url = Issuer::parse(text).map_err(|message| format!("{text:?}: {message}"))?;
    if !url.path().is_empty() {
        return Err(format!(
            "{text:?}: an origin has no path: write {:?}",
            url.origin()
        ));
    }
    if !url.is_https() && !url.is_loopback() {
        return Err(format!("{text:?}: must start with https://"));
    }
    Ok(text.to_owned())
}
