//! Signing up: the address first, an account only from the mailed link. So nobody has an account under an address that
//! is not theirs, and there is nothing to take over later (AC-230). Tests: tests/it/pages/signup.rs.

use super::email::CanonicalEmail;
use super::event::{About, Actor, Event, Journal};
use super::mail_link::{self, Delivery, Purpose};
use super::users::{self as accounts, NewUser, UserError};
use crate::app::App;
use crate::cx::Cx;
use crate::mail::Template;
use crate::secret::Secret;
use crate::storage::Result;
use crate::storage::mail_links::{self, MailLinkRow};
use crate::storage::users;

/// Sends the link that creates an account; who has one gets a mail that says so. The answer is the same (AC-195).
///
/// # Errors
/// The database fails.
pub async fn ask(cx: &Cx, email: &CanonicalEmail) -> Result<()> {
    let user = users::find_by_email(cx.app.db.read(), email.as_str()).await?;
    let delivery = match &user {
        None => Delivery::Link,
        Some(user) if user.disabled_at.is_none() => Delivery::Instead(Template::HasAccount),
        Some(_) => Delivery::Nothing,
    };
    let mut tx = cx.app.db.begin().await?;
    mail_link::send(&cx.app, &mut tx, Purpose::SignUp, (email, None), delivery, cx.now).await?;
    tx.commit().await?;
    cx.app.mailer.written.notify_one();
    Ok(())
}

/// Invites somebody, on behalf of the operator.
///
/// # Errors
/// The address belongs to a user; the database fails.
pub async fn invite(app: &App, email: &CanonicalEmail) -> Result<(), UserError> {
    if users::find_by_email(app.db.read(), email.as_str())
        .await?
        .is_some()
    {
        return Err(UserError::Taken);
    }
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    mail_link::send(app, &mut tx, Purpose::Invite, (email, None), Delivery::Link, now).await?;
    tx.commit().await?;
    app.mailer.written.notify_one();
    Ok(())
}

/// Creates the account and uses the link up, together; `false` if the link was used meanwhile or the address has come
/// to belong to somebody.
///
/// # Errors
/// The password is not acceptable, then the link stays good; the database fails.
pub async fn create(
    cx: &Cx,
    link: &MailLinkRow,
    name: Option<String>,
    password: Secret,
) -> Result<bool, UserError> {
    let email = CanonicalEmail::parse(&link.email).map_err(|_| UserError::Email)?;
    let new = NewUser {
        email: link.email.clone(),
        email_verified: true,
        name,
        ..NewUser::default()
    };
    let user = accounts::prepare(&cx.app, new, password).await?;
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    if !mail_links::spend(journal.sql(), &link.id, cx.now).await? {
        return Ok(false);
    }
    match users::insert(journal.sql(), &user).await {
        Ok(()) => {}
        Err(error) if error.is_unique_violation() => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    // Nobody gets the username of somebody else; whose is taken chooses another one later.
    let username = Some(email.local_part());
    users::set_profile(journal.sql(), &user.id, user.name.as_deref(), username, cx.now).await?;
    journal.note(Event::Created, About::user(&user.id)).await?;
    journal.commit().await?;
    Ok(true)
}
