//! `keywright user import`: people from other systems, all of the file or nobody.

use super::super::error::{CliError, Result};
use super::super::output::{Output, to_stderr};
use crate::app::App;
use crate::identity::event::{Actor, Journal};
use crate::identity::import::{self, Entry};
use crate::storage::users;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `keywright user import`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// JSON lines of our own (`email`, `password_hash`, …), a Keycloak realm export, or an Auth0 export
    file: PathBuf,
    /// Leave out the entries that cannot be taken, and take the others
    #[arg(long)]
    skip_refused: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// Takes the people over in one transaction.
///
/// # Errors
/// The file cannot be read, an entry is refused, or the database fails: then nobody was added.
pub(super) async fn run(arguments: &Import, app: &App, output: Output) -> Result {
    let name = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file)
        .map_err(|error| CliError::failure(format!("cannot read {name}: {error}"), "check the path"))?;
    let mut entries = import::read(&text)
        .map_err(|why| CliError::failure(format!("{name}: {why}"), "keywright user import --help"))?;
    let mut journal = Journal::begin(Actor::operator(app)).await?;
    for entry in &mut entries {
        let Ok(person) = &entry.person else { continue };
        let email = &person.user.email;
        if users::find_by_email(journal.sql(), email).await?.is_some() {
            entry.person = Err(format!("{email} is a user already"));
        } else {
            import::insert(&mut journal, person).await?;
        }
    }
    let refused = entries.iter().filter(|entry| entry.person.is_err()).count();
    let added = entries.len() - refused;
    let goes = (refused == 0 || arguments.skip_refused) && !arguments.dry_run;
    if goes {
        journal.commit().await?;
    }
    let report: String = entries.iter().map(line).collect();
    if refused > 0 && !goes && !arguments.dry_run {
        to_stderr(report.trim_end());
        return Err(CliError::failure(
            format!(
                "{refused} of {} entries cannot be taken; nobody was added",
                entries.len()
            ),
            format!("keywright user import {name} --skip-refused"),
        ));
    }
    let done = if goes { "Added" } else { "Would add" };
    let values: Vec<Value> = entries.iter().map(document).collect();
    output.show(
        &json!({ "added": if goes { added } else { 0 }, "refused": refused, "entries": values }),
        &format!("{report}{done} {added}, refused {refused}."),
    );
    Ok(())
}

fn line(entry: &Entry) -> String {
    match &entry.person {
        Ok(person) if person.notes.is_empty() => format!("{}: {}\n", entry.number, person.user.email),
        Ok(person) => format!(
            "{}: {} {}\n",
            entry.number,
            person.user.email,
            person.notes.join(", ")
        ),
        Err(why) => format!("{}: refused: {why}\n", entry.number),
    }
}

fn document(entry: &Entry) -> Value {
    match &entry.person {
        Ok(person) => json!({ "entry": entry.number, "email": person.user.email, "notes": person.notes }),
        Err(why) => json!({ "entry": entry.number, "refused": why }),
    }
}
