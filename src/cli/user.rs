//! `keywright user`: the people who sign in.

mod access;
mod import;
mod mfa;

use super::Global;
use super::error::{CliError, Result};
use super::output::{Output, instant, table};
use super::password::{Chosen, Source};
use crate::app::App;
use crate::id;
use crate::identity::email::CanonicalEmail;
use crate::identity::event::Actor;
use crate::identity::users::{self as accounts, NewUser, UserError};
use crate::storage::users::{self, UserRow};
use crate::time::Timestamp;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Verbs of `keywright user`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Add a user
    Add(Add),
    /// List all users
    List,
    /// Show one user
    Show {
        /// E-mail address or `sub`
        user: String,
    },
    /// Set a password; ends all sessions and tokens of the user, not its API keys
    SetPassword {
        /// E-mail address or `sub`
        user: String,
        #[command(flatten)]
        password: Source,
    },
    /// Open the password path that wrong passwords have locked
    Unlock {
        /// E-mail address or `sub`
        user: String,
    },
    /// Keep a user out; ends all sessions, tokens and API keys
    Disable {
        /// E-mail address or `sub`
        user: String,
    },
    /// Let a disabled user in again
    Enable {
        /// E-mail address or `sub`
        user: String,
    },
    /// Send a mail with a link to create an account
    Invite {
        /// E-mail address
        email: String,
    },
    /// Take people over from a file: JSON lines, a Keycloak realm or an Auth0 export
    Import(import::Import),
    /// Show or change the second factors of a user
    Mfa {
        /// E-mail address or `sub`
        user: String,
        #[command(flatten)]
        change: mfa::Change,
    },
    /// Remove a user with all sessions, consents, tokens and API keys
    Rm {
        /// E-mail address or `sub`
        user: String,
        /// Really do it
        #[arg(long)]
        yes: bool,
    },
}

/// Arguments of `keywright user add`.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// The e-mail address, by which the user signs in
    email: String,
    #[command(flatten)]
    password: Source,
    /// Full name
    #[arg(long)]
    name: Option<String>,
    /// The claim `preferred_username` [default: what stands before the @]
    #[arg(long)]
    username: Option<String>,
    /// A role; `admin` is an administrator (repeatable)
    #[arg(long = "role")]
    roles: Vec<String>,
    /// A group (repeatable)
    #[arg(long = "group")]
    groups: Vec<String>,
    /// The address has not been shown to belong to the user
    #[arg(long)]
    unverified: bool,
}

/// Runs the verb.
///
/// # Errors
/// No such user, a refused password, or the database fails.
pub(super) async fn run(verb: &Verb, global: &Global, output: Output) -> Result {
    global
        .with_app(async |app| dispatch(verb, app, output).await)
        .await
}

async fn dispatch(verb: &Verb, app: &App, output: Output) -> Result {
    match verb {
        Verb::Add(arguments) => add(arguments, app, output).await,
        Verb::List => list(app, output).await,
        Verb::Show { user } => show(app, user, output).await,
        Verb::SetPassword { user, password } => set_password(app, user, password, output).await,
        Verb::Unlock { user } => access::unlock(app, user, output).await,
        Verb::Disable { user } => access::disable(app, user, output).await,
        Verb::Enable { user } => access::enable(app, user, output).await,
        Verb::Invite { email } => access::invite(app, email, output).await,
        Verb::Import(arguments) => import::run(arguments, app, output).await,
        Verb::Mfa { user, change } => mfa::run(app, &find(app, user).await?, change, output).await,
        Verb::Rm { user, yes } => remove(app, user, *yes, output).await,
    }
}

async fn add(arguments: &Add, app: &App, output: Output) -> Result {
    let chosen = arguments.password.choose(&*app.entropy)?;
    let email =
        CanonicalEmail::parse(&arguments.email).map_err(|_| failure(&UserError::Email, &arguments.email))?;
    let new = NewUser {
        email: email.to_string(),
        email_verified: !arguments.unverified,
        name: arguments.name.clone(),
        preferred_username: Some(
            arguments
                .username
                .clone()
                .unwrap_or_else(|| email.local_part().to_owned()),
        ),
        roles: arguments.roles.clone(),
        groups: arguments.groups.clone(),
        ..NewUser::default()
    };
    let user = accounts::create(app, new, chosen.password.clone())
        .await
        .map_err(|error| failure(&error, email.as_str()))?;
    let text = format!("Added {} ({}).", user.email, user.id);
    let next = format!("\n  sign in   {}", app.config.public_url.url("/login"));
    show_password(&user, &chosen, text, &next, output);
    Ok(())
}

/// The result of a command that sets a password; the password itself only if it was made here.
fn show_password(user: &UserRow, chosen: &Chosen, mut text: String, next: &str, output: Output) {
    let mut value = document(user);
    if let (true, Value::Object(members)) = (chosen.generated, &mut value) {
        members.insert("password".to_owned(), json!(chosen.password.expose()));
        text += &format!("\n  password  {}    (shown once)", chosen.password.expose());
    }
    output.show(&value, &(text + next));
}

pub(crate) fn failure(error: &UserError, email: &str) -> CliError {
    let next = match error {
        UserError::Email => "keywright user add name@example.com --generate-password".to_owned(),
        UserError::Taken => format!("keywright user show {email}"),
        UserError::Password(_) => "choose another one, or --generate-password".to_owned(),
        UserError::Busy | UserError::TooOften => "try again".to_owned(),
        UserError::Changed => format!("keywright user show {email}"),
        UserError::LastAdministrator => "keywright user list".to_owned(),
        UserError::Storage(_) => "keywright doctor".to_owned(),
    };
    CliError::failure(format!("{email}: {error}"), next)
}

async fn list(app: &App, output: Output) -> Result {
    const PAGE: i64 = 200;
    let (mut values, mut rows, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = users::list(app.db.read(), &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.email.clone();
        for user in &page {
            let state = if user.disabled_at.is_some() {
                "disabled"
            } else {
                ""
            };
            let roles = names(&user.roles).join(" ");
            rows.push(vec![user.email.clone(), user.id.clone(), roles, state.to_owned()]);
            values.push(document(user));
        }
    }
    let text = if rows.is_empty() {
        "No users yet.\n  next: keywright user add name@example.com --generate-password".to_owned()
    } else {
        table(&["email", "sub", "roles", ""], &rows)
    };
    output.show(&Value::Array(values), &text);
    Ok(())
}

async fn show(app: &App, user: &str, output: Output) -> Result {
    let user = find(app, user).await?;
    let now = app.clock.now();
    let yes_no = |value: bool| if value { "yes" } else { "no" }.to_owned();
    let mut rows = vec![
        ("email", user.email.clone()),
        ("sub", user.id.clone()),
        ("verified", yes_no(user.email_verified)),
        ("name", user.name.clone().unwrap_or_default()),
        ("username", user.preferred_username.clone().unwrap_or_default()),
        ("roles", names(&user.roles).join(" ")),
        ("groups", names(&user.groups).join(" ")),
        ("password", yes_no(user.password_hash.is_some())),
        ("created", instant(Timestamp(user.created_at), now)),
    ];
    if let Some(since) = access::locked_since(app, &user).await? {
        rows.push(("locked", instant(since, now)));
    }
    if let Some(since) = user.disabled_at {
        rows.push(("disabled", instant(Timestamp(since), now)));
    }
    let text: String = rows
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<10}{value}\n"))
        .collect();
    output.show(&document(&user), &text);
    Ok(())
}

async fn set_password(app: &App, user: &str, source: &Source, output: Output) -> Result {
    let user = find(app, user).await?;
    let chosen = source.choose(&*app.entropy)?;
    accounts::set_password(Actor::operator(app), &user, chosen.password.clone())
        .await
        .map_err(|error| failure(&error, &user.email))?;
    let text = format!(
        "Set the password of {}. Earlier sessions and tokens have ended.",
        user.email
    );
    show_password(&user, &chosen, text, "", output);
    Ok(())
}

async fn remove(app: &App, user: &str, yes: bool, output: Output) -> Result {
    let user = find(app, user).await?;
    if !yes {
        return Err(CliError::usage(
            format!("this removes {} and ends every session and token", user.email),
            format!("keywright user rm {} --yes", user.email),
        ));
    }
    accounts::remove(Actor::operator(app), &user)
        .await
        .map_err(|error| failure(&error, &user.email))?;
    output.show(
        &json!({ "removed": user.id, "email": user.email }),
        &format!("Removed {}.", user.email),
    );
    Ok(())
}

/// The user, or an error that says how to find it.
pub(super) async fn find(app: &App, user: &str) -> Result<UserRow> {
    let found = if id::is_user(user) {
        users::find(app.db.read(), user).await?
    } else {
        let email = CanonicalEmail::parse(user).map_err(|_| failure(&UserError::Email, user))?;
        users::find_by_email(app.db.read(), email.as_str()).await?
    };
    found.ok_or_else(|| CliError::failure(format!("there is no user {user:?}"), "keywright user list"))
}

fn names(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The user with the claim names of OIDC Core §5.1.
fn document(user: &UserRow) -> Value {
    json!({
        "sub": user.id,
        "email": user.email,
        "email_verified": user.email_verified,
        "name": user.name,
        "preferred_username": user.preferred_username,
        "roles": names(&user.roles),
        "groups": names(&user.groups),
        "has_password": user.password_hash.is_some(),
        "disabled": user.disabled_at.is_some(),
        "created_at": user.created_at,
    })
}
