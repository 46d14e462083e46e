//! A user of a Keycloak realm export. Its argon2id and bcrypt passwords come along, PBKDF2 does not.

use super::{NewUser, Person, foreign_roles, password};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

/// Roles that Keycloak gives to everybody and that mean nothing elsewhere.
const OWN_ROLES: [&str; 2] = ["offline_access", "uma_authorization"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    email: Option<String>,
    username: Option<String>,
    #[serde(default)]
    email_verified: bool,
    #[serde(default = "enabled")]
    enabled: bool,
    first_name: Option<String>,
    last_name: Option<String>,
    #[serde(default)]
    realm_roles: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    credentials: Vec<Credential>,
}

/// Keycloak leaves out what has its default.
fn enabled() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    #[serde(rename = "type")]
    kind: String,
    /// JSON in a string.
    secret_data: Option<String>,
    /// JSON in a string.
    credential_data: Option<String>,
}

pub(super) fn person(value: &Value) -> Result<Person, String> {
    let user: User = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let email = user.email.ok_or("without an e-mail address")?;
    let mut notes = Vec::new();
    let is_password = |credential: &&Credential| credential.kind == "password";
    let credential = user.credentials.iter().find(is_password);
    let hash = credential.map(|credential| hash(credential).unwrap_or_default());
    let password_hash = password(hash.as_deref(), &mut notes);
    if user
        .credentials
        .iter()
        .any(|credential| credential.kind != "password")
    {
        notes.push("without second factors".to_owned());
    }
    let own = |role: &String| OWN_ROLES.contains(&role.as_str()) || role.starts_with("default-roles-");
    let roles = user.realm_roles.into_iter().filter(|role| !own(role)).collect();
    let names: Vec<&str> = [&user.first_name, &user.last_name]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let name = names.join(" ");
    let claims = [("given_name", &user.first_name), ("family_name", &user.last_name)];
    let claims = claims
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value.clone()?))));
    Ok(Person {
        user: NewUser {
            email,
            email_verified: user.email_verified,
            profile: claims.collect(),
            name: Some(name).filter(|name| !name.is_empty()),
            preferred_username: user.username,
            roles: foreign_roles(roles, &mut notes),
            // Paths: `/staff/it`.
            groups: user
                .groups
                .iter()
                .map(|group| group.trim_start_matches('/').to_owned())
                .collect(),
        },
        password_hash,
        disabled: !user.enabled,
        notes,
    })
}

/// The stored password in the form that is stored here; `None` for what is not verified here.
fn hash(credential: &Credential) -> Option<String> {
    let secret: Value = serde_json::from_str(credential.secret_data.as_deref()?).ok()?;
    let data: Value = serde_json::from_str(credential.credential_data.as_deref()?).ok()?;
    let value = secret.get("value")?.as_str()?;
    match data.get("algorithm")?.as_str()? {
        "bcrypt" => Some(value.to_owned()),
        "argon2" => {
            let more = data.get("additionalParameters")?;
            let one = |name: &str| more.get(name)?.get(0)?.as_str();
            let argon2id = one("type")? == "id" && one("version")? == "1.3";
            let unpadded = |text: &str| Some(STANDARD_NO_PAD.encode(STANDARD.decode(text).ok()?));
            let (memory, lanes) = (one("memory")?, one("parallelism")?);
            let passes = data.get("hashIterations")?.as_u64()?;
            let salt = unpadded(secret.get("salt")?.as_str()?)?;
            let hash = unpadded(value)?;
            argon2id.then(|| format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${hash}"))
        }
        _ => None,
    }
}
