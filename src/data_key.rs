//! The data-encryption key: 32 bytes outside the database, from the configuration or from `keys/data.key`.

use crate::config::Keys;
use crate::entropy::Entropy;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{ErrorKind, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// Loads the key; makes it on first start.
///
/// # Errors
/// What is wrong and what to do, for the operator.
pub fn load(keys: &Keys, entropy: &dyn Entropy) -> Result<Zeroizing<[u8; 32]>, String> {
    if let Some(configured) = &keys.data_key {
        return decode(configured.expose())
            .ok_or_else(|| "keys.data_key must be base64 of 32 bytes".to_owned());
    }
    let path = keys.directory.join("data.key");
    create_private_dir(&keys.directory).map_err(|error| format!("{}: {error}", keys.directory.display()))?;
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            refuse_readable(&path)?;
            decode(text.trim()).ok_or_else(|| format!("{} must hold base64 of 32 bytes", path.display()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => create(&path, entropy),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

fn decode(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

/// Written whole under another name first, so that a crash leaves no half key.
fn create(path: &Path, entropy: &dyn Entropy) -> Result<Zeroizing<[u8; 32]>, String> {
    let fail = |error: std::io::Error| format!("{}: {error}", path.display());
    let key = Zeroizing::new(entropy.bytes::<32>());
    let draft = path.with_extension(format!("new-{}", crate::id::random::<6>(entropy)));
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft).map_err(fail)?;
    writeln!(file, "{}", STANDARD.encode(*key))
        .and_then(|()| file.sync_all())
        .map_err(fail)?;
    // A link fails if another process was first; its key is then the one.
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft).map_err(fail)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(path).map_err(fail)?;
            decode(text.trim()).ok_or_else(|| format!("{} must hold base64 of 32 bytes", path.display()))
        }
        Err(error) => Err(fail(error)),
    }
}

/// AC-272: a key that others can read is no secret.
fn refuse_readable(path: &Path) -> Result<(), String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if mode.permissions().mode() & 0o077 != 0 {
            return Err(format!(
                "{} can be read by others: run `chmod 600 {0}`",
                path.display()
            ));
        }
    }
    Ok(())
}

/// Makes a directory that only its owner may enter, if it is missing.
///
/// # Errors
/// It cannot be made.
pub fn create_private_dir(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
