//! Signing keys: announced → active → retiring → gone. The database holds the states, so that all nodes agree;
//! private keys are stored encrypted and parsed once per process.

mod rotate;

use crate::jose::{Alg, Claims, Jwks, Pkcs8Der, SigningKey, VerifyKey, verify};
use crate::storage::signing_keys::{self, KeyRow};
use crate::storage::{Db, StorageError};
use crate::vault::Vault;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

pub use rotate::{announce, ensure, import, tick};

/// The keys of this process, replaced as a whole when the database changes.
pub struct Keyring {
    set: RwLock<Arc<KeySet>>,
}

/// A loaded set of keys.
#[derive(Default)]
pub struct KeySet {
    active: HashMap<&'static str, SigningKey>,
    verifying: HashMap<String, VerifyKey>,
    jwks: Jwks,
    /// Identifier and state of each row, to see whether something changed.
    states: Vec<(String, String)>,
}

/// The keys cannot be loaded or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The database fails.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A stored key cannot be decrypted: another data-encryption key, or a changed row.
    #[error(
        "signing key {0} cannot be decrypted: is keys/data.key the one that this database was made with?"
    )]
    Sealed(String),
    /// A stored key cannot be parsed.
    #[error("signing key {0} is damaged")]
    Damaged(String),
    /// A key could not be made or sealed.
    #[error("a signing key could not be made")]
    Generate,
    /// There is no active key for an algorithm.
    #[error("no active signing key for {0}")]
    Missing(String),
    /// The algorithm has an announced key already.
    #[error("a new {0} key is announced already and will take over by itself")]
    Announced(String),
}

impl Keyring {
    /// Loads all keys.
    ///
    /// # Errors
    /// The database fails, or a key cannot be decrypted or parsed.
    pub async fn load(db: &Db, vault: &Vault) -> Result<Self, KeyringError> {
        let rows = signing_keys::list(db.read()).await?;
        Ok(Self {
            set: RwLock::new(Arc::new(parse(&rows, vault)?)),
        })
    }

    /// Loads all keys again, if a key or a state has changed.
    ///
    /// # Errors
    /// As [`Keyring::load`]; the loaded set stays.
    pub async fn reload(&self, db: &Db, vault: &Vault) -> Result<(), KeyringError> {
        let rows = signing_keys::list(db.read()).await?;
        if self.set().states == states(&rows) {
            return Ok(());
        }
        let set = Arc::new(parse(&rows, vault)?);
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = set;
        Ok(())
    }

    /// The loaded set.
    pub fn set(&self) -> Arc<KeySet> {
        Arc::clone(&self.set.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeySet {
    /// Signs with the active key of `alg`.
    ///
    /// # Errors
    /// There is none, or the library fails.
    pub fn sign(&self, alg: &str, typ: &str, claims: &impl serde::Serialize) -> Result<String, KeyringError> {
        let key = self
            .active
            .get(alg)
            .ok_or_else(|| KeyringError::Missing(alg.to_owned()))?;
        key.sign(typ, claims)
            .map_err(|_| KeyringError::Damaged(key.kid().to_owned()))
    }

    /// The claims of a token that one of these keys signed. Times and audience are for the caller.
    pub fn verify(&self, token: &str, types: &[&str]) -> Option<Claims> {
        verify(token, |kid: &str| self.verifying.get(kid), types).ok()
    }

    /// The algorithms with an active key, RS256 first: what discovery may promise.
    pub fn algs(&self) -> Vec<String> {
        let known = [Alg::RS256, Alg::ES256, Alg::PS256, Alg::EdDSA].map(Alg::name);
        known
            .into_iter()
            .filter(|alg| self.active.contains_key(alg))
            .map(str::to_owned)
            .collect()
    }

    /// The public halves of all keys that sign, will sign or have signed.
    pub fn jwks(&self) -> &Jwks {
        &self.jwks
    }
}

fn parse(rows: &[KeyRow], vault: &Vault) -> Result<KeySet, KeyringError> {
    let mut set = KeySet {
        states: states(rows),
        ..KeySet::default()
    };
    for row in rows {
        let damaged = || KeyringError::Damaged(row.kid.clone());
        let alg: Alg = row.alg.parse().map_err(|_| damaged())?;
        let key = SigningKey::load(alg, &open(row, vault)?).map_err(|_| damaged())?;
        set.jwks.keys.push(key.public().clone());
        set.verifying.insert(
            row.kid.clone(),
            VerifyKey::new(key.public()).map_err(|_| damaged())?,
        );
        if row.state == "active" {
            set.active.insert(alg.name(), key);
        }
    }
    Ok(set)
}

fn states(rows: &[KeyRow]) -> Vec<(String, String)> {
    rows.iter()
        .map(|row| (row.kid.clone(), row.state.clone()))
        .collect()
}

fn open(row: &KeyRow, vault: &Vault) -> Result<Pkcs8Der, KeyringError> {
    let plaintext = vault.open(context(&row.kid).as_bytes(), &row.private_key);
    plaintext
        .map(Pkcs8Der::new)
        .ok_or_else(|| KeyringError::Sealed(row.kid.clone()))
}

/// What a sealed key is bound to: a row copied under another `kid` does not open.
fn context(kid: &str) -> String {
    format!("signing-key/{kid}")
}
