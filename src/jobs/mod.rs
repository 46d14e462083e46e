//! What a server does beside answering: mails at once, key states every few seconds, removal of old rows every minute.

use crate::app::App;
use crate::identity::event::Event;
use crate::mail::{self, Outcome};
use crate::storage::{events, purge};
use crate::time::Seconds;
use std::sync::Arc;
use std::time::Duration;

/// Between looks at the key states; an announced key is published much longer than this before it signs.
const KEYS: Duration = Duration::from_secs(5);
/// Between removals of old rows.
const PURGE: Duration = Duration::from_secs(60);

/// Between looks into the outbox, for what other nodes have left there; an own mail is sent at once.
const MAIL: Duration = Duration::from_secs(5);
/// Between looks at what other processes have changed of users and sessions, where copies are in memory.
const CHANGES: Duration = Duration::from_secs(1);

/// How long a failed sign-in to no account is kept: as far back as `keywright audit list` looks by itself. Anybody can make
/// as many as they like, and no account's owner ever looks at them.
const FAILED_BY_NOBODY: Seconds = Seconds(7 * 86_400);

/// Starts the jobs; they end with the runtime.
pub fn spawn(app: &Arc<App>) {
    let keys = Arc::clone(app);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(KEYS).await;
            if let Err(error) = keys.refresh_keys().await {
                tracing::warn!(%error, "signing keys could not be refreshed; the loaded ones stay");
            }
        }
    });
    if app.live_sessions.is_in_memory() {
        let sessions = Arc::clone(app);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(CHANGES).await;
                let followed = sessions.live_sessions.follow(&sessions.db, sessions.clock.now());
                if let Err(error) = followed.await {
                    tracing::warn!(%error, "changes by other processes could not be read");
                }
            }
        });
    }
    if app.mailer.is_on() {
        let mails = Arc::clone(app);
        tokio::spawn(async move {
            loop {
                let _either = tokio::time::timeout(MAIL, mails.mailer.written.notified()).await;
                if let Err(error) = send_mails(&mails).await {
                    tracing::warn!(%error, "the outbox could not be read; the next round tries again");
                }
            }
        });
    }
    let rows = Arc::clone(app);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(PURGE).await;
            if let Err(error) = remove_old_rows(&rows).await {
                tracing::warn!(%error, "old rows could not be removed; the next round tries again");
            }
        }
    });
}

/// Sends all mails that are due, one after the other.
///
/// # Errors
/// The database fails; what was not sent stays in the outbox.
pub async fn send_mails(app: &App) -> crate::storage::Result<()> {
    loop {
        let sent = mail::send_due(&app.mailer, &app.db, &app.vault, app.clock.now()).await?;
        if sent == Outcome::Nothing || app.is_draining() {
            return Ok(());
        }
    }
}

/// Removes all rows that nothing can use any more, in batches that leave room for requests between them.
///
/// # Errors
/// The database fails; what was removed stays removed.
pub async fn remove_old_rows(app: &App) -> crate::storage::Result<u64> {
    let mut removed = 0;
    loop {
        let now = app.clock.now();
        let mut batch = purge::batch(&app.db, now).await?;
        let kept = app.config.accounts.activity;
        batch += events::purge(app.db.write(), now - kept, purge::BATCH).await?;
        let failed = Event::SignInFailed.wire();
        batch +=
            events::purge_of_nobody(app.db.write(), failed, now - FAILED_BY_NOBODY, purge::BATCH).await?;
        removed += batch;
        if batch == 0 || app.is_draining() {
            return Ok(removed);
        }
        tokio::task::yield_now().await;
    }
}
