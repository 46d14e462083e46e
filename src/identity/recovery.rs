//! Getting back into an account, by the mailbox: a new password, an unlocked account, a confirmed address.
//! A link is used up in the transaction that does what it is for. It never signs in, and second factors stay asked for.
//! Tests: tests/it/pages/reset_password.rs, unlock.rs, verify_email.rs.

use super::email::CanonicalEmail;
use super::mail_link::{self, Delivery, Purpose};
use super::session::change_user;
use super::users::{self as accounts, UserError};
use crate::cx::Cx;
use crate::mail::Template;
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
    let email = CanonicalEmail::parse(&link.email).map_err(|_| UserError::Email)?;
    let hash = accounts::hash(&cx.app, &email, password).await?;
    let (Some(user), Some(epoch)) = (&link.user_id, link.user_epoch) else {
        return Ok(false);
    };
    let done = change_user(&cx.app, user, async || {
        let mut tx = cx.app.db.begin().await?;
        let done = mail_links::spend(tx.sql(), &link.id, cx.now).await?
            && users::reset_password(tx.sql(), user, epoch, &hash, cx.now).await?;
        if done {
            password_failures::unlock(tx.sql(), user).await?;
            mail_link::notice(&cx.app, &mut tx, Template::PasswordChanged, &email, cx.now).await?;
            tx.commit().await?;
        }
        Ok::<_, UserError>(done)
    });
    if !done.await? {
        return Ok(false);
    }
    cx.app.mailer.written.notify_one();
    tracing::info!(target: "audit", event = "password_reset", user, request_id = %cx.request_id, "password reset by mail");
    Ok(true)
}

/// Unlocks the account, and nothing else (AC-209); `false` if the link was used meanwhile.
///
/// # Errors
/// The database fails.
pub async fn unlock(cx: &Cx, link: &MailLinkRow) -> Result<bool> {
    let mut tx = cx.app.db.begin().await?;
    let Some(user) = link.user_id.as_deref() else {
        return Ok(false);
    };
    if !mail_links::spend(tx.sql(), &link.id, cx.now).await? {
        return Ok(false);
    }
    password_failures::unlock(tx.sql(), user).await?;
    tx.commit().await?;
    tracing::info!(target: "audit", event = "user_unlocked", user, request_id = %cx.request_id, "unlocked by mail");
    Ok(true)
}

/// Notes that the address is the user's; `false` if the link was used meanwhile.
///
/// # Errors
/// The database fails.
pub async fn verify(cx: &Cx, link: &MailLinkRow) -> Result<bool> {
    let mut tx = cx.app.db.begin().await?;
    let (Some(user), Some(epoch)) = (link.user_id.as_deref(), link.user_epoch) else {
        return Ok(false);
    };
    let done = mail_links::spend(tx.sql(), &link.id, cx.now).await?
        && users::set_email_verified(tx.sql(), user, epoch, &link.email, cx.now).await?;
    if done {
        tx.commit().await?;
        tracing::info!(target: "audit", event = "email_verified", user, request_id = %cx.request_id, "address confirmed");
    }
    Ok(done)
}
