//! What is read from files that others replace while the server runs, such as a renewed certificate. Files that cannot
//! be used change nothing: what was read before stays.

use aws_lc_rs::digest::{Context, SHA256};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use zeroize::Zeroizing;

type Parse<T> = Box<dyn Fn(&[&[u8]]) -> Result<T, String> + Send + Sync>;

/// Something read from files, and the files.
pub struct Watched<T> {
    files: Vec<PathBuf>,
    parse: Parse<T>,
    current: RwLock<Arc<T>>,
    /// The hash of what was read last, good or not.
    seen: Mutex<Vec<u8>>,
}

/// What became of a look at the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// They are as they were.
    None,
    /// They have changed, and what they hold is in use.
    Loaded,
    /// They have changed and cannot be used, and why. Said once.
    Refused(String),
}

impl<T> Watched<T> {
    /// Reads the files.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn read(
        files: Vec<PathBuf>,
        parse: impl Fn(&[&[u8]]) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let (texts, hash) = contents(&files)?;
        let parse: Parse<T> = Box::new(parse);
        let current = parsed(&files, &parse, &texts)?;
        Ok(Self {
            files,
            parse,
            current: RwLock::new(Arc::new(current)),
            seen: Mutex::new(hash),
        })
    }

    /// What is in use.
    pub fn current(&self) -> Arc<T> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the files again. Reads from disk: not for a thread that answers requests.
    pub fn look(&self) -> Change {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (texts, hash) = match contents(&self.files) {
            Ok(read) => read,
            // No content has this hash, so the message is said once and whatever comes next is looked at.
            Err(message) if *seen == message.as_bytes() => return Change::None,
            Err(message) => {
                *seen = message.clone().into_bytes();
                return Change::Refused(message);
            }
        };
        if *seen == hash {
            return Change::None;
        }
        *seen = hash;
        match parsed(&self.files, &self.parse, &texts) {
            Ok(new) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
                Change::Loaded
            }
            Err(message) => Change::Refused(message),
        }
    }
}

type Texts = Vec<Zeroizing<Vec<u8>>>;

fn contents(files: &[PathBuf]) -> Result<(Texts, Vec<u8>), String> {
    let mut texts = Vec::new();
    let mut hash = Context::new(&SHA256);
    for file in files {
        let text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        hash.update(&text.len().to_be_bytes());
        hash.update(&text);
        texts.push(Zeroizing::new(text));
    }
    Ok((texts, hash.finish().as_ref().to_vec()))
}

fn parsed<T>(files: &[PathBuf], parse: &Parse<T>, texts: &Texts) -> Result<T, String> {
    let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_slice()).collect();
    let names = || {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        names.join(", ")
    };
    parse(&texts).map_err(|message| format!("{}: {message}", names()))
}
