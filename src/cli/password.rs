//! Where a password comes from: standard input, a file, or made here. Never the command line, which others can see.

use super::error::{CliError, Result};
use super::output::to_stderr;
use super::words;
use crate::entropy::Entropy;
use crate::secret::Secret;
use clap::Args;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;

/// The ways to give a password.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Source {
    /// Read the password from standard input (one line)
    #[arg(long)]
    password_stdin: bool,
    /// Read the password from a file (one line)
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Make a password and print it once
    #[arg(long)]
    generate_password: bool,
}

/// A password to set, and whether it was made here and has to be shown.
pub(super) struct Chosen {
    /// The password.
    pub password: Secret,
    /// Whether nobody knows it yet.
    pub generated: bool,
}

impl Source {
    /// Reads or makes the password.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn choose(&self, entropy: &dyn Entropy) -> Result<Chosen> {
        let text = match &self.password_file {
            Some(path) => {
                let read = std::fs::read_to_string(path);
                Secret::new(read.map_err(|error| {
                    let message = format!("cannot read {}: {error}", path.display());
                    CliError::failure(message, "check --password-file")
                })?)
            }
            None if self.password_stdin => from_stdin()?,
            None => {
                return Ok(Chosen {
                    password: Secret::new(words::passphrase(entropy, 8)),
                    generated: true,
                });
            }
        };
        let password = Secret::new(text.expose().trim_end_matches(['\r', '\n']).to_owned());
        Ok(Chosen {
            password,
            generated: false,
        })
    }
}

fn from_stdin() -> Result<Secret> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        to_stderr("Type the password (it will be visible), then Enter and Ctrl-D:");
    }
    let mut text = String::new();
    // More than any password has, so that a wrong file is refused by its length and not read into memory.
    let read = stdin.lock().take(8_192).read_to_string(&mut text);
    read.map_err(|error| {
        CliError::failure(
            format!("cannot read standard input: {error}"),
            "use --password-file",
        )
    })?;
    Ok(Secret::new(text))
}
