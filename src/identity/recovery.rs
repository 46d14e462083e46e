//! Getting back into an account, by the mailbox: a new password, an unlocked account, a confirmed address.
//! A link is used up in the transaction that does what it is for. It never signs in, and second factors stay asked for.
//! Tests: tests/it/pages/reset_password.rs, unlock.rs, verify_email.rs.

use super::email::CanonicalEmail;
use super::event::{About, Actor, Event, Journal};
use super::mail_link::{self, Delivery, Purpose};
use super::notice;
use super::session::change_user;
use super::users::{self as accounts, UserError};
use crate::cx::Cx;
use crate::mail::Notice;
use crate::secret::Secret;
use crate::storage::mail_links::{self, MailLinkRow};
use crate::storage::users::{self, UserRow};
use crate::storage::{Result, password_failures};

/// Sends the link that sets a new password, if there is such a user.
///
/// # Errors
/// The database fails.
pub async fn ask_reset(cx: &Cx, email: &CanonicalEmail) -> Result<()> {
    ask(cx, email, Purpose::Reset, |_| true).await
}

/// Sends the link that confirms the address, if there is such a user whose address is not confirmed.
///
/// # Errors
/// The database fails.
pub async fn ask_verify(cx: &Cx, email: &CanonicalEmail) -> Result<()> {
    ask(cx, email, Purpose::Verify, |user| !user.email_verified).await
}

async fn ask(cx: &Cx, email: &CanonicalEmail, purpose: Purpose, wants: fn(&UserRow) -> bool) -> Result<()> {
    let user = users::find_by_email(cx.app.db.read(), email.as_str()).await?;
    let user = user.filter(|user| user.disabled_at.is_none());
    let delivery = match &user {
        Some(user) if wants(user) => Delivery::Link,
        _ => Delivery::Nothing,
    };
    let mut tx = cx.app.db.begin().await?;
    mail_link::send(
        &cx.app,
        &mut tx,
        purpose,
        (email, user.as_ref()),
        delivery,
        cx.now,
    )
    .await?;
    tx.commit().await?;
    cx.app.mailer.written.notify_one();
    Ok(())
}

/// Sets a new password, which also unlocks, confirms the address and ends every session and token of the user; `false`
/// if the link was used meanwhile.
///
/// # Errors
/// The password is not acceptable, then the link stays good; the database fails.
pub async fn reset(cx: &Cx, link: &MailLinkRow, password: Secret) -> Result<bool, UserError> {
    let (Some(user_id), Some(epoch)) = (&link.user_id, link.user_epoch) else {
        return Ok(false);
    };
    let Some(user) = users::find(cx.app.db.read(), user_id).await? else {
        return Ok(false);
    };
    let new = accounts::hash_for(&cx.app, &user, password).await?;
    // The link has shown that the address is the user's.
    let user = UserRow {
        email_verified: true,
        ..user
    };
    change_user(&cx.app, user_id, async || {
        let mut journal = Journal::begin(Actor::of(cx)).await?;
        if !mail_links::spend(journal.sql(), &link.id, cx.now).await?
            || !users::reset_password(journal.sql(), user_id, epoch, &new.hash, cx.now).await?
        {
            return Ok(false);
        }
        accounts::note_length(&mut journal, user_id, &new).await?;
        password_failures::unlock(journal.sql(), user_id).await?;
        journal.note(Event::PasswordReset, About::user(user_id)).await?;
        notice::send(&mut journal, Notice::PasswordChanged, &user).await?;
        journal.commit().await?;
        Ok::<_, UserError>(true)
    })
    .await
}

/// Unlocks the account, and nothing else (AC-209); `false` if the link was used meanwhile.
///
/// # Errors
/// The database fails.
pub async fn unlock(cx: &Cx, link: &MailLinkRow) -> Result<bool> {
    let Some(user) = link.user_id.as_deref() else {
        return Ok(false);
    };
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    if !mail_links::spend(journal.sql(), &link.id, cx.now).await? {
        return Ok(false);
    }
    password_failures::unlock(journal.sql(), user).await?;
    journal.note(Event::Unlocked, About::user(user)).await?;
    journal.commit().await?;
    Ok(true)
}

/// Notes that the address is the user's; `false` if the link was used meanwhile.
///
/// # Errors
/// The database fails.
pub async fn verify(cx: &Cx, link: &MailLinkRow) -> Result<bool> {
    let (Some(user), Some(epoch)) = (link.user_id.as_deref(), link.user_epoch) else {
        return Ok(false);
    };
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    if !mail_links::spend(journal.sql(), &link.id, cx.now).await?
        || !users::set_email_verified(journal.sql(), user, epoch, &link.email, cx.now).await?
    {
        return Ok(false);
    }
    journal.note(Event::EmailVerified, About::user(user)).await?;
    journal.commit().await?;
    Ok(true)
}
