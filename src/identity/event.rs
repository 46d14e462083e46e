//! The audit trail: what happened to accounts, one list of events with their names on the wire and in words. An event is a
//! row of `events`, committed with its cause, and a line of the log; both come from [`Journal`], so that they never differ.
//! Tests: tests/it/account/activity.rs, tests/it/audit.rs.

use crate::app::App;
use crate::cx::Cx;
use crate::id;
use crate::storage::events::{self, EventRow};
use crate::storage::{Result, Sql, Tx};
use crate::time::Timestamp;
use serde::Serialize;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident, $wire:literal, $words:literal;)*) => {
        /// What can happen to an account.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Event { $($(#[$doc])* $name,)* }

        impl Event {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in the database, in the log and on the command line.
            pub const fn wire(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// What people call it.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }
        }
    };
}

events! {
    /// A session began, or a sign-in by JSON.
    SignedIn, "login", "Signed in";
    /// A wrong password, or a right one that was not taken.
    SignInFailed, "login_failed", "Sign-in failed";
    /// The password was right, the second step was not.
    SecondStepFailed, "mfa_failed", "Wrong code at the second step";
    /// Wrong passwords have closed the password path.
    Locked, "user_locked", "Account locked";
    /// The password path is open again.
    Unlocked, "user_unlocked", "Account unlocked";
    /// By whoever knew the old one, or by the operator.
    PasswordChanged, "password_changed", "Password changed";
    /// By the link of a mail.
    PasswordReset, "password_reset", "Password reset by mail";
    /// The address was shown to be the user's.
    EmailVerified, "email_verified", "Email address confirmed";
    /// A link went to another address.
    EmailChangeAsked, "email_change_requested", "Change of the email address requested";
    /// The link was used.
    EmailChanged, "email_changed", "Email address changed";
    /// The owner of the old address has undone it, or stopped the request.
    EmailChangeUndone, "email_change_undone", "Change of the email address undone";
    /// Name or username.
    ProfileChanged, "profile_changed", "Profile changed";
    /// A first code has confirmed it.
    AppAdded, "authenticator_app_added", "Authenticator app added";
    /// By the user.
    AppRemoved, "authenticator_app_removed", "Authenticator app removed";
    /// A new passkey.
    PasskeyAdded, "passkey_added", "Passkey added";
    /// By the user.
    PasskeyRemoved, "passkey_removed", "Passkey removed";
    /// The counter of a passkey went back: it may have been copied.
    PasskeyCounter, "passkey_counter", "Passkey refused, it may have been copied";
    /// All of them, by the operator.
    FactorsRemoved, "factors_removed", "Second factors removed";
    /// The old ones are void.
    RecoveryCodesReplaced, "recovery_codes_replaced", "Recovery codes replaced";
    /// One of them.
    RecoveryCodeUsed, "recovery_code_used", "Recovery code used";
    /// An app may use the account.
    ConsentGiven, "consent_given", "App allowed";
    /// And no more.
    ConsentRemoved, "app_removed", "App removed";
    /// Here or elsewhere.
    SessionEnded, "session_ended", "Signed out";
    /// A device may use the account.
    DeviceApproved, "device_approved", "Device allowed";
    /// For a user or a client, who may have made it.
    ApiKeyCreated, "api_key_created", "API key created";
    /// By its owner or the operator.
    ApiKeyRevoked, "api_key_revoked", "API key revoked";
    /// A code or token was used twice: what it bought is revoked.
    Replay, "replay", "App signed out, as an old token of it was used again";
    /// By sign-up, set-up link or operator.
    Created, "user_created", "Account created";
    /// By the user or the operator.
    Deleted, "user_deleted", "Account deleted";
    /// By the operator.
    Disabled, "user_disabled", "Account disabled";
    /// By the operator.
    Enabled, "user_enabled", "Account enabled";
    /// By the operator, as all that follow.
    ClientCreated, "client_created", "App registered";
    /// Its registration, or whether it is disabled.
    ClientChanged, "client_changed", "App changed";
    /// With all that was granted to it.
    ClientRemoved, "client_removed", "App removed from the server";
    /// The old one ends soon, or at once.
    ClientSecretReplaced, "client_secret_replaced", "Secret of the app replaced";
    /// It signs later, and is told of in the log then.
    SigningKeyAnnounced, "signing_key_announced", "Signing key announced";
}

impl Event {
    /// The event with this name.
    pub fn named(wire: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.wire() == wire)
    }

    /// Whether an operator should look at it.
    const fn is_alarming(self) -> bool {
        matches!(self, Self::Locked | Self::Replay | Self::PasskeyCounter)
    }
}

/// Who does something, and when.
#[derive(Clone, Copy)]
pub struct Actor<'a> {
    pub(super) app: &'a App,
    pub(super) now: Timestamp,
    /// The request; nothing for the operator at the command line.
    pub(super) cx: Option<&'a Cx>,
}

impl<'a> Actor<'a> {
    /// Whoever sent the request.
    pub fn of(cx: &'a Cx) -> Self {
        Self {
            app: &cx.app,
            now: cx.now,
            cx: Some(cx),
        }
    }

    /// The operator, at the command line.
    pub fn operator(app: &'a App) -> Self {
        Self {
            app,
            now: app.clock.now(),
            cx: None,
        }
    }
}

/// What is known of an event.
#[derive(Clone, Copy, Default, Serialize)]
pub struct About<'a> {
    /// Whose account.
    #[serde(skip)]
    pub user: Option<&'a str>,
    /// The client, where it is not the one that the request names.
    #[serde(skip)]
    pub client: Option<&'a str>,
    /// How somebody has signed in (RFC 8176).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amr: Option<&'a str>,
    /// Which of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<&'a str>,
    /// Row identifier of the grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<&'a str>,
    /// Row identifier of the API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'a str>,
    /// The account, once it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<&'a str>,
    /// `operator`, where it was not the user; the journal knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<&'a str>,
}

impl<'a> About<'a> {
    /// Of a client.
    pub fn client(id: &'a str) -> Self {
        Self {
            client: Some(id),
            ..Self::default()
        }
    }

    /// Of an account.
    pub fn user(id: &'a str) -> Self {
        Self {
            user: Some(id),
            ..Self::default()
        }
    }
}

/// A transaction with the events that it causes. What is written to the log waits for the commit.
pub struct Journal<'a> {
    pub(super) actor: Actor<'a>,
    pub(super) mailed: bool,
    tx: Tx,
    noted: Vec<(Event, EventRow)>,
}

impl<'a> Journal<'a> {
    /// Begins the transaction.
    ///
    /// # Errors
    /// The database cannot be reached in time.
    pub async fn begin(actor: Actor<'a>) -> Result<Self> {
        Ok(Self {
            tx: actor.app.db.begin().await?,
            noted: Vec::new(),
            mailed: false,
            actor,
        })
    }

    /// For a statement inside the transaction.
    pub fn sql(&mut self) -> Sql<'_> {
        self.tx.sql()
    }

    /// For several of them.
    pub fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Writes an event.
    ///
    /// # Errors
    /// The database fails.
    pub async fn note(&mut self, event: Event, about: About<'_>) -> Result<()> {
        let Actor { app, now, cx } = self.actor;
        let by = if cx.is_none() { Some("operator") } else { None };
        let row = EventRow {
            id: id::row(&*app.entropy, now),
            user_id: about.user.map(str::to_owned),
            at: now.0,
            event: event.wire().to_owned(),
            ip: cx.map(|cx| cx.ip.to_string()).unwrap_or_default(),
            user_agent: cx.map(|cx| cx.user_agent.clone()).unwrap_or_default(),
            client_id: about
                .client
                .or_else(|| cx.and_then(|cx| cx.client_id.get()).map(String::as_str))
                .map(str::to_owned),
            request_id: cx.map(|cx| cx.request_id.clone()).unwrap_or_default(),
            detail: serde_json::to_string(&About { by, ..about }).unwrap_or_default(),
        };
        events::insert(self.tx.sql(), &row).await?;
        self.noted.push((event, row));
        Ok(())
    }

    /// Makes everything durable, then tells the log and the mailer.
    ///
    /// # Errors
    /// The database did not confirm.
    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await?;
        for (event, row) in &self.noted {
            log(*event, row);
        }
        if self.mailed {
            self.actor.app.mailer.written.notify_one();
        }
        Ok(())
    }
}

/// The line of the log: the columns of the row, without what a stranger typed.
fn log(event: Event, row: &EventRow) {
    let detail: serde_json::Value = serde_json::from_str(&row.detail).unwrap_or_default();
    let of = |name: &str| detail.get(name).and_then(serde_json::Value::as_str);
    let (amr, what, grant, key) = (of("amr"), of("what"), of("grant"), of("key"));
    let (sub, by) = (of("sub"), of("by"));
    let (name, words, user) = (event.wire(), event.words(), row.user_id.as_deref());
    let (client, ip, request_id) = (row.client_id.as_deref(), row.ip.as_str(), row.request_id.as_str());
    if event.is_alarming() {
        tracing::warn!(target: "audit", event = name, user, client, ip, amr, what, grant, key, sub, by, request_id, "{words}");
    } else {
        tracing::info!(target: "audit", event = name, user, client, ip, amr, what, grant, key, sub, by, request_id, "{words}");
    }
}

#[cfg(test)]
mod tests {
    use super::Event;
    use std::collections::BTreeSet;

    /// AC-268
    #[test]
    fn every_event_has_a_name_of_its_own_and_words() {
        let names: BTreeSet<&str> = Event::ALL.iter().map(|event| event.wire()).collect();
        assert_eq!(names.len(), Event::ALL.len());
        for event in Event::ALL {
            assert_eq!(Event::named(event.wire()), Some(*event));
            assert!(event.words().starts_with(char::is_uppercase) && event.words().len() <= 60);
            let plain = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(event.wire().chars().all(plain), "{event:?}");
        }
    }
}
