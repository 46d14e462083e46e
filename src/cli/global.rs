//! The flags that every command takes, and what commands need to begin: configuration, services, clock.

use super::error::{CliError, Result};
use crate::app::App;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, Environment, Flags};
use crate::entropy::SystemEntropy;
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;

/// Flags of all commands.
#[derive(Clone, Debug, Args)]
pub(super) struct Global {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database, as `database.url` (set passwords by environment)
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// The issuer, as `public_url`
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
}

impl Global {
    /// What the command line says about the configuration.
    pub(super) fn flags(&self) -> Flags {
        let given = [
            ("database.url", "--database-url", &self.database_url),
            ("public_url", "--public-url", &self.public_url),
        ];
        let values = given
            .into_iter()
            .filter_map(|(key, flag, value)| value.clone().map(|value| (key, flag, value)))
            .collect();
        Flags {
            file: self.config.clone(),
            values,
            development: false,
            read_files: false,
        }
    }

    /// The configuration.
    ///
    /// # Errors
    /// It has problems.
    pub(super) fn config(&self) -> Result<Config> {
        Ok(config::load(&self.flags(), &Environment::of_process())?)
    }

    /// The clock of this machine.
    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    /// Runs `command` with the services on the configured database, whether or not a server runs.
    ///
    /// # Errors
    /// The configuration has problems, the database cannot be used, or the command fails.
    pub(super) async fn with_app<T>(&self, command: impl AsyncFnOnce(&App) -> Result<T>) -> Result<T> {
        let app = build(self.config()?).await?;
        let result = command(&app).await;
        app.db.close().await;
        result
    }
}

/// The services for a configuration.
///
/// # Errors
/// The database or the keys cannot be used.
pub(super) async fn build(config: Config) -> Result<App> {
    let database = config.database.url.for_people();
    let app = App::build(config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await;
    app.map_err(|error| CliError::failure(format!("{database}: {error}"), "keywright doctor"))
}
