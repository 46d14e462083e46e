//! The users of a development server.

use crate::app::App;
use crate::cli::error::{CliError, Result};
use crate::cli::{password, user, words};
use crate::identity::email::CanonicalEmail;
use crate::secret::Secret;
use crate::storage::users::UserRow;
use serde_json::{Map, Value, json};

struct Person {
    name: &'static str,
    given: &'static str,
    family: &'static str,
    roles: &'static [&'static str],
    groups: &'static [&'static str],
}

const PEOPLE: [Person; 3] = [
    Person { name: "alice", given: "Alice", family: "Adams", roles: &["user"], groups: &["staff"] },
    Person { name: "bob", given: "Bob", family: "Brown", roles: &["user"], groups: &["guests"] },
    Person { name: "admin", given: "Ada", family: "Admin", roles: &["user", "admin"], groups: &["staff"] },
];

/// Adds the users; gives their addresses and passwords by name.
pub(super) async fn add(app: &App) -> Result<Value> {
    let mut described = Map::new();
    for person in &PEOPLE {
        let address = format!("{}@example.com", person.name);
        let email = CanonicalEmail::parse(&address)
            .map_err(|error| CliError::failure(format!("{address}: {error}"), "keywright doctor"))?;
        let passphrase = words::passphrase(&*app.entropy, 4);
        let hash = password::hash(app, Secret::new(passphrase.clone())).await?;
        let row = UserRow {
            name: Some(format!("{} {}", person.given, person.family)),
            profile: json!({ "given_name": person.given, "family_name": person.family }).to_string(),
            roles: json!(person.roles).to_string(),
            groups: json!(person.groups).to_string(),
            ..user::new(app, &email, hash)
        };
        user::insert(app, &row, &email).await?;
        described.insert(person.name.to_owned(), json!({ "email": address, "password": passphrase }));
    }
    Ok(described.into())
}
