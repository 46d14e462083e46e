//! `[keys]`: signing keys and the data-encryption key.

use super::reader::Reader;
use super::setting::{Kind, Setting};
use crate::secret::Secret;
use crate::time::Seconds;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Signing keys and the data-encryption key.
#[derive(Clone)]
pub struct Keys {
    /// Where the data-encryption key is kept.
    pub directory: PathBuf,
    /// The data-encryption key in base64; without it the file `data.key` of the directory holds it.
    pub data_key: Option<Secret>,
    /// How long a new signing key is published before it signs.
    pub announce: Seconds,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "keys.directory",
        Kind::Path,
        "./keys",
        "Where the data-encryption key is kept.",
    ),
    Setting::new(
        "keys.data_key",
        Kind::Text,
        "",
        "The data-encryption key, 32 bytes in base64; without it the file `data.key` of the directory, made at first start.",
    )
    .secret(),
    Setting::new(
        "keys.announce",
        Kind::Duration,
        "1h",
        "How long a new signing key is published before it signs (10m to 30d); longer than clients cache the JWKS.",
    ),
];

impl Keys {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            directory: reader.path("keys.directory"),
            data_key: reader.with("keys.data_key", |text| match text {
                "" => Ok(None),
                text if is_32_bytes(text) => Ok(Some(Secret::new(text.to_owned()))),
                _ => Err("expected 32 bytes in base64; make them with `openssl rand -base64 32`".to_owned()),
            }),
            // Servers and caches may show the JWKS of five minutes ago.
            announce: reader.duration("keys.announce", "10m"..="30d"),
        }
    }

    /// The bytes of a configured data-encryption key.
    pub fn configured_data_key(&self) -> Option<Zeroizing<[u8; 32]>> {
        let bytes = decode(self.data_key.as_ref()?.expose())?;
        <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new)
    }
}

fn is_32_bytes(text: &str) -> bool {
    decode(text).is_some_and(|bytes| bytes.len() == 32)
}

fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let decoded = STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')));
    decoded.ok().map(Zeroizing::new)
}
