//! The file in which a person's tokens are kept, one entry per issuer.

use crate::cli::error::{CliError, Result};
use crate::config::Environment;
use serde_json::{Map, Value};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Adds or replaces the entry of `issuer`; gives the path of the file.
pub(super) fn save(environment: &Environment, issuer: &str, entry: &Value) -> Result<PathBuf> {
    let directory = directory(environment).ok_or_else(|| {
        CliError::failure(
            "neither XDG_CONFIG_HOME nor HOME is set",
            "keywright login --json    (prints the tokens)",
        )
    })?;
    let path = directory.join("tokens.json");
    write(&directory, &path, issuer, entry).map_err(|error| {
        CliError::failure(
            format!("cannot write {}: {error}", path.display()),
            "keywright login --json    (prints the tokens)",
        )
    })?;
    Ok(path)
}

fn directory(environment: &Environment) -> Option<PathBuf> {
    let base = match environment.get("XDG_CONFIG_HOME") {
        Some(base) => PathBuf::from(base),
        None => Path::new(environment.get("HOME")?).join(".config"),
    };
    Some(base.join("keywright"))
}

fn write(directory: &Path, path: &Path, issuer: &str, entry: &Value) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut all: Map<String, Value> = match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(_) => Map::new(),
    };
    all.insert(issuer.to_owned(), entry.clone());
    // A new file put in place of the old one: readers never see half of it, and its mode is 0600 from the start.
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = private(&new)?;
    file.write_all(Value::Object(all).to_string().as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
