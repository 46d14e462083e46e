//! Where a password comes from: standard input, a file, or made here. Never the command line, which others can see.

use super::error::{CliError, Result};
use super::words;
use crate::app::App;
use crate::identity::email::CanonicalEmail;
use crate::identity::password::check_new;
use crate::secret::Secret;
use clap::Args;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;

/// The ways to give a password.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Source {
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
pub struct Chosen {
    /// What is stored, once hashed.
    pub hash: String,
    /// The password, if nobody knows it yet.
    pub generated: Option<Secret>,
}

impl Source {
    /// Reads or makes the password, checks it against the rules and hashes it.
    ///
    /// # Errors
    /// It cannot be read, or the rules refuse it.
    pub async fn choose(&self, app: &App, email: &CanonicalEmail) -> Result<Chosen> {
        let (password, generated) = match &self.password_file {
            Some(path) => {
                let read = std::fs::read_to_string(path);
                let text = read.map_err(|error| {
                    CliError::failure(format!("cannot read {}: {error}", path.display()), "check --password-file")
                })?;
                (Secret::new(text), false)
            }
            None if self.password_stdin => (from_stdin()?, false),
            None => (Secret::new(words::passphrase(&*app.entropy, 6)), true),
        };
        let password = Secret::new(password.expose().trim_end_matches(['\r', '\n']).to_owned());
        let min_length = usize::try_from(app.config.passwords.min_length).unwrap_or(usize::MAX);
        check_new(password.expose(), email, min_length).map_err(|problem| {
            CliError::failure(
                format!("the password is not taken: {problem}"),
                "choose another one, or --generate-password",
            )
        })?;
        let hash = hash(app, password.clone()).await?;
        Ok(Chosen { hash, generated: generated.then_some(password) })
    }
}

/// The hash to store.
///
/// # Errors
/// The workers are gone.
pub async fn hash(app: &App, password: Secret) -> Result<String> {
    let hashed = app.passwords.hash(password, &*app.entropy).await;
    hashed.map_err(|busy| CliError::failure(busy.to_string(), "try again"))
}

fn from_stdin() -> Result<Secret> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        super::output::to_stderr("Type the password, which will be visible, then Enter and Ctrl-D:");
    }
    let mut text = String::new();
    // More than any password has, so that a wrong file is refused by its length and not read into memory.
    let read = stdin.lock().take(8_192).read_to_string(&mut text);
    read.map_err(|error| CliError::failure(format!("cannot read standard input: {error}"), "use --password-file"))?;
    Ok(Secret::new(text))
}
