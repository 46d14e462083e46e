//! How keys come and go. A new key is published before it signs, an old one stays until all it signed has expired.

use super::{KeyringError, context};
use crate::entropy::Entropy;
use crate::jose::generate::generate;
use crate::jose::{Alg, Pkcs8Der, SigningKey};
use crate::storage::signing_keys::{self, KeyRow};
use crate::storage::{Db, Sql, Tx};
use crate::time::{Seconds, Timestamp};
use crate::vault::Vault;

/// The algorithms that a new installation has keys for.
const FIRST: [Alg; 2] = [Alg::RS256, Alg::ES256];

/// Makes the first keys. Nodes that start together on an empty database end with one key of each algorithm.
///
/// # Errors
/// The database fails, or a key cannot be made.
pub async fn ensure(
    db: &Db,
    vault: &Vault,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<(), KeyringError> {
    let rows = signing_keys::list(db.read()).await?;
    for alg in FIRST {
        if !rows.iter().any(|row| row.alg == alg.name()) {
            let key = generate(alg, entropy).map_err(|_| KeyringError::Generate)?;
            let row = sealed(alg, &key, "active", now, now, vault, entropy)?;
            signing_keys::insert(db.write(), &row).await?;
        }
    }
    Ok(())
}

/// Announces a new key of `alg`: published at once, signing after `activate_in`. Gives its `kid`.
///
/// # Errors
/// One is announced already; the database fails; the key cannot be made.
pub async fn announce(
    db: &Db,
    vault: &Vault,
    entropy: &dyn Entropy,
    alg: Alg,
    now: Timestamp,
    activate_in: Seconds,
) -> Result<String, KeyringError> {
    let key = generate(alg, entropy).map_err(|_| KeyringError::Generate)?;
    import(db.write(), vault, entropy, alg, &key, now, activate_in).await
}

/// Announces a key of the operator's. Gives its `kid`.
///
/// # Errors
/// As [`announce`].
pub async fn import(
    at: Sql<'_>,
    vault: &Vault,
    entropy: &dyn Entropy,
    alg: Alg,
    key: &Pkcs8Der,
    now: Timestamp,
    activate_in: Seconds,
) -> Result<String, KeyringError> {
    let row = sealed(alg, key, "announced", now, now + activate_in, vault, entropy)?;
    if !signing_keys::insert(at, &row).await? {
        return Err(KeyringError::Announced(row.alg));
    }
    Ok(row.kid)
}

/// Activates announced keys whose time has come and removes keys that nothing valid was signed with.
/// `true` if something changed. Safe on any number of nodes at once.
///
/// # Errors
/// The database fails.
pub async fn tick(db: &Db, now: Timestamp, keep_retired: Seconds) -> Result<bool, KeyringError> {
    let rows = signing_keys::list(db.read()).await?;
    let mut changed = false;
    for row in rows
        .iter()
        .filter(|row| row.state == "announced" && row.activates_at <= now.0)
    {
        let mut tx: Tx = db.begin().await?;
        if signing_keys::promote(&mut tx, &row.alg, &row.kid, now).await? {
            tx.commit().await?;
            let (kid, alg) = (row.kid.as_str(), row.alg.as_str());
            tracing::info!(target: "audit", event = "signing_key_activated", kid, alg, "signing key took over");
            changed = true;
        }
    }
    let gone = now - keep_retired;
    if rows
        .iter()
        .any(|row| row.retired_at.is_some_and(|retired| retired < gone.0))
    {
        changed |= signing_keys::delete_retired(db.write(), gone).await? > 0;
    }
    Ok(changed)
}

fn sealed(
    alg: Alg,
    key: &Pkcs8Der,
    state: &str,
    now: Timestamp,
    activates_at: Timestamp,
    vault: &Vault,
    entropy: &dyn Entropy,
) -> Result<KeyRow, KeyringError> {
    let kid = SigningKey::load(alg, key)
        .map_err(|_| KeyringError::Generate)?
        .kid()
        .to_owned();
    let sealed = vault
        .seal(entropy, context(&kid).as_bytes(), key.expose())
        .ok_or(KeyringError::Generate)?;
    Ok(KeyRow {
        kid,
        alg: alg.name().to_owned(),
        state: state.to_owned(),
        private_key: sealed,
        created_at: now.0,
        activates_at: activates_at.0,
        retired_at: None,
    })
}
