//! The outbox: encrypted mails in the database, each sent by whoever has the lease on it.
//! A crash leaves the row, and the mail is sent when the lease is over.

use super::compose::Message;
use super::smtp::{Mailer, NotSent};
use crate::entropy::Entropy;
use crate::id;
use crate::storage::outbox::{self, OutboxRow};
use crate::storage::{Db, Result, Sql};
use crate::time::{Seconds, Timestamp};
use crate::vault::Vault;

/// How long a mail belongs to the node that has taken it.
pub const LEASE: Seconds = Seconds(120);
/// The first wait after a failure; each further one is twice as long.
pub const BACKOFF: Seconds = Seconds(30);
/// The longest wait.
const LONGEST: Seconds = Seconds(3_600);

/// What became of the next mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No mail is due.
    Nothing,
    /// It was sent, or was for nobody.
    Done,
    /// It will be tried again.
    Postponed,
    /// It cannot be sent.
    Dropped,
}

/// Writes a mail where its cause is written. `None` takes the same time and reaches nobody: who has an account must
/// not show in the time of an answer (AC-195).
///
/// # Errors
/// The database fails.
pub async fn queue(
    at: Sql<'_>,
    vault: &Vault,
    entropy: &dyn Entropy,
    message: Option<&Message>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    let id = id::row(entropy, now);
    let plain = serde_json::to_vec(&message).unwrap_or_default();
    let row = OutboxRow {
        sealed: vault
            .seal(entropy, context(&id).as_bytes(), &plain)
            .unwrap_or_default(),
        created_at: now.0,
        due_at: now.0,
        expires_at: expires_at.0,
        attempts: 0,
        id,
    };
    outbox::insert(at, &row).await
}

/// The mail of a row; `None` if it is for nobody or not readable.
pub fn open(vault: &Vault, row: &OutboxRow) -> Option<Message> {
    let plain = vault.open(context(&row.id).as_bytes(), &row.sealed)?;
    serde_json::from_slice::<Option<Message>>(&plain).ok().flatten()
}

/// Sends the mail that has been due for longest.
///
/// # Errors
/// The database fails.
pub async fn send_due(mailer: &Mailer, db: &Db, vault: &Vault, now: Timestamp) -> Result<Outcome> {
    let Some(row) = outbox::claim(db.write(), now, now + LEASE).await? else {
        return Ok(Outcome::Nothing);
    };
    let sent = match open(vault, &row) {
        Some(message) => mailer.send(&row.id, Timestamp(row.created_at), &message).await,
        None => Ok(()),
    };
    // The address is not logged; the identifier is that of the Message-ID.
    match sent {
        Ok(()) => {
            outbox::remove(db.write(), &row.id).await?;
            Ok(Outcome::Done)
        }
        Err(NotSent::Later(why)) => {
            tracing::warn!(
                mail = row.id,
                attempts = row.attempts,
                why,
                "a mail was not sent; it is tried again"
            );
            outbox::postpone(db.write(), &row.id, now + backoff(row.attempts)).await?;
            Ok(Outcome::Postponed)
        }
        Err(NotSent::Never(why)) => {
            tracing::warn!(mail = row.id, why, "a mail cannot be sent");
            outbox::remove(db.write(), &row.id).await?;
            Ok(Outcome::Dropped)
        }
    }
}

fn backoff(attempts: i64) -> Seconds {
    let doublings = u32::try_from((attempts - 1).clamp(0, 10)).unwrap_or(10);
    Seconds(BACKOFF.0 << doublings).min(LONGEST)
}

/// A row copied to another identifier cannot be opened.
fn context(id: &str) -> String {
    format!("mail/{id}")
}

#[cfg(test)]
mod tests {
    use super::{BACKOFF, LONGEST, backoff};
    use crate::time::Seconds;

    #[test]
    fn waits_grow_to_an_hour() {
        assert_eq!(backoff(1), BACKOFF);
        assert_eq!(backoff(2), Seconds(60));
        assert_eq!(backoff(5), Seconds(480));
        assert_eq!((backoff(8), backoff(i64::MAX)), (LONGEST, LONGEST));
    }
}
