//! `keywright api-key`: long-lived secrets for programs, of a user or a client. A key is made here and shown once; on the
//! command line it is only ever named by its identifier.

use super::Global;
use super::client::{self, duration};
use super::error::{CliError, Result};
use super::output::{Output, instant, table};
use super::user;
use crate::app::App;
use crate::identity::api_key::{self, KeyError, NewKey, Owner};
use crate::identity::event::Actor;
use crate::oauth::api_key::{Grantable, stands};
use crate::opaque::{self, Kind};
use crate::storage::api_keys::{self, ApiKeyRow};
use crate::time::{Seconds, Timestamp};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Verbs of `keywright api-key`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a key and show it, once
    Add(Add),
    /// List the keys of an owner, or all
    List(Whose),
    /// Revoke a key, at once and for good
    Revoke {
        /// The identifier of the key, as `list` shows it; never the key itself
        id: String,
    },
}

/// Arguments of `keywright api-key add`.
#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    whose: Whose,
    /// So that it is recognized in the list
    #[arg(long)]
    name: String,
    /// What it may do, separated by spaces
    #[arg(long, default_value = "")]
    scope: String,
    /// What it is for [default: apps behind a proxy, or the one resource of the client]
    #[arg(long, value_name = "URI")]
    resource: Option<String>,
    /// How long it is good, such as `30d` [default: api_keys.lifetime]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires: Option<Seconds>,
}

/// Whose keys.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Whose {
    /// E-mail address or `sub`
    #[arg(long, value_name = "EMAIL")]
    user: Option<String>,
    /// Client identifier
    #[arg(long, value_name = "ID")]
    client: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// No such owner or key, a key that asks for too much, or the database fails.
pub(super) async fn run(verb: &Verb, global: &Global, output: Output) -> Result {
    global
        .with_app(async |app| match verb {
            Verb::Add(arguments) => add(arguments, app, output).await,
            Verb::List(whose) => list(whose, app, output).await,
            Verb::Revoke { id } => revoke(id, app, output).await,
        })
        .await
}

async fn add(arguments: &Add, app: &App, output: Output) -> Result {
    let (owner, grantable) = match (&arguments.whose.user, &arguments.whose.client) {
        (Some(user), _) => (user::find(app, user).await?.id, Grantable::to_people(&app.config)),
        (None, Some(id)) => (id.clone(), of_client(app, id).await?),
        (None, None) => {
            let next = "keywright api-key add --user alice@example.com --name backup";
            return Err(CliError::usage("whose key? give --user or --client", next));
        }
    };
    let of_user = arguments.whose.user.is_some();
    let resource = match (&arguments.resource, grantable.resources.as_slice()) {
        (Some(named), _) => named,
        (None, [first, ..]) if of_user => first,
        (None, [only]) => only,
        (None, registered) => {
            let text = format!("which resource? the client has {}", count(registered.len()));
            let next = format!("keywright client update {owner} --resource URI, then --resource URI here");
            return Err(CliError::usage(text, next));
        }
    };
    let new = NewKey {
        owner: if of_user {
            Owner::User(&owner)
        } else {
            Owner::Client(&owner)
        },
        name: &arguments.name,
        scope: &arguments.scope,
        resource,
        lifetime: arguments.expires.unwrap_or(app.config.api_keys.lifetime),
    };
    let key = api_key::create(Actor::operator(app), &new, &grantable).await;
    let key = key.map_err(|error| failure(&error, &grantable))?;
    let row = find(app, key.id()).await?;
    let mut value = document(app, &row).await?;
    if let Some(members) = value.as_object_mut() {
        members.insert("api_key".to_owned(), json!(key.expose()));
    }
    let text = format!(
        "api_key   {}    (shown once)\nid        {}\nresource  {}\nscope     {}\nexpires   {}",
        key.expose(),
        row.id,
        row.resource,
        row.scope,
        instant(Timestamp(row.expires_at), app.clock.now()),
    );
    output.show(&value, &text);
    Ok(())
}

fn count(resources: usize) -> &'static str {
    if resources == 0 { "none" } else { "several" }
}

async fn of_client(app: &App, id: &str) -> Result<Grantable> {
    client::find(app, id).await?;
    let client = app.clients.find(&app.db, id, app.clock.now()).await;
    let client = client.map_err(|fault| CliError::failure(fault.to_string(), "keywright doctor"))?;
    Ok(client.map_or_else(
        || Grantable {
            scope: crate::oauth::Scope::empty(),
            resources: Vec::new(),
        },
        |client| Grantable::to_client(&client),
    ))
}

fn failure(error: &KeyError, grantable: &Grantable) -> CliError {
    let next = match error {
        KeyError::Scope(_) => format!("a scope of: {}", grantable.scope),
        KeyError::Resource(_) => format!("a resource of: {}", grantable.resources.join(" ")),
        KeyError::Lifetime(_) => "keywright config show".to_owned(),
        KeyError::Owner => "keywright api-key list".to_owned(),
        KeyError::Name => "keywright api-key add --help".to_owned(),
        KeyError::Storage(_) => "keywright doctor".to_owned(),
    };
    CliError::failure(error.to_string(), next)
}

async fn list(whose: &Whose, app: &App, output: Output) -> Result {
    let rows = match (&whose.user, &whose.client) {
        (Some(user), _) => api_keys::of_owner(app.db.read(), &user::find(app, user).await?.id).await?,
        (None, Some(id)) => api_keys::of_owner(app.db.read(), &client::find(app, id).await?.id).await?,
        (None, None) => all(app).await?,
    };
    let now = app.clock.now();
    let (mut values, mut lines) = (Vec::new(), Vec::new());
    for row in &rows {
        let value = document(app, row).await?;
        lines.push(vec![
            row.id.clone(),
            row.email.clone().unwrap_or_else(|| row.owner().to_owned()),
            row.name.clone(),
            row.scope.clone(),
            row.resource.clone(),
            row.last_used_at
                .map_or_else(|| "never".to_owned(), |at| instant(Timestamp(at), now)),
            value
                .get("state")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        ]);
        values.push(value);
    }
    let text = if lines.is_empty() {
        "No API keys yet.\n  next: keywright api-key add --user alice@example.com --name backup".to_owned()
    } else {
        table(
            &["id", "owner", "name", "scope", "resource", "last used", "state"],
            &lines,
        )
    };
    output.show(&Value::Array(values), &text);
    Ok(())
}

async fn all(app: &App) -> Result<Vec<ApiKeyRow>> {
    const PAGE: i64 = 200;
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let page = api_keys::list(app.db.read(), &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id.clone();
        rows.extend(page);
    }
    Ok(rows)
}

async fn revoke(id: &str, app: &App, output: Output) -> Result {
    if id.starts_with(crate::oauth::api_key::PREFIX) {
        let text = "name the key by its identifier: other users of this machine can read command lines";
        return Err(CliError::usage(text, "keywright api-key list"));
    }
    let row = find(app, id).await?;
    if !api_key::revoke(Actor::operator(app), Owner::of(&row), &row.id).await? {
        return Err(unknown(id));
    }
    let text = format!(
        "Revoked {:?} of {}.",
        row.name,
        row.email.as_deref().unwrap_or(row.owner())
    );
    output.show(&json!({ "revoked": row.id }), &text);
    Ok(())
}

async fn find(app: &App, id: &str) -> Result<ApiKeyRow> {
    let found = api_keys::find(app.db.write(), id).await?;
    found.ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> CliError {
    CliError::failure(format!("there is no API key {id:?}"), "keywright api-key list")
}

async fn document(app: &App, row: &ApiKeyRow) -> Result<Value> {
    let grantable = match &row.client_id {
        Some(id) => of_client(app, id).await?,
        None => Grantable::to_people(&app.config),
    };
    let state = match stands(row, &grantable, app.config.api_keys.idle, app.clock.now()) {
        Ok(()) => "good",
        Err(reason) => reason,
    };
    Ok(json!({
        "id": row.id,
        "begins": opaque::shown_beginning(Kind::ApiKey, &row.id),
        "sub": row.user_id,
        "email": row.email,
        "client_id": row.client_id,
        "name": row.name,
        "scope": row.scope,
        "resource": row.resource,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "last_used_ip": row.last_used_ip,
        "state": state,
    }))
}
