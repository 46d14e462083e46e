//! `keywright client`: the applications that may ask for tokens.

mod add;
mod certificate;
mod secret;
mod snippet;
mod update;

pub(crate) use add::insert;
pub(crate) use secret::duration;

use super::Global;
use super::error::{CliError, Result};
use super::output::{Output, instant, table};
use crate::app::App;
use crate::oauth::client::{self, Metadata};
use crate::storage::clients::{self, ClientRow};
use crate::time::Timestamp;
use clap::Subcommand;
use serde_json::{Value, json};

/// Verbs of `keywright client`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Register an application and print what it needs
    Add(Box<add::Add>),
    /// List all clients
    List,
    /// Show one client
    Show {
        /// The client identifier
        id: String,
    },
    /// Change one client
    Update(Box<update::Update>),
    /// Make a new secret; the old one stays good for a while
    RotateSecret(secret::Rotate),
    /// Remove a client with everything that was granted to it
    Rm {
        /// The client identifier
        id: String,
        /// Really do it
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the verb.
///
/// # Errors
/// No such client, invalid metadata, or the database fails.
pub(super) async fn run(verb: &Verb, global: &Global, output: Output) -> Result {
    global
        .with_app(async |app| dispatch(verb, app, output).await)
        .await
}

async fn dispatch(verb: &Verb, app: &App, output: Output) -> Result {
    match verb {
        Verb::Add(arguments) => add::run(arguments, app, output).await,
        Verb::List => list(app, output).await,
        Verb::Show { id } => show(app, id, output).await,
        Verb::Update(arguments) => update::run(arguments, app, output).await,
        Verb::RotateSecret(arguments) => secret::run(arguments, app, output).await,
        Verb::Rm { id, yes } => remove(app, id, *yes, output).await,
    }
}

async fn list(app: &App, output: Output) -> Result {
    const PAGE: i64 = 200;
    let (mut values, mut rows, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = clients::list(app.db.read(), &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id.clone();
        for client in &page {
            let metadata = metadata(client)?;
            let state = if client.disabled_at.is_some() {
                "disabled"
            } else {
                ""
            };
            rows.push(vec![
                client.id.clone(),
                metadata.token_endpoint_auth_method.clone(),
                short_grants(&metadata),
                state.to_owned(),
            ]);
            values.push(document(client, &metadata));
        }
    }
    let text = if rows.is_empty() {
        "No clients yet.\n  next: keywright client add my-app --spa --redirect http://localhost:5173/callback"
            .to_owned()
    } else {
        table(&["client_id", "authentication", "grants", ""], &rows)
    };
    output.show(&Value::Array(values), &text);
    Ok(())
}

fn short_grants(metadata: &Metadata) -> String {
    let short = |grant: &String| grant.rsplit(':').next().unwrap_or(grant).to_owned();
    metadata
        .grant_types
        .iter()
        .map(short)
        .collect::<Vec<_>>()
        .join(" ")
}

async fn show(app: &App, id: &str, output: Output) -> Result {
    let client = find(app, id).await?;
    print(app, &client, &metadata(&client)?, output);
    Ok(())
}

async fn remove(app: &App, id: &str, yes: bool, output: Output) -> Result {
    let client = find(app, id).await?;
    if !yes {
        return Err(CliError::usage(
            format!("this removes the client {id:?} and ends every token and consent that it has"),
            format!("keywright client rm {id} --yes    (or: keywright client update {id} --disable)"),
        ));
    }
    client::remove(app, &client.id).await?;
    output.show(&json!({ "removed": id }), &format!("Removed the client {id}."));
    Ok(())
}

/// The client, or an error that says how to find it.
pub(crate) async fn find(app: &App, id: &str) -> Result<ClientRow> {
    let found = clients::find(app.db.read(), id).await?;
    found.ok_or_else(|| CliError::failure(format!("there is no client {id:?}"), "keywright client list"))
}

fn metadata(client: &ClientRow) -> Result<Metadata> {
    serde_json::from_str(&client.metadata).map_err(|error| {
        CliError::failure(
            format!("the stored metadata of {:?} cannot be read: {error}", client.id),
            "keywright doctor",
        )
    })
}

/// The client as RFC 7591 §3.2.1 writes it, without a secret.
fn document(client: &ClientRow, metadata: &Metadata) -> Value {
    let mut value = json!(metadata);
    if let Value::Object(members) = &mut value {
        members.insert("client_id".to_owned(), json!(client.id));
        members.insert("client_id_issued_at".to_owned(), json!(client.created_at));
        members.insert("disabled".to_owned(), json!(client.disabled_at.is_some()));
    }
    value
}

fn print(app: &App, client: &ClientRow, metadata: &Metadata, output: Output) {
    let value = document(client, metadata);
    let mut rows = vec![vec!["client_id".to_owned(), client.id.clone()]];
    if let Value::Object(members) = json!(metadata) {
        for (name, value) in members {
            let cell = match value {
                Value::String(text) => text,
                Value::Array(items) => items
                    .iter()
                    .map(|item| item.as_str().unwrap_or_default())
                    .collect::<Vec<_>>()
                    .join(" "),
                set @ Value::Object(_) if name == "jwks" => certificate::for_people(&set),
                other => other.to_string(),
            };
            if !cell.is_empty() {
                rows.push(vec![name, cell]);
            }
        }
    }
    let now = app.clock.now();
    rows.push(vec![
        "created".to_owned(),
        instant(Timestamp(client.created_at), now),
    ]);
    if let Some(since) = client.disabled_at {
        rows.push(vec!["disabled".to_owned(), instant(Timestamp(since), now)]);
    }
    output.show(&value, &table(&["", ""], &rows).split_off(1));
}

/// Metadata that this server would not register, as one error with all reasons.
pub(crate) fn check(app: &App, id: &str, metadata: &Metadata) -> Result {
    use crate::oauth::client::{auth, registration};
    let checked = registration::check(id, metadata, &app.keyring.set().algs());
    let mut problems = checked.err().unwrap_or_default();
    let method = metadata.token_endpoint_auth_method.as_str();
    let is_known = auth::ALL.iter().any(|known| known.name() == method);
    let advice = "set tls.mtls_listen or tls.client_certificate_header first";
    if is_known && !auth::offered(&app.config).contains(&method) {
        let text = format!(
            "this server does not take {method} now: {advice}; tls_client_auth needs tls.client_ca too"
        );
        let field = "token_endpoint_auth_method";
        problems.push(registration::Problem { field, text });
    }
    if metadata.tls_client_certificate_bound_access_tokens && !app.config.tls.takes_client_certificates() {
        let text = format!("no certificate of a client reaches this server now: {advice}");
        let field = "tls_client_certificate_bound_access_tokens";
        problems.push(registration::Problem { field, text });
    }
    if problems.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("\n  - {}: {}", problem.field, problem.text))
        .collect();
    Err(CliError::usage(
        format!("the client cannot be registered like this:{}", lines.concat()),
        "keywright client add --help",
    ))
}
