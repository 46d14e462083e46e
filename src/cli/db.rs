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
    let app = global.app().await?;
    app.db.migrate().await?;
    let database = app.config.database.url.for_people();
    output.show(
        &json!({ "migrated": true, "database": database }),
        &format!("{database} is up to date."),
    );
    app.db.close().await;
    Ok(())
}
