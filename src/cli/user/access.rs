//! Who may come in: unlock, disable, enable, invite.

use super::super::error::{CliError, Result};
use super::super::output::Output;
use super::{document, failure, find};
use crate::app::App;
use crate::config::SignUp;
use crate::identity::email::CanonicalEmail;
use crate::identity::event::{About, Actor, Event, Journal};
use crate::identity::session::change_user;
use crate::identity::sign_up;
use crate::identity::users::UserError;
use crate::storage::users::UserRow;
use crate::storage::{password_failures, users};
use crate::time::Timestamp;
use serde_json::json;

/// Since when wrong passwords have locked the user.
///
/// # Errors
/// The database fails.
pub(super) async fn locked_since(app: &App, user: &UserRow) -> Result<Option<Timestamp>> {
    let rows = password_failures::find(app.db.read(), &user.id, &user.id).await?;
    Ok(rows.first().and_then(|row| row.locked_at).map(Timestamp))
}

/// Opens the password path.
///
/// # Errors
/// There is no such user; the database fails.
pub(super) async fn unlock(app: &App, user: &str, output: Output) -> Result {
    let user = find(app, user).await?;
    let was_locked = locked_since(app, &user).await?.is_some();
    let mut journal = Journal::begin(Actor::operator(app)).await?;
    password_failures::unlock(journal.sql(), &user.id).await?;
    if was_locked {
        journal.note(Event::Unlocked, About::user(&user.id)).await?;
    }
    journal.commit().await?;
    let text = if was_locked {
        format!("Unlocked {}.", user.email)
    } else {
        format!(
            "{} was not locked; wrong passwords count from zero again.",
            user.email
        )
    };
    output.show(
        &json!({ "sub": user.id, "email": user.email, "was_locked": was_locked }),
        &text,
    );
    Ok(())
}

/// Keeps a user out.
///
/// # Errors
/// There is no such user; the database fails.
pub(super) async fn disable(app: &App, user: &str, output: Output) -> Result {
    let user = find(app, user).await?;
    let now = app.clock.now();
    if user.disabled_at.is_none() {
        change_user(app, &user.id, async || {
            let mut journal = Journal::begin(Actor::operator(app)).await?;
            users::set_disabled(journal.sql(), &user.id, Some(now), now).await?;
            journal.note(Event::Disabled, About::user(&user.id)).await?;
            journal.commit().await?;
            Ok::<_, UserError>(())
        })
        .await
        .map_err(|error| failure(&error, &user.email))?;
    }
    show_again(
        app,
        &user,
        "Disabled",
        "Earlier sessions and tokens have ended.",
        output,
    )
    .await
}

/// Lets a user in again.
///
/// # Errors
/// There is no such user; the database fails.
pub(super) async fn enable(app: &App, user: &str, output: Output) -> Result {
    let user = find(app, user).await?;
    if user.disabled_at.is_some() {
        let mut journal = Journal::begin(Actor::operator(app)).await?;
        users::set_disabled(journal.sql(), &user.id, None, app.clock.now()).await?;
        journal.note(Event::Enabled, About::user(&user.id)).await?;
        journal.commit().await?;
    }
    show_again(
        app,
        &user,
        "Enabled",
        "Earlier sessions and tokens stay ended.",
        output,
    )
    .await
}

async fn show_again(app: &App, user: &UserRow, done: &str, note: &str, output: Output) -> Result {
    let user = find(app, &user.id).await?;
    output.show(&document(&user), &format!("{done} {}. {note}", user.email));
    Ok(())
}

/// Sends an invitation; a running server delivers it.
///
/// # Errors
/// Signing up is off, the address has an account, or the database fails.
pub(super) async fn invite(app: &App, email: &str, output: Output) -> Result {
    if app.config.accounts.sign_up == SignUp::Off {
        return Err(CliError::config(
            "accounts.sign_up is off, so an invitation could not be used",
            "set accounts.sign_up = \"invite\", mail.smtp and mail.from",
        ));
    }
    let email = CanonicalEmail::parse(email).map_err(|_| failure(&UserError::Email, email))?;
    sign_up::invite(app, &email)
        .await
        .map_err(|error| failure(&error, email.as_str()))?;
    output.show(
        &json!({ "invited": email.as_str() }),
        &format!("Invited {email}. The running server sends the mail; its link is good for 7 days."),
    );
    Ok(())
}
