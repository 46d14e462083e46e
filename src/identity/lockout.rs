//! The lock of an account (design.md D3): ten wrong passwords in a row close the password path of devices on which the
//! user has not signed in before. Sessions, refresh tokens and known devices go on. Tests: tests/it/pages/unlock.rs.

use super::email::CanonicalEmail;
use super::event::{About, Actor, Event, Journal};
use super::mail_link::{self, Delivery, Purpose};
use super::notice;
use crate::cx::Cx;
use crate::storage::Result;
use crate::storage::password_failures::{self, Failures};
use crate::storage::users::UserRow;

/// What everybody who does not exist is counted as.
const NOBODY: &str = "";

/// What is counted for a user, and for the device in use.
pub struct Standing {
    user: String,
    device: Option<String>,
    rows: Vec<Failures>,
}

impl Standing {
    /// Loads the counts; `device` names a known device of the user.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(cx: &Cx, user: Option<&UserRow>, device: Option<&str>) -> Result<Self> {
        let user = user.map_or(NOBODY, |user| &user.id).to_owned();
        let device = device.map(|device| format!("{user}/{device}"));
        let other = device.as_deref().unwrap_or(NOBODY);
        let rows = password_failures::find(cx.app.db.read(), &user, other).await?;
        Ok(Self { user, device, rows })
    }

    /// Whether the device is known and has not used up its own tries (AC-206).
    pub fn device_is_trusted(&self) -> bool {
        self.device
            .as_deref()
            .is_some_and(|device| !self.is_locked(device))
    }

    /// Whether the password may be used at all.
    pub fn is_open(&self) -> bool {
        self.device_is_trusted() || !self.is_locked(&self.user)
    }

    /// Counts a wrong password, and tells the owner when it was the one that locks. The statements are the same for
    /// nobody (AC-194).
    ///
    /// # Errors
    /// The database fails.
    pub async fn failed(&self, cx: &Cx, user: Option<&UserRow>) -> Result<()> {
        let limit = i64::from(cx.app.config.login.lock_after);
        let subject = match &self.device {
            Some(device) if self.device_is_trusted() => device,
            _ => &self.user,
        };
        let mut journal = Journal::begin(Actor::of(cx)).await?;
        let about = About {
            user: user.map(|user| user.id.as_str()),
            ..About::default()
        };
        // The user first, the count last, as whoever removes the user does it: so nobody waits in a circle, and the row
        // that all of nobody share is not held for long.
        journal.note(Event::SignInFailed, about).await?;
        let counted = password_failures::add(journal.sql(), subject, limit, cx.now).await?;
        // Exactly one of any number of racers counts to the limit.
        let locked = user.filter(|user| counted.failures == limit && *subject == user.id);
        if let Some(user) = locked {
            journal.note(Event::Locked, about).await?;
            self.tell(cx, &mut journal, user).await?;
        }
        journal.commit().await
    }

    async fn tell(&self, cx: &Cx, journal: &mut Journal<'_>, user: &UserRow) -> Result<()> {
        let email = CanonicalEmail::parse(&user.email).ok();
        match email.filter(|_| cx.app.config.sends_mail() && user.disabled_at.is_none()) {
            Some(email) => {
                let to = (&email, Some(user));
                journal.mailed = true;
                mail_link::send(&cx.app, journal.tx(), Purpose::Unlock, to, Delivery::Link, cx.now).await
            }
            None => Ok(()),
        }
    }

    /// Counts a right password: the row of wrong ones has ended.
    ///
    /// # Errors
    /// The database fails.
    pub async fn succeeded(&self, cx: &Cx, user: &UserRow) -> Result<()> {
        let over = |row: &&Failures| row.locked_at.is_none() && row.subject != NOBODY;
        if !self.rows.iter().any(|row| over(&row)) {
            return Ok(());
        }
        let mut journal = Journal::begin(Actor::of(cx)).await?;
        if self.device.is_some() {
            notice::wrong_before(&mut journal, user, &self.rows).await?;
        }
        for row in self.rows.iter().filter(over) {
            password_failures::clear(journal.sql(), &row.subject).await?;
        }
        journal.commit().await
    }

    fn is_locked(&self, subject: &str) -> bool {
        self.rows
            .iter()
            .any(|row| row.subject == subject && row.locked_at.is_some())
    }
}
