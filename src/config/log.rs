//! `[log]`: what is logged, and in which form.

use super::reader::Reader;
use super::setting::{Kind, Setting};
use std::io::IsTerminal;
use tracing_subscriber::filter::Targets;

/// Logs, written to standard error.
#[derive(Clone, Debug)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// Levels, as in `info` or `info,keywright=debug`.
    pub filter: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object per line.
    Json,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "log.format",
        Kind::Choice(&["auto", "pretty", "json"]),
        "auto",
        "Form of the log on standard error; `auto`: `pretty` on a terminal, else `json`.",
    ),
    Setting::new(
        "log.filter",
        Kind::Text,
        "info",
        "Levels, such as `info` or `info,keywright=debug`.",
    ),
];

impl Log {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            format: reader.with("log.format", |text| match text {
                "auto" if std::io::stderr().is_terminal() => Ok(LogFormat::Pretty),
                "auto" | "json" => Ok(LogFormat::Json),
                "pretty" => Ok(LogFormat::Pretty),
                _ => Err("expected `auto`, `pretty` or `json`".to_owned()),
            }),
            filter: reader.with("log.filter", |text| match text.parse::<Targets>() {
                Ok(_) => Ok(text.to_owned()),
                Err(error) => Err(error.to_string()),
            }),
        }
    }
}
