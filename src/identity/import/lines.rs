//! Our own form: one JSON object a line, unknown members refused.

use super::{NewUser, Person, password};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    email: String,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    preferred_username: Option<String>,
    #[serde(default)]
    profile: Map<String, Value>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    password_hash: Option<String>,
    #[serde(default)]
    disabled: bool,
}

/// A line. A password that cannot be taken over refuses it: whoever wrote the line meant it.
pub(super) fn person(value: &Value) -> Result<Person, String> {
    let line: Line = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let mut notes = Vec::new();
    let password_hash = password(line.password_hash.as_deref(), &mut notes);
    if let Some(note) = notes.pop() {
        return Err(note.trim_start_matches("without a password: ").to_owned());
    }
    Ok(Person {
        user: NewUser {
            email: line.email,
            email_verified: line.email_verified,
            name: line.name,
            preferred_username: line.preferred_username,
            profile: line.profile,
            roles: line.roles,
            groups: line.groups,
        },
        password_hash,
        disabled: line.disabled,
        notes,
    })
}
