//! People from other systems: our own JSON lines, the users of a Keycloak realm, and an Auth0 export.
//! Reading decides; nothing is written before every line was looked at. Tests: tests/it/cli/import.rs, tests/it/pages/imported.rs.

mod auth0;
mod keycloak;
mod lines;

use super::email::CanonicalEmail;
use super::event::{About, Event, Journal};
use super::password::importable;
use super::users::{ADMIN, NewUser};
use crate::id;
use crate::storage::Result;
use crate::storage::users::{self, UserRow};
use serde_json::Value;

/// Somebody to be taken over.
#[derive(Clone, Debug)]
pub struct Person {
    /// What the user will be.
    pub user: NewUser,
    /// The stored form of the password, if it can be verified here.
    pub password_hash: Option<String>,
    /// Whether the person is kept out.
    pub disabled: bool,
    /// What is lost on the way.
    pub notes: Vec<String>,
}

/// What became of one entry of the file; entries count from 1.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Line of the file, or place in the list of users.
    pub number: usize,
    /// The person, or why there is none.
    pub person: std::result::Result<Person, String>,
}

/// Reads a file of any of the known forms.
///
/// # Errors
/// It is of none of them.
pub fn read(text: &str) -> std::result::Result<Vec<Entry>, String> {
    let people: Vec<_> = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(realm)) if realm.get("users").is_some_and(Value::is_array) => {
            let users = realm.get("users").and_then(Value::as_array).into_iter().flatten();
            users.map(keycloak::person).zip(1..).collect()
        }
        _ => {
            let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
            lines.map(|(line, number)| (person(line), number)).collect()
        }
    };
    if people.is_empty() {
        return Err("there is nobody in it".to_owned());
    }
    let mut seen = std::collections::HashSet::new();
    let entries = people.into_iter().map(|(person, number)| {
        let person = person.and_then(|mut person| {
            let email = CanonicalEmail::parse(&person.user.email).map_err(|error| error.to_string())?;
            if !seen.insert(email.clone()) {
                return Err(format!("{email} is in the file twice"));
            }
            person.user.email = email.to_string();
            Ok(person)
        });
        Entry { number, person }
    });
    Ok(entries.collect())
}

fn person(line: &str) -> std::result::Result<Person, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    if value.get("_id").is_some() || value.get("passwordHash").is_some() {
        auth0::person(&value)
    } else {
        lines::person(&value)
    }
}

/// A password hash to take over, or a note why it is left out: the person then asks for a new password.
fn password(hash: Option<&str>, notes: &mut Vec<String>) -> Option<String> {
    match hash.map(importable)? {
        Ok(hash) => Some(hash),
        Err(error) => {
            notes.push(format!("without a password: {error}"));
            None
        }
    }
}

/// Roles of another system; its administrators are not ours.
fn foreign_roles(roles: Vec<String>, notes: &mut Vec<String>) -> Vec<String> {
    let (admin, roles): (Vec<_>, Vec<_>) = roles.into_iter().partition(|role| role == ADMIN);
    if !admin.is_empty() {
        notes.push("without the role admin, which administers this server".to_owned());
    }
    roles
}

/// Writes a person where the caller's transaction is.
///
/// # Errors
/// The database fails.
pub async fn insert(journal: &mut Journal<'_>, person: &Person) -> Result<()> {
    let (app, now) = (journal.actor.app, journal.actor.now.0);
    let json = |list: &[String]| serde_json::to_string(list).unwrap_or_else(|_| "[]".to_owned());
    let user = &person.user;
    let row = UserRow {
        id: id::user(&*app.entropy),
        email: user.email.clone(),
        email_verified: user.email_verified,
        preferred_username: user.preferred_username.clone(),
        name: user.name.clone(),
        profile: Value::Object(user.profile.clone()).to_string(),
        roles: json(&user.roles),
        groups: json(&user.groups),
        password_hash: person.password_hash.clone(),
        credential_epoch: 0,
        disabled_at: person.disabled.then_some(now),
        created_at: now,
        updated_at: now,
    };
    users::insert(journal.sql(), &row).await?;
    journal.note(Event::Created, About::user(&row.id)).await
}
