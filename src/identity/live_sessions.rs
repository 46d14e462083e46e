//! Copies of live sessions in a store, so that a page request costs no SQL. The rows stay the truth: a copy counts only
//! under its user's current generation, which every sign-in, sign-out and change of the user replaces, and which is
//! replaced once a minute, too, or when the store has lost it. In memory it lasts while changes by others are followed.
//! Tests: tests/it/stores.rs.

use crate::clock::Clock;
use crate::config::Config;
use crate::cx::Cx;
use crate::entropy::Entropy;
use crate::ephemeral::{Durability, Kind, Store, StoreError};
use crate::id;
use crate::oauth::error::Fault;
use crate::opaque::Opaque;
use crate::storage::sessions::{self, LiveSession};
use crate::storage::{self, Db, ephemeral};
use crate::time::{Seconds, Timestamp};
use crate::vault::Vault;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Beyond this a copy is not believed without a look at its row, whatever the store says; in the memory of this process,
/// beyond this without news of what other processes have changed.
const BELIEVED: Seconds = Seconds(60);
/// How long the memory of this process knows the generation of a user.
const REMEMBERED: Seconds = Seconds(86_400);
/// `last_seen_at` is written at most so often in the idle time of a session, which may so end early by that part.
const TOUCHES: i64 = 60;
/// It is written at least this often, as people see it in the list of their devices.
const TOUCH: Seconds = Seconds(300);
const SESSION: Kind = Kind("session");
const GENERATION: Kind = Kind("generation");
/// The SQL counter by which processes with memory stores learn of each other's changes.
const CHANGES: &str = "sessions changed";

/// The live sessions of a server.
pub struct LiveSessions {
    /// None: the database itself.
    store: Option<Store>,
    previous: Option<Store>,
    /// The counter of changes as this process knows it.
    seen: AtomicI64,
    /// Part of every generation: how often another process has changed something.
    turn: AtomicI64,
    /// When that was last looked up.
    followed: AtomicI64,
}

/// A copy of a live session.
#[derive(Serialize, Deserialize)]
struct Copy {
    session: LiveSession,
    generation: String,
}

/// What names the current generation of a user's copies.
#[derive(Serialize, Deserialize)]
struct Generation {
    name: String,
    since: Timestamp,
}

impl LiveSessions {
    /// The stores of a configuration; they are reached at the first use.
    ///
    /// # Errors
    /// A URL names no usable address.
    pub fn open(
        config: &Config,
        db: &Db,
        vault: &Vault,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let open = |url| Store::open(url, db, vault, Arc::clone(clock), Arc::clone(entropy));
        let remote = |url: &&crate::config::StoreUrl| !matches!(url, crate::config::StoreUrl::Database);
        Ok(Self {
            store: Some(&config.stores.url).filter(remote).map(open).transpose()?,
            previous: config
                .stores
                .previous_url
                .as_ref()
                .filter(remote)
                .map(open)
                .transpose()?,
            seen: AtomicI64::new(-1),
            turn: AtomicI64::new(0),
            followed: AtomicI64::new(0),
        })
    }

    /// The session of a cookie, if it is live.
    ///
    /// # Errors
    /// The store or the database fails: then it is neither live nor not.
    pub(super) async fn find(&self, cx: &Cx, cookie: &Opaque) -> Result<Option<LiveSession>, Fault> {
        let Some(store) = &self.store else {
            let session = self.row(cx, cookie.id()).await?;
            let session = session.filter(|session| cookie.matches(&session.digest, &cx.app.vault));
            if let Some(session) = session.as_ref().filter(|session| is_due(session, cx)) {
                sessions::touch(cx.app.db.write(), &session.id, cx.now).await?;
            }
            return Ok(session);
        };
        let Some(mut copy) = self.copy(cx, store, cookie.id()).await? else {
            return Ok(None);
        };
        if !cookie.matches(&copy.session.digest, &cx.app.vault) {
            return Ok(None);
        }
        if is_due(&copy.session, cx) {
            sessions::touch(cx.app.db.write(), &copy.session.id, cx.now).await?;
            copy.session.last_seen_at = cx.now.0;
            self.keep(cx, store, &copy).await;
        }
        Ok(Some(copy.session))
    }

    /// The copy of a live session under the current generation; made from its row if the store has none.
    async fn copy(&self, cx: &Cx, store: &Store, id: &str) -> Result<Option<Copy>, Fault> {
        let user_id = match read::<Copy>(store.get(SESSION, id).await?) {
            Some(copy) => {
                let generation = self.generation(cx, store, &copy.session.user_id).await?;
                if generation == copy.generation && is_live(&copy.session, cx) {
                    return Ok(Some(copy));
                }
                copy.session.user_id
            }
            None => match self.row(cx, id).await? {
                Some(session) => session.user_id,
                None => return Ok(None),
            },
        };
        // The generation is read before the row: a copy of a row that changes meanwhile is born out of date.
        let generation = self.generation(cx, store, &user_id).await?;
        let Some(session) = self.row(cx, id).await? else {
            return Ok(None);
        };
        let copy = Copy { session, generation };
        self.keep(cx, store, &copy).await;
        Ok(Some(copy))
    }

    /// The current generation; a new one if there is none, or if the one that there is is not to be believed any more.
    async fn generation(&self, cx: &Cx, store: &Store, user_id: &str) -> Result<String, Fault> {
        let turn = self.turn.load(Ordering::SeqCst);
        let current = read::<Generation>(store.get(GENERATION, user_id).await?);
        let followed = Timestamp(self.followed.load(Ordering::SeqCst));
        let is_followed = store.durability() == Durability::PerProcess && cx.now.since(followed) < BELIEVED;
        let is_believed = |current: &Generation| is_followed || cx.now.since(current.since) < BELIEVED;
        let name = match current.filter(is_believed) {
            Some(current) => current.name,
            None => replace(store, &*cx.app.entropy, cx.now, user_id).await?,
        };
        Ok(format!("{name}.{turn}"))
    }

    /// Without room for it the session is read from its row the next time.
    async fn keep(&self, cx: &Cx, store: &Store, copy: &Copy) {
        let lifetime = Timestamp(copy.session.expires_at).since(cx.now);
        let kept = match serde_json::to_vec(copy) {
            Ok(bytes) => store.put(SESSION, &copy.session.id, &bytes, lifetime).await,
            Err(_) => return,
        };
        if let Err(error) = kept {
            tracing::warn!(%error, "a live session was not kept in the store");
        }
    }

    /// The session as its row says. The previous store may know that it was used later than the row says.
    async fn row(&self, cx: &Cx, id: &str) -> Result<Option<LiveSession>, Fault> {
        let idle = cx.app.config.sessions.idle;
        let found = sessions::find_live(cx.app.db.read(), id, idle, cx.now).await?;
        let (None, Some(previous)) = (&found, &self.previous) else {
            return Ok(found);
        };
        let copy = match previous.get(SESSION, id).await {
            Ok(bytes) => read::<Copy>(bytes),
            Err(error) => {
                tracing::warn!(%error, "the previous store does not answer");
                None
            }
        };
        let Some(used) = copy.map(|copy| Timestamp(copy.session.last_seen_at.min(cx.now.0))) else {
            return Ok(None);
        };
        sessions::touch(cx.app.db.write(), id, used).await?;
        Ok(sessions::find_live(cx.app.db.read(), id, idle, cx.now).await?)
    }

    /// Before a change of a user or its sessions: with a store that cannot be told of it, nothing is changed.
    ///
    /// # Errors
    /// The store fails.
    pub(super) async fn ready(&self, changer: &Changer<'_>, user_id: &str) -> Result<(), Fault> {
        match &self.store {
            Some(store) if store.durability() != Durability::PerProcess => {
                replace(store, changer.entropy, changer.now, user_id).await?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// After a change of a user or its sessions: every copy of its sessions is void, here and on other servers.
    ///
    /// # Errors
    /// The store fails: copies may be believed for up to a minute.
    pub(super) async fn changed(&self, changer: &Changer<'_>, user_id: &str) -> Result<(), Fault> {
        if let Some(store) = &self.store {
            replace(store, changer.entropy, changer.now, user_id).await?;
            if store.durability() == Durability::PerProcess {
                self.count_change(changer.db, changer.now).await?;
            }
        }
        // Servers that have not moved yet.
        if let Some(previous) = &self.previous
            && let Err(error) = replace(previous, changer.entropy, changer.now, user_id).await
        {
            tracing::warn!(%error, "the previous store was not told of a change");
        }
        Ok(())
    }

    async fn count_change(&self, db: &Db, now: Timestamp) -> storage::Result<()> {
        let count = ephemeral::count(db.write(), CHANGES, Timestamp(i64::MAX), now).await?;
        if self.seen.swap(count, Ordering::SeqCst) != count - 1 {
            self.turn.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Learns what other processes have changed, the command line for example; copies in memory are then void.
    ///
    /// # Errors
    /// The database fails.
    pub async fn follow(&self, db: &Db, now: Timestamp) -> storage::Result<()> {
        if self.is_in_memory() {
            let count = ephemeral::hits(db.read(), CHANGES, now).await?;
            if self.seen.swap(count, Ordering::SeqCst) != count {
                self.turn.fetch_add(1, Ordering::SeqCst);
            }
            self.followed.store(now.0, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Whether copies are in the memory of this process, so that [`LiveSessions::follow`] is to be called.
    pub fn is_in_memory(&self) -> bool {
        let durability = self.store.as_ref().map(Store::durability);
        durability == Some(Durability::PerProcess)
    }

    /// Whether the store takes a value and gives it back.
    ///
    /// # Errors
    /// It does not.
    pub async fn check(&self, entropy: &dyn Entropy) -> Result<(), StoreError> {
        const CHECK: Kind = Kind("check");
        for store in self.store.iter().chain(&self.previous) {
            let key = id::random::<16>(entropy);
            store.put(CHECK, &key, b"check", Seconds(10)).await?;
            if store.take(CHECK, &key).await?.as_deref() != Some(b"check") {
                return Err(StoreError::Unavailable {
                    store: "store",
                    reason: "a value that was just written is not there".to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// What a change of a user needs, in a request and on the command line.
pub(super) struct Changer<'a> {
    pub(super) db: &'a Db,
    pub(super) entropy: &'a dyn Entropy,
    pub(super) now: Timestamp,
}

/// Starts a new generation.
async fn replace(
    store: &Store,
    entropy: &dyn Entropy,
    now: Timestamp,
    user_id: &str,
) -> Result<String, StoreError> {
    let new = Generation {
        name: id::random::<16>(entropy),
        since: now,
    };
    let bytes = serde_json::to_vec(&new).map_err(|_| StoreError::Seal)?;
    let lifetime = match store.durability() {
        Durability::PerProcess => REMEMBERED,
        _ => Seconds(BELIEVED.0 * 2),
    };
    match store.put(GENERATION, user_id, &bytes, lifetime).await {
        // One that was there has its size and would have made room: there is none, and no copy counts without.
        Ok(()) | Err(StoreError::Full) => Ok(new.name),
        Err(error) => Err(error),
    }
}

fn read<T: for<'a> Deserialize<'a>>(bytes: Option<Vec<u8>>) -> Option<T> {
    serde_json::from_slice(&bytes?).ok()
}

fn is_due(session: &LiveSession, cx: &Cx) -> bool {
    let wait = TOUCH.0.min(cx.app.config.sessions.idle.0 / TOUCHES);
    cx.now.0 - session.last_seen_at > wait
}

fn is_live(session: &LiveSession, cx: &Cx) -> bool {
    let idle = cx.app.config.sessions.idle;
    session.expires_at > cx.now.0 && session.last_seen_at > (cx.now - idle).0
}
