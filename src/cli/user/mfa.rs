//! `keywright user mfa`: whether somebody must have a second factor, and the way out for who has lost all of them.

use crate::app::App;
use crate::cli::error::Result;
use crate::cli::output::Output;
use crate::identity::event::{About, Actor, Event, Journal};
use crate::identity::notice::{self, Notice};
use crate::storage::factors::{self, Held};
use crate::storage::passkeys;
use crate::storage::users::UserRow;
use clap::Args;
use serde_json::json;

/// What to change.
#[derive(Debug, Args)]
pub(crate) struct Change {
    /// Whether a password alone is not enough for this user
    #[arg(long, value_name = "BOOL")]
    require: Option<bool>,
    /// Remove authenticator app, passkeys and recovery codes of somebody who has lost them
    #[arg(long)]
    reset: bool,
}

pub(super) async fn run(app: &App, user: &UserRow, change: &Change, output: Output) -> Result {
    let now = app.clock.now();
    if change.reset {
        let mut journal = Journal::begin(Actor::operator(app)).await?;
        factors::lock(journal.tx(), &user.id).await?;
        factors::remove_app(journal.sql(), &user.id).await?;
        passkeys::remove_all(journal.sql(), &user.id).await?;
        factors::replace_recovery_codes(journal.tx(), &user.id, &[], now).await?;
        journal.note(Event::FactorsRemoved, About::user(&user.id)).await?;
        notice::send(&mut journal, Notice::FactorsRemoved, user).await?;
        journal.commit().await?;
    }
    if let Some(require) = change.require {
        factors::require(app.db.write(), &user.id, require.then_some(now)).await?;
    }
    let held = factors::held(app.db.write(), &user.id).await?;
    output.show(
        &json!({
            "sub": user.id,
            "email": user.email,
            "required": held.required,
            "authenticator_app": held.app,
            "passkeys": held.passkeys,
            "recovery_codes": held.recovery_codes,
        }),
        &text(user, &held),
    );
    Ok(())
}

fn text(user: &UserRow, held: &Held) -> String {
    let yes_no = |value: bool| if value { "yes" } else { "no" };
    // The operator's way out must work; the password is for its owner to change.
    let short = if held.short_password && !held.any() {
        "\n\nThe password is short for an account without a second factor.\n  next: keywright user set-password"
    } else {
        ""
    };
    format!(
        "email           {}\nrequired        {}\napp             {}\npasskeys        {}\nrecovery codes  {}{short}",
        user.email,
        yes_no(held.required),
        yes_no(held.app),
        held.passkeys,
        held.recovery_codes,
    )
}
