//! Sends notices: with the transaction of what they tell of, to verified addresses only (others may be a stranger's), and
//! no more on a day than the allowance of their class. Tests: tests/it/account/notices.rs.

use super::device_name::device_name;
use super::event::{Event, Journal};
use super::known_device;
use crate::cx::Cx;
pub use crate::mail::Notice;
use crate::mail::{self, Place};
use crate::storage::password_failures::Failures;
use crate::storage::users::UserRow;
use crate::storage::{Result, events};
use crate::time::Seconds;

/// A notice is of no use after this long.
const LIFETIME: Seconds = Seconds(86_400);
/// Who has just got an account signs in for the first time on any device.
const NEW_ACCOUNT: Seconds = Seconds(3_600);
/// Wrong passwords, or wrong codes after a right one, that are more than a slip.
const SEVERAL: i64 = 3;

/// Tells the user.
///
/// # Errors
/// The database fails.
pub async fn send(journal: &mut Journal<'_>, notice: Notice, user: &UserRow) -> Result<()> {
    let (app, now) = (journal.actor.app, journal.actor.now);
    if !(app.config.mail.notices && app.config.sends_mail() && user.email_verified) {
        return Ok(());
    }
    // An account that is being removed has no row to count in, and gets this one mail.
    if notice != Notice::AccountDeleted {
        let (class, most) = notice.class().allowance();
        let day = now.0.div_euclid(86_400);
        if events::count_notice(journal.sql(), &user.id, class, day).await? > most {
            return Ok(());
        }
    }
    let (ip, device) = whereabouts(journal);
    let place = Place {
        when: &now.for_people(),
        ip: &ip,
        device: &device,
    };
    let message = notice.mail(
        &user.email,
        place,
        &app.config.public_url.url("/account/activity"),
    );
    mail::queue(
        journal.sql(),
        &app.vault,
        &*app.entropy,
        Some(&message),
        now,
        now + LIFETIME,
    )
    .await?;
    journal.mailed = true;
    Ok(())
}

/// Address and device of whoever acts; empty for the operator.
pub(super) fn whereabouts(journal: &Journal<'_>) -> (String, String) {
    match journal.actor.cx {
        Some(cx) => (cx.ip.to_string(), device_name(&cx.user_agent)),
        None => (String::new(), String::new()),
    }
}

/// Somebody has signed in: tells the user if it was where they have not signed in before (AC-215).
///
/// # Errors
/// The database fails.
pub async fn signed_in(journal: &mut Journal<'_>, cx: &Cx, user: &UserRow) -> Result<()> {
    let is_new = cx.now.0 - user.created_at <= NEW_ACCOUNT.0;
    if is_new || known_device::find(cx, user).is_some() {
        return Ok(());
    }
    send(journal, Notice::NewDevice, user).await
}

/// The right password on a known device, after wrong ones elsewhere. On any other device the notice of a new sign-in
/// is the one that the user gets.
///
/// # Errors
/// The database fails.
pub async fn wrong_before(journal: &mut Journal<'_>, user: &UserRow, elsewhere: &[Failures]) -> Result<()> {
    let several = elsewhere
        .iter()
        .any(|row| row.subject == user.id && row.failures >= SEVERAL);
    if several {
        send(journal, Notice::WrongPasswords, user).await?;
    }
    Ok(())
}

/// The password was right and the second step was not, which was just noted: tells the user when it was no slip.
///
/// # Errors
/// The database fails.
pub async fn second_step_failed(journal: &mut Journal<'_>, user: &UserRow) -> Result<()> {
    let day_ago = journal.actor.now - Seconds(86_400);
    let name = Event::SecondStepFailed.wire();
    if events::count_since(journal.sql(), &user.id, name, day_ago).await? >= SEVERAL {
        send(journal, Notice::SecondStepFailed, user).await?;
    }
    Ok(())
}
