//! Logs: pretty or JSON lines on standard error. What is logged is said where it happens; secrets have no
//! `Debug` and no `Display`, so they cannot get here.

use crate::config::{Log, LogFormat};
use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// Starts logging to standard error for the whole process; does nothing when that has happened before.
pub fn init(log: &Log) {
    let _ = subscriber(log, std::io::stderr, std::io::stderr().is_terminal()).try_init();
}

/// A subscriber that writes to `writer` as `log` says, with terminal colors where `ansi` is set.
pub fn subscriber<W>(log: &Log, writer: W, ansi: bool) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = log.filter.parse::<Targets>();
    let filter = filter.unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_writer(writer)
            .boxed(),
        LogFormat::Pretty => fmt::layer().compact().with_ansi(ansi).with_writer(writer).boxed(),
    };
    Registry::default().with(lines.with_filter(filter))
}
