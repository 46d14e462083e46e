//! `keywright db`: the database.

use super::Global;
use super::error::Result;
use super::output::Output;
use clap::Subcommand;
use serde_json::json;

/// Verbs of `keywright db`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Create the tables, or bring them up to date; `serve` does this too
    Migrate,
}

/// Runs the verb.
///
/// # Errors
/// The database cannot be reached, or is of a newer version.
pub(super) async fn run(verb: &Verb, global: &Global, output: Output) -> Result {
    let Verb::Migrate = verb;
    global
        .with_app(async |app| {
            // Every command opens the database by migrating it; this one does nothing else.
            let database = app.config.database.url.for_people();
            let value = json!({ "migrated": true, "database": database });
            output.show(&value, &format!("{database} is up to date."));
            Ok(())
        })
        .await
}
