//! The one-time links of mails: 256 random bits, only a digest stored, bound to purpose, address, user and credential
//! epoch; the newest voids the earlier ones. They never sign anybody in (ASVS 6.4.3).

use super::email::CanonicalEmail;
use crate::app::App;
use crate::id;
use crate::mail::{self, Facts, Message, Place, Template};
use crate::opaque::{Kind, Opaque};
use crate::storage::mail_links::{self, MailLinkRow};
use crate::storage::users::UserRow;
use crate::storage::{Result, Tx};
use crate::time::{Seconds, Timestamp};

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Setting a new password.
    Reset,
    /// Unlocking the account.
    Unlock,
    /// Showing that the address is the user's.
    Verify,
    /// Creating an account.
    SignUp,
    /// Creating an account that the operator has offered.
    Invite,
}

impl Purpose {
    const fn row(self) -> (&'static str, Kind, &'static str, Template, Seconds, &'static str) {
        const HALF: Seconds = Seconds(1_800);
        match self {
            Self::Reset => (
                "reset",
                Kind::ResetLink,
                "/reset-password/",
                Template::Reset,
                HALF,
                "30 minutes",
            ),
            Self::Unlock => (
                "unlock",
                Kind::UnlockLink,
                "/unlock/",
                Template::Unlock,
                HALF,
                "30 minutes",
            ),
            Self::Verify => (
                "verify",
                Kind::VerifyLink,
                "/verify-email/",
                Template::Verify,
                Seconds(86_400),
                "24 hours",
            ),
            Self::SignUp => (
                "sign_up",
                Kind::SignUpLink,
                "/signup/",
                Template::SignUp,
                Seconds(86_400),
                "24 hours",
            ),
            Self::Invite => (
                "invite",
                Kind::SignUpLink,
                "/signup/",
                Template::Invite,
                Seconds(7 * 86_400),
                "7 days",
            ),
        }
    }

    /// How many such mails an address gets in which time; nobody floods a mailbox through us.
    const fn cap(self) -> Option<(i64, Seconds)> {
        match self {
            Self::Unlock => Some((3, Seconds(86_400))),
            Self::Reset | Self::Verify | Self::SignUp => Some((3, Seconds(3_600))),
            Self::Invite => None,
        }
    }
}

/// What arrives at the address. The work is the same for all, so that the time of an answer does not tell who has an
/// account (AC-195).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The link.
    Link,
    /// Another mail, without a link that is good.
    Instead(Template),
    /// Nothing.
    Nothing,
}

/// Writes a link and its mail into a transaction; `user` where there is one. No more than the cap reach an address.
///
/// # Errors
/// The database fails.
pub async fn send(
    app: &App,
    tx: &mut Tx,
    purpose: Purpose,
    (email, user): (&CanonicalEmail, Option<&UserRow>),
    delivery: Delivery,
    now: Timestamp,
) -> Result<()> {
    let (name, kind, path, template, lifetime, valid) = purpose.row();
    let sent = match purpose.cap() {
        Some((most, span)) => {
            mail_links::sent_since(tx.sql(), name, email.as_str(), now - span).await? < most
        }
        None => true,
    };
    let id = id::row(&*app.entropy, now);
    let link = Opaque::mint(kind, &id, &*app.entropy, &app.vault);
    // Beyond the cap the earlier link stays good: a stranger's requests must not end the owner's.
    if sent {
        mail_links::void(tx.sql(), name, email.as_str(), now).await?;
    }
    let row = MailLinkRow {
        purpose: name.to_owned(),
        digest: link.digest(&app.vault),
        email: email.to_string(),
        user_id: user.map(|user| user.id.clone()),
        user_epoch: user.map(|user| user.credential_epoch),
        created_at: now.0,
        expires_at: match delivery {
            Delivery::Link => (now + lifetime).0,
            Delivery::Instead(_) | Delivery::Nothing => now.0,
        },
        id,
    };
    if sent {
        mail_links::insert(tx.sql(), &row).await?;
    }
    let url = app.config.public_url.url(&format!("{path}{}", link.expose()));
    let template = match delivery {
        Delivery::Instead(other) => other,
        Delivery::Link | Delivery::Nothing => template,
    };
    let message = compose(app, template, email, &url, valid);
    let message = Some(&message).filter(|_| sent && delivery != Delivery::Nothing);
    mail::queue(tx.sql(), &app.vault, &*app.entropy, message, now, now + lifetime).await
}

/// Links begin with the configured address, whatever the request says about its host (AC-227).
fn compose(app: &App, template: Template, email: &CanonicalEmail, link: &str, valid: &str) -> Message {
    template.with(&Facts {
        email: email.as_str(),
        link,
        valid,
        sign_in: &app.config.public_url.url("/login"),
        place: Place::default(),
    })
}

/// The link, if it is good for one of `purposes`.
///
/// # Errors
/// The database fails.
pub async fn find(
    app: &App,
    purposes: &[Purpose],
    text: &str,
    now: Timestamp,
) -> Result<Option<MailLinkRow>> {
    let kinds = purposes.iter().map(|purpose| purpose.row().1);
    let Some(link) = kinds
        .filter_map(|kind| Opaque::parse(kind, text, &app.vault))
        .next()
    else {
        return Ok(None);
    };
    let row = mail_links::find_live(app.db.read(), link.id(), now).await?;
    Ok(row.filter(|row| {
        purposes.iter().any(|purpose| purpose.row().0 == row.purpose) && link.matches(&row.digest, &app.vault)
    }))
}
