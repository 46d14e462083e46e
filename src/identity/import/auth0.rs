//! An Auth0 export with password hashes: one JSON object a line.

use super::{NewUser, Person, password};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Line {
    email: String,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    username: Option<String>,
    #[serde(rename = "passwordHash")]
    password_hash: Option<String>,
    #[serde(default)]
    blocked: bool,
}

pub(super) fn person(value: &Value) -> Result<Person, String> {
    let line: Line = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let mut notes = Vec::new();
    let password_hash = password(line.password_hash.as_deref(), &mut notes);
    let claims = [("given_name", line.given_name), ("family_name", line.family_name)];
    let claims = claims
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))));
    Ok(Person {
        user: NewUser {
            // Auth0 puts the address where no name is known.
            name: line.name.filter(|name| *name != line.email),
            email: line.email,
            email_verified: line.email_verified,
            preferred_username: line.username,
            profile: claims.collect(),
            ..NewUser::default()
        },
        password_hash,
        disabled: line.blocked,
        notes,
    })
}
