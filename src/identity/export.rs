//! What the server knows of somebody, for them to take along: one JSON document without secrets. Credentials are in it by
//! name and time only. Tests: tests/it/account/data.rs.

use crate::cx::Cx;
use crate::oauth::error::Fault;
use crate::storage::api_keys::{self, ApiKeyRow};
use crate::storage::events::{self, EventRow};
use crate::storage::passkeys::PasskeyRow;
use crate::storage::users::UserRow;
use crate::storage::{consents, factors, grants, passkeys, sessions};
use serde_json::{Value, json};

/// Above every row identifier, which is of hexadecimal digits: a letter, as locales do not agree where signs belong.
pub const NEWEST: &str = "g";
/// Most events of a document.
const MOST: i64 = 10_000;

/// The document. Instants are seconds since 1970, names are those of OIDC Core §5.1 where it has them.
///
/// # Errors
/// The database fails.
pub async fn document(cx: &Cx, user: &UserRow) -> Result<Value, Fault> {
    let at = || cx.app.db.read();
    let held = factors::held(at(), &user.id).await?;
    let app = factors::app(at(), &user.id).await?;
    let passkeys = passkeys::of_user(at(), &user.id).await?;
    let api_keys = api_keys::of_owner(at(), &user.id).await?;
    let idle = cx.app.config.sessions.idle;
    let sessions = sessions::of_user(at(), &user.id, idle, cx.now).await?;
    let allowed = consents::of_user(at(), &user.id).await?;
    let used = grants::of_user(at(), &user.id, user.credential_epoch, cx.now).await?;
    let activity = events::of_user(at(), &user.id, NEWEST, MOST).await?;
    let consents: Vec<Value> = allowed
        .into_iter()
        .map(|row| json!({ "client_id": row.client_id, "scope": row.scope, "granted_at": row.granted_at }))
        .collect();
    let apps: Vec<Value> = used
        .into_iter()
        .map(|row| {
            json!({ "client_id": row.client_id, "scope": row.scope, "since": row.created_at, "lasting": row.lasting })
        })
        .collect();
    let sessions: Vec<Value> = sessions
        .into_iter()
        .map(|row| {
            json!({ "ip": row.ip, "user_agent": row.user_agent, "amr": row.amr, "auth_time": row.auth_time,
                "last_seen_at": row.last_seen_at })
        })
        .collect();
    Ok(json!({
        "exported_at": cx.now.0,
        "issuer": cx.app.config.public_url.as_str(),
        "profile": profile(user),
        "credentials": {
            "password": user.password_hash.is_some(),
            "authenticator_app": app.map(|app| json!({ "created_at": app.created_at })),
            "passkeys": passkeys.iter().map(passkey).collect::<Vec<_>>(),
            "recovery_codes_left": held.recovery_codes,
            "api_keys": api_keys.iter().map(api_key).collect::<Vec<_>>(),
        },
        "sessions": sessions,
        "consents": consents,
        "apps": apps,
        "activity": activity.iter().map(event).collect::<Vec<_>>(),
    }))
}

fn profile(user: &UserRow) -> Value {
    let read = |json: &str| serde_json::from_str::<Value>(json).unwrap_or_default();
    json!({
        "sub": user.id,
        "email": user.email,
        "email_verified": user.email_verified,
        "name": user.name,
        "preferred_username": user.preferred_username,
        "claims": read(&user.profile),
        "roles": read(&user.roles),
        "groups": read(&user.groups),
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    })
}

fn passkey(row: &PasskeyRow) -> Value {
    json!({ "name": row.name, "created_at": row.created_at, "last_used_at": row.last_used_at })
}

fn api_key(row: &ApiKeyRow) -> Value {
    json!({ "name": row.name, "scope": row.scope, "resource": row.resource, "created_at": row.created_at,
        "expires_at": row.expires_at, "last_used_at": row.last_used_at })
}

/// An event as programs read it, here and on the command line.
pub fn event(row: &EventRow) -> Value {
    json!({
        "id": row.id,
        "at": row.at,
        "event": row.event,
        "sub": row.user_id,
        "ip": row.ip,
        "user_agent": row.user_agent,
        "client_id": row.client_id,
        "request_id": row.request_id,
        "detail": serde_json::from_str::<Value>(&row.detail).unwrap_or_default(),
    })
}
