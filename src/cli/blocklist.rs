//! `keywright blocklist`: passwords that nobody may choose.

use super::error::{CliError, Result};
use super::output::Output;
use crate::identity::password::Blocklist;
use clap::Subcommand;
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter};
use std::path::PathBuf;

/// Verbs of `keywright blocklist`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make the filter that `passwords.blocklist` names
    Build {
        /// The passwords, one a line
        list: PathBuf,
        /// The filter to write
        file: PathBuf,
    },
}

/// Runs the verb.
///
/// # Errors
/// The list cannot be read, or the filter not written; an earlier one is then still whole.
pub(super) fn run(verb: &Verb, output: Output) -> Result {
    let Verb::Build { list, file } = verb;
    let open = || File::open(list).map(|file| Box::new(BufReader::new(file)) as Box<dyn BufRead>);
    let (filter, count) = Blocklist::build(open).map_err(|error| {
        CliError::failure(
            format!("cannot read {}: {error}", list.display()),
            "check the list",
        )
    })?;
    if count == 0 {
        return Err(CliError::failure(
            format!("{}: there is no password in it", list.display()),
            "one password a line",
        ));
    }
    // Servers read the file when they start: they see the old one or the new one.
    let mut name = file.clone().into_os_string();
    name.push(".new");
    let new = PathBuf::from(name);
    let written = File::create(&new)
        .and_then(|out| filter.write(BufWriter::new(out)))
        .and_then(|()| std::fs::rename(&new, file));
    written.map_err(|error| {
        CliError::failure(
            format!("cannot write {}: {error}", file.display()),
            "check the path",
        )
    })?;
    let path = file.display().to_string();
    output.show(
        &json!({ "file": path, "passwords": count }),
        &format!("{path} refuses {count} passwords.\n  next: passwords.blocklist = {path:?}, and start the server again"),
    );
    Ok(())
}
