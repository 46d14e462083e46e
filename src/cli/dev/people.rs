//! The users of a development server.

use crate::app::App;
use crate::cli::error::Result;
use crate::cli::{user, words};
use crate::identity::users::{self, NewUser};
use crate::secret::Secret;
use serde_json::{Map, Value, json};

struct Person {
    name: &'static str,
    given: &'static str,
    family: &'static str,
    roles: &'static [&'static str],
    groups: &'static [&'static str],
}

const PEOPLE: [Person; 3] = [
    Person {
        name: "alice",
        given: "Alice",
        family: "Adams",
        roles: &["user"],
        groups: &["staff"],
    },
    Person {
        name: "bob",
        given: "Bob",
        family: "Brown",
        roles: &["user"],
        groups: &["guests"],
    },
    Person {
        name: "admin",
        given: "Ada",
        family: "Admin",
        roles: &["user", "admin"],
        groups: &["staff"],
    },
];

/// Adds the users; gives their addresses and passwords by name.
pub(super) async fn add(app: &App) -> Result<Value> {
    let mut described = Map::new();
    let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    for person in &PEOPLE {
        let email = format!("{}@example.com", person.name);
        let password = words::passphrase(&*app.entropy, 4);
        let profile = json!({ "given_name": person.given, "family_name": person.family });
        let new = NewUser {
            email: email.clone(),
            email_verified: true,
            name: Some(format!("{} {}", person.given, person.family)),
            preferred_username: Some(person.name.to_owned()),
            profile: profile.as_object().cloned().unwrap_or_default(),
            roles: list(person.roles),
            groups: list(person.groups),
        };
        let created = users::create(app, new, Secret::new(password.clone())).await;
        created.map_err(|error| user::failure(&error, &email))?;
        described.insert(
            person.name.to_owned(),
            json!({ "email": email, "password": password }),
        );
    }
    Ok(described.into())
}
