//! Claims about a user (OIDC Core §5.1), from the row read with the grant.

use crate::oauth::engine::scope::Scope;
use crate::oauth::scopes;
use crate::storage::grants::Standing;
use serde_json::{Map, Value};

/// The claims of the user for which `wanted` says yes and for which there is a value.
pub fn of(standing: &Standing, wanted: impl Fn(&str) -> bool) -> Map<String, Value> {
    let mut claims: Map<String, Value> = serde_json::from_str(&standing.profile).unwrap_or_default();
    claims.retain(|name, _| wanted(name));
    let mut set = |name: &str, value: &dyn Fn() -> Option<Value>| {
        if wanted(name)
            && let Some(value) = value()
        {
            claims.insert(name.to_owned(), value);
        }
    };
    set("name", &|| standing.name.clone().map(Value::String));
    set("preferred_username", &|| {
        standing.preferred_username.clone().map(Value::String)
    });
    set("email", &|| Some(Value::String(standing.email.clone())));
    set("email_verified", &|| Some(Value::Bool(standing.email_verified)));
    set("roles", &|| Some(list(&standing.roles)));
    set("groups", &|| Some(list(&standing.groups)));
    set("updated_at", &|| Some(standing.updated_at.into()));
    claims
}

/// Whether the scope allows the claim (OIDC Core §5.4).
pub fn allowed_by(scope: &Scope, claim: &str) -> bool {
    scopes::ALL
        .iter()
        .any(|known| known.claims.contains(&claim) && scope.has(known.name))
}

/// A stored JSON array of strings.
pub fn list(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::Array(Vec::new()))
}
