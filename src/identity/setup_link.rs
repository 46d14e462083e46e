//! The one-time link that creates the first administrator: 256 random bits, only a digest stored, good for an hour,
//! void as soon as there is an administrator.

use super::event::{About, Actor, Event, Journal};
use super::users::{self, ADMIN, NewUser, UserError};
use crate::app::App;
use crate::cx::Cx;
use crate::id;
use crate::opaque::{Kind, Opaque};
use crate::secret::Secret;
use crate::storage::users::UserRow;
use crate::storage::{Result, setup_links, users as rows};
use crate::time::Seconds;

/// How long a link is good for.
pub const LIFETIME: Seconds = Seconds(3_600);

/// A new link that voids earlier ones; `None` once there is an administrator.
///
/// # Errors
/// The database fails.
pub async fn issue(app: &App) -> Result<Option<Opaque>> {
    if rows::any_with_role(app.db.read(), ADMIN).await? {
        return Ok(None);
    }
    let now = app.clock.now();
    let link_id = id::row(&*app.entropy, now);
    let link = Opaque::mint(Kind::SetupLink, &link_id, &*app.entropy, &app.vault);
    let mut tx = app.db.begin().await?;
    setup_links::replace(&mut tx, &link_id, &link.digest(&app.vault), now, now + LIFETIME).await?;
    tx.commit().await?;
    Ok(Some(link))
}

/// The link, if it is good.
///
/// # Errors
/// The database fails.
pub async fn find(cx: &Cx, text: &str) -> Result<Option<Opaque>> {
    let Some(link) = Opaque::parse(Kind::SetupLink, text, &cx.app.vault) else {
        return Ok(None);
    };
    let digest = setup_links::find_live(cx.app.db.read(), link.id(), cx.now).await?;
    let good = digest.is_some_and(|digest| link.matches(&digest, &cx.app.vault));
    if !good || rows::any_with_role(cx.app.db.read(), ADMIN).await? {
        return Ok(None);
    }
    Ok(Some(link))
}

/// Uses the link up and creates the administrator, together; `None` if another visitor was first.
///
/// # Errors
/// The address or the password is not acceptable; the database fails. Then the link stays good.
pub async fn create_admin(
    cx: &Cx,
    link: &Opaque,
    new: NewUser,
    password: Secret,
) -> Result<Option<UserRow>, UserError> {
    let user = users::prepare(&cx.app, new, password).await?;
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    if !setup_links::spend(journal.sql(), link.id(), cx.now).await? {
        return Ok(None);
    }
    match rows::insert(journal.sql(), &user).await {
        Ok(()) => {}
        Err(error) if error.is_unique_violation() => return Err(UserError::Taken),
        Err(error) => return Err(error.into()),
    }
    journal.note(Event::Created, About::user(&user.id)).await?;
    journal.commit().await?;
    Ok(Some(user))
}
