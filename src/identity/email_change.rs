//! Another address for an account (ASVS 7.5.1): it changes only by the link that goes to the new one, and is verified by
//! that. The old one is told twice, each time with a link that stops or undoes the change, for seven days.
//! Tests: tests/it/account/email.rs.

use super::api_key;
use super::email::CanonicalEmail;
use super::event::{About, Actor, Event, Journal};
use super::notice;
use super::session::change_user;
use super::users::UserError;
use crate::cx::Cx;
use crate::id;
use crate::mail::{self, Facts, Place, Template};
use crate::opaque::{Kind, Opaque};
use crate::storage::Result;
use crate::storage::email_changes::{self, EmailChangeRow};
use crate::storage::users::{self, UserRow};
use crate::time::{Seconds, Timestamp};

/// The link to the new address.
const OPEN: (Seconds, &str) = (Seconds(86_400), "24 hours");
/// The links to the old address.
const REVERTIBLE: (Seconds, &str) = (Seconds(7 * 86_400), "7 days");
/// Requests of a user, or for an address, in an hour; further ones send nothing.
const MOST: i64 = 3;

/// Sends the links. An address that is taken gets a mail that says so, after the same work (AC-195).
///
/// # Errors
/// The database fails.
pub async fn ask(cx: &Cx, user: &UserRow, new: &CanonicalEmail) -> Result<()> {
    let app = &cx.app;
    let taken = users::find_by_email(app.db.read(), new.as_str()).await?;
    let id = id::row(&*app.entropy, cx.now);
    let link = Opaque::mint(Kind::ChangeLink, &id, &*app.entropy, &app.vault);
    let stop = Opaque::mint(Kind::RevertLink, &id, &*app.entropy, &app.vault);
    let row = EmailChangeRow {
        user_id: user.id.clone(),
        user_epoch: user.credential_epoch,
        old_email: user.email.clone(),
        new_email: new.to_string(),
        digest: link.digest(&app.vault),
        stop_digest: stop.digest(&app.vault),
        revert_digest: None,
        created_at: cx.now.0,
        expires_at: match taken {
            None => (cx.now + OPEN.0).0,
            Some(_) => cx.now.0,
        },
        revert_expires_at: (cx.now + REVERTIBLE.0).0,
        changed_at: None,
        reverted_at: None,
        id,
    };
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    let hour_ago = cx.now - Seconds(3_600);
    if email_changes::count_since(journal.sql(), &user.id, new.as_str(), hour_ago).await? < MOST {
        email_changes::void(journal.sql(), &user.id, cx.now).await?;
        email_changes::insert(journal.sql(), &row).await?;
        journal
            .note(Event::EmailChangeAsked, About::user(&user.id))
            .await?;
        let template = match taken {
            None => Template::EmailChange,
            Some(_) => Template::EmailTaken,
        };
        let to_new = (new.as_str(), link_of("/change-email/", &link), OPEN);
        send(&mut journal, template, to_new).await?;
        let to_old = (user.email.as_str(), link_of("/revert-email/", &stop), REVERTIBLE);
        send(&mut journal, Template::EmailChangeAsked, to_old).await?;
    }
    journal.commit().await
}

/// The request of a link to the new address, if it is good.
///
/// # Errors
/// The database fails.
pub async fn find(cx: &Cx, text: &str) -> Result<Option<EmailChangeRow>> {
    let Some(link) = Opaque::parse(Kind::ChangeLink, text, &cx.app.vault) else {
        return Ok(None);
    };
    let row = email_changes::find_open(cx.app.db.read(), link.id(), cx.now).await?;
    Ok(row.filter(|row| link.matches(&row.digest, &cx.app.vault)))
}

/// The request of a link to the old address, if it is good.
///
/// # Errors
/// The database fails.
pub async fn find_revertible(cx: &Cx, text: &str) -> Result<Option<EmailChangeRow>> {
    let Some(link) = Opaque::parse(Kind::RevertLink, text, &cx.app.vault) else {
        return Ok(None);
    };
    let row = email_changes::find_revertible(cx.app.db.read(), link.id(), cx.now).await?;
    Ok(row.filter(|row| {
        let digests = [Some(&row.stop_digest), row.revert_digest.as_ref()];
        digests
            .into_iter()
            .flatten()
            .any(|digest| link.matches(digest, &cx.app.vault))
    }))
}

/// Changes the address, which ends every session and token of the user; `false` if the link was used meanwhile or the
/// address has come to belong to somebody.
///
/// # Errors
/// The database fails, or the live sessions cannot be told.
pub async fn change(cx: &Cx, row: &EmailChangeRow) -> Result<bool, UserError> {
    let app = &cx.app;
    let revert = Opaque::mint(Kind::RevertLink, &row.id, &*app.entropy, &app.vault);
    let ends = cx.now + REVERTIBLE.0;
    change_user(app, &row.user_id, async || {
        let mut journal = Journal::begin(Actor::of(cx)).await?;
        if !email_changes::spend(journal.sql(), &row.id, &revert.digest(&app.vault), ends, cx.now).await? {
            return Ok(false);
        }
        let before = (row.user_epoch, row.old_email.as_str());
        match users::change_email(journal.sql(), &row.user_id, before, &row.new_email, cx.now).await {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) if error.is_unique_violation() => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        journal
            .note(Event::EmailChanged, About::user(&row.user_id))
            .await?;
        let to_old = (
            row.old_email.as_str(),
            link_of("/revert-email/", &revert),
            REVERTIBLE,
        );
        send(&mut journal, Template::EmailChanged, to_old).await?;
        journal.commit().await?;
        Ok::<_, UserError>(true)
    })
    .await
}

/// Gives the account its old address back, or stops the request; ends every session and token, voids every link, and
/// what was asked for later. `false` if the link was used meanwhile or the old address has come to belong to somebody.
///
/// # Errors
/// The database fails, or the live sessions cannot be told.
pub async fn revert(cx: &Cx, row: &EmailChangeRow) -> Result<bool, UserError> {
    change_user(&cx.app, &row.user_id, async || {
        let mut journal = Journal::begin(Actor::of(cx)).await?;
        if !email_changes::revert(journal.sql(), &row.id, cx.now).await? {
            return Ok(false);
        }
        email_changes::revert_since(journal.sql(), &row.user_id, row.user_epoch, cx.now).await?;
        let before = users::find(journal.sql(), &row.user_id).await?;
        match users::restore_email(journal.sql(), &row.user_id, &row.old_email, cx.now).await {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) if error.is_unique_violation() => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        // Whoever had the account meanwhile may have made keys, and was the one who was told of them.
        api_key::revoke_since(&mut journal, &row.user_id, Timestamp(row.created_at)).await?;
        journal
            .note(Event::EmailChangeUndone, About::user(&row.user_id))
            .await?;
        // Whoever has the address that the account had until now is told why it no longer signs anybody in.
        if let Some(before) = before.filter(|before| before.email != row.old_email) {
            let to_new = (before.email.as_str(), "/login".to_owned(), REVERTIBLE);
            send(&mut journal, Template::EmailUndone, to_new).await?;
        }
        journal.commit().await?;
        Ok::<_, UserError>(true)
    })
    .await
}

fn link_of(path: &str, link: &Opaque) -> String {
    format!("{path}{}", link.expose())
}

/// Whether the address is verified does not matter: it is the only way to reach whoever had or will have the account.
async fn send(
    journal: &mut Journal<'_>,
    template: Template,
    (to, path, (lifetime, valid)): (&str, String, (Seconds, &str)),
) -> Result<()> {
    let (app, now) = (journal.actor.app, journal.actor.now);
    let (ip, device) = notice::whereabouts(journal);
    let message = template.with(&Facts {
        email: to,
        link: &app.config.public_url.url(&path),
        valid,
        sign_in: &app.config.public_url.url("/login"),
        place: Place {
            when: &now.for_people(),
            ip: &ip,
            device: &device,
        },
    });
    let ends = now + lifetime;
    mail::queue(
        journal.sql(),
        &app.vault,
        &*app.entropy,
        Some(&message),
        now,
        ends,
    )
    .await?;
    journal.mailed = true;
    Ok(())
}
