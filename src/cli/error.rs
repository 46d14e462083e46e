//! Errors of the command line. Each ends with what to type next; exit codes: 1 failure, 2 usage, 3 configuration.

use super::output::to_stderr;
use crate::config::ConfigProblems;
use crate::storage::StorageError;
use serde_json::json;
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug)]
pub(super) struct CliError {
    exit: u8,
    message: String,
    next: String,
}

/// The result of a command.
pub(super) type Result<T = ()> = std::result::Result<T, CliError>;

impl CliError {
    /// The command could not do its work. `next` is a command or an action for people.
    pub(super) fn failure(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            exit: 1,
            message: message.into(),
            next: next.into(),
        }
    }

    /// The command line asks for something impossible.
    pub(super) fn usage(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            exit: 2,
            message: message.into(),
            next: next.into(),
        }
    }

    /// The configuration is at fault.
    pub(super) fn config(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            exit: 3,
            message: message.into(),
            next: next.into(),
        }
    }

    /// Writes the error to standard error and gives the exit code.
    pub(super) fn report(&self, json: bool) -> ExitCode {
        if json {
            to_stderr(&json!({ "error": self.message, "next": self.next }).to_string());
        } else {
            to_stderr(&format!("error: {}\n  next: {}", self.message, self.next));
        }
        ExitCode::from(self.exit)
    }
}

impl std::fmt::Display for CliError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ConfigProblems> for CliError {
    fn from(problems: ConfigProblems) -> Self {
        Self::config(
            problems.to_string(),
            "keywright config example    (all settings and their defaults)",
        )
    }
}

impl From<StorageError> for CliError {
    fn from(error: StorageError) -> Self {
        Self::failure(error.to_string(), "keywright doctor")
    }
}
