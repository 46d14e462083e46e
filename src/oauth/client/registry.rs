//! Loaded clients, remembered for less than a second: a token for a service then costs no database round trip,
//! and a change of a client is seen on every node within a second.

use super::{Client, registration};
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::Fault;
use crate::storage::{Db, clients};
use crate::time::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// A remembered client is used for less than this.
const FRESH: Duration = Duration::from_millis(900);
/// Bounds the memory that requests with made-up identifiers can take.
const MAX_ENTRIES: usize = 10_000;

/// The client registry of this process.
#[derive(Default)]
pub struct Registry {
    /// Unknown identifiers are remembered too, so that a guess costs as little as a hit. No lock is held over I/O.
    entries: RwLock<HashMap<String, Entry>>,
}

#[derive(Clone)]
struct Entry {
    client: Option<Arc<Client>>,
    loaded: Instant,
}

impl Registry {
    /// The client with this identifier, disabled or not.
    ///
    /// # Errors
    /// The database fails, or a stored document cannot be read.
    pub async fn find(&self, db: &Db, id: &str, now: Timestamp) -> Result<Option<Arc<Client>>, Fault> {
        // Longer than any registered identifier, or a byte that none has: neither asked for nor remembered.
        if id.len() > registration::MAX_CLIENT_ID || id.contains(|c: char| !c.is_ascii_graphic()) {
            return Ok(None);
        }
        if let Some(entry) = self.remembered(id) {
            return Ok(entry.client);
        }
        // Taken before the read: what comes back may already be old when the database is slow.
        let loaded = Instant::now();
        let client = load(db, id, now).await?.map(Arc::new);
        let entry = Entry {
            client: client.clone(),
            loaded,
        };
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        entries.insert(id.to_owned(), entry);
        Ok(client)
    }

    /// Forgets what was remembered of a client that this process has just changed.
    pub fn forget(&self, id: &str) {
        self.entries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }

    fn remembered(&self, id: &str) -> Option<Entry> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries
            .get(id)
            .filter(|entry| entry.loaded.elapsed() < FRESH)
            .cloned()
    }
}

async fn load(db: &Db, id: &str, now: Timestamp) -> Result<Option<Client>, Fault> {
    let Some(row) = clients::find(db.read(), id).await? else {
        return Ok(None);
    };
    let secrets = clients::live_secrets(db.read(), id, now).await?;
    let metadata: super::Metadata = serde_json::from_str(&row.metadata).map_err(Fault::internal)?;
    let scope = Scope::parse(&metadata.scope).map_err(|_| Fault::internal("stored scope of a client"))?;
    Ok(Some(Client {
        id: row.id,
        scope,
        metadata,
        disabled: row.disabled_at.is_some(),
        created_at: Timestamp(row.created_at),
        secrets: secrets
            .into_iter()
            .map(|secret| (secret.id, secret.digest))
            .collect(),
    }))
}
