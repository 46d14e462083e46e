//! `keywright audit`: what happened to accounts.

use super::error::Result;
use super::output::{Output, table};
use super::{Global, user};
use crate::app::App;
use crate::identity::event::Event;
use crate::identity::export;
use crate::storage::events::{self, EventRow};
use crate::time::{Seconds, Timestamp};
use clap::Subcommand;
use serde_json::Value;

/// Verbs of `keywright audit`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// List events, the oldest first
    List {
        /// E-mail address or `sub`; without it those of everybody
        #[arg(long)]
        user: Option<String>,
        /// How far back: `90s`, `15m`, `12h` or `7d`
        #[arg(long, default_value = "7d")]
        since: Seconds,
    },
}

/// Runs the verb.
///
/// # Errors
/// There is no such user; the database fails.
pub(super) async fn run(verb: &Verb, global: &Global, output: Output) -> Result {
    let Verb::List { user, since } = verb;
    global
        .with_app(async |app| list(app, user.as_deref(), *since, output).await)
        .await
}

async fn list(app: &App, of: Option<&str>, since: Seconds, output: Output) -> Result {
    const PAGE: i64 = 500;
    let of = match of {
        Some(user) => Some(user::find(app, user).await?.id),
        None => None,
    };
    let since = app.clock.now() - since;
    let (mut values, mut rows, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let at = app.db.read();
        let page = match &of {
            Some(user_id) => events::list_of_user(at, user_id, since, &after, PAGE).await?,
            None => events::list(at, since, &after, PAGE).await?,
        };
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        for row in &page {
            values.push(export::event(row));
            rows.push(cells(row));
        }
    }
    let text = if rows.is_empty() {
        "Nothing has happened in this time.".to_owned()
    } else {
        table(&["time", "event", "sub", "address", "app", "detail"], &rows)
    };
    output.show(&Value::Array(values), &text);
    Ok(())
}

fn cells(row: &EventRow) -> Vec<String> {
    let empty = row.detail == "{}";
    vec![
        Timestamp(row.at).for_people(),
        Event::named(&row.event).map_or_else(|| row.event.clone(), |event| event.words().to_owned()),
        row.user_id.clone().unwrap_or_default(),
        row.ip.clone(),
        row.client_id.clone().unwrap_or_default(),
        if empty { String::new() } else { row.detail.clone() },
    ]
}
