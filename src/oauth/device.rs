//! Device authorization (RFC 8628): a device shows a code, a person approves it in a browser.
//! Tests: tests/it/device.rs.

use super::client::auth::{self, ClientRequest};
use super::engine::scope::Scope;
use super::error::{Fault, Result};
use super::token::fresh::{self, Fresh};
use super::{resource, step_up};
use crate::cx::Cx;
use crate::entropy::Entropy;
use crate::id;
use crate::identity::event::{About, Actor, Event, Journal};
use crate::opaque::{Kind, Opaque};
use crate::storage::device_codes::{self, Approval, DeviceCodeRow};
use crate::storage::grants::Standing;
use crate::storage::sessions::LiveSession;
use crate::storage::{password_failures, users};
use serde::Serialize;

/// The registered name of the grant.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// RFC 8628 §6.1: no vowels, so no words; no characters that look alike.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// RFC 8628 §3.2.
#[derive(Serialize)]
pub struct DeviceAuthorization {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: i64,
    interval: i64,
}

/// Answers a device authorization request.
///
/// # Errors
/// The refusals of client authentication, `unauthorized_client`, `invalid_scope`, `invalid_target`; or a fault.
pub async fn authorize_device(cx: &Cx, request: &ClientRequest) -> Result<DeviceAuthorization> {
    request.form.refuse_repeats(&["resource"])?;
    let client = auth::authenticate(cx, request).await?;
    client.require_grant(GRANT_TYPE)?;
    let scope = match request.form.optional("scope")? {
        Some(text) => Scope::parse(text)?,
        None => client.scope.filter(|token| token == "openid"),
    };
    client.require_scope(&scope)?;
    let resources = resource::requested(&client, &request.form)?;

    let tokens = &cx.app.config.tokens;
    let code_id = id::row(&*cx.app.entropy, cx.now);
    let code = Opaque::mint(Kind::DeviceCode, &code_id, &*cx.app.entropy, &cx.app.vault);
    let mut row = DeviceCodeRow {
        digest: code.digest(&cx.app.vault),
        user_code: user_code(&*cx.app.entropy),
        client_id: client.id.clone(),
        scope: scope.to_string(),
        resources: serde_json::to_string(&resources).map_err(Fault::internal)?,
        ip: cx.ip.to_string(),
        user_agent: cx.user_agent.clone(),
        created_at: cx.now.0,
        expires_at: (cx.now + tokens.device_code).0,
        poll_interval: tokens.device_interval.0,
        id: code_id,
        polled_at: None,
        decision: None,
        user_id: None,
        user_epoch: None,
        session_id: None,
        auth_time: None,
        acr: None,
        amr: None,
        grant_id: None,
        spent_at: None,
    };
    // Two live codes are equal once in ten billion; another one is drawn then.
    while let Err(error) = device_codes::insert(cx.app.db.write(), &row).await {
        if !error.is_unique_violation() {
            return Err(error.into());
        }
        row.user_code = user_code(&*cx.app.entropy);
    }
    let shown = shown(&row.user_code);
    let verification_uri = cx.app.config.public_url.url("/device");
    Ok(DeviceAuthorization {
        device_code: code.expose().to_owned(),
        verification_uri_complete: format!("{verification_uri}?user_code={shown}"),
        user_code: shown,
        verification_uri,
        expires_in: tokens.device_code.0,
        interval: tokens.device_interval.0,
    })
}

/// Eight letters, 34 bits: with the limit on wrong codes, beyond guessing in ten minutes (RFC 8628 §5.1).
fn user_code(entropy: &dyn Entropy) -> String {
    let mut code = String::with_capacity(8);
    while code.len() < 8 {
        let [byte] = entropy.bytes::<1>();
        // 240 is the largest multiple of 20 below 256: beyond it some letters would come up more often.
        if byte < 240
            && let Some(letter) = ALPHABET.get(usize::from(byte % 20))
        {
            code.push(char::from(*letter));
        }
    }
    code
}

/// The form in which people read a user code.
pub fn shown(user_code: &str) -> String {
    match user_code.split_at_checked(4) {
        Some((left, right)) => format!("{left}-{right}"),
        None => user_code.to_owned(),
    }
}

/// What a person typed, as stored: case, spaces and dashes do not matter (RFC 8628 §6.1).
pub fn normalized(typed: &str) -> String {
    typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .take(16)
        .collect()
}

/// Approves or denies, once.
///
/// # Errors
/// The database fails.
pub async fn decide(
    cx: &Cx,
    row: &DeviceCodeRow,
    session: &LiveSession,
    approve: bool,
) -> Result<Decided, Fault> {
    let decided = if approve {
        let client = cx.client(&row.client_id).await?;
        match client.filter(|client| !client.disabled) {
            None => return Ok(Decided::TooLate),
            Some(client) if step_up::is_missing(cx, &client, session).await? => return Ok(Decided::StepUp),
            Some(_) => {}
        }
        let approval = Approval {
            user_id: &session.user_id,
            user_epoch: session.user_epoch,
            session_id: &session.id,
            auth_time: session.auth_time,
            acr: &session.acr,
            amr: &session.amr,
            grant_id: &id::row(&*cx.app.entropy, cx.now),
        };
        let mut journal = Journal::begin(Actor::of(cx)).await?;
        let first = device_codes::approve(journal.sql(), &row.id, &approval, cx.now).await?;
        if first {
            let about = About {
                client: Some(&row.client_id),
                ..About::user(&session.user_id)
            };
            journal.note(Event::DeviceApproved, about).await?;
        }
        journal.commit().await?;
        first
    } else {
        device_codes::deny(cx.app.db.write(), &row.id, cx.now).await?
    };
    Ok(if decided { Decided::Yes } else { Decided::TooLate })
}

/// How a decision went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is stored.
    Yes,
    /// Somebody was first, or the code has expired.
    TooLate,
    /// The client or the user must have two factors proved first; nothing is stored.
    StepUp,
}

/// The standing that the grant of an approved code will have, and since when the user's password path is locked; `None`
/// if the user is gone. A device outlives the browser session in which it was approved.
pub(super) async fn standing(cx: &Cx, row: &DeviceCodeRow) -> Result<Option<(Standing, Option<i64>)>, Fault> {
    let (Some(user_id), Some(grant_id)) = (&row.user_id, &row.grant_id) else {
        return Ok(None);
    };
    let Some(user) = users::find(cx.app.db.read(), user_id).await? else {
        return Ok(None);
    };
    let failures = password_failures::find(cx.app.db.read(), user_id, user_id).await?;
    let grant = Fresh {
        id: grant_id,
        client_id: &row.client_id,
        user_epoch: row.user_epoch.unwrap_or(-1),
        scope: &row.scope,
        resources: &row.resources,
        auth_time: row.auth_time.unwrap_or(row.created_at),
        acr: row.acr.as_deref().unwrap_or_default(),
        amr: row.amr.as_deref().unwrap_or_default(),
    };
    let locked_at = failures.first().and_then(|row| row.locked_at);
    Ok(Some((fresh::standing(cx, user, &grant).await?, locked_at)))
}
