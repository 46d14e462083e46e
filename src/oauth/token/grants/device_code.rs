//! `urn:ietf:params:oauth:grant-type:device_code`: RFC 8628 §3.4 and §3.5. Tests: tests/it/device.rs.

use super::super::authorization::{Authorization, Source};
use super::{Deciding, GrantType};
use crate::cx::Cx;
use crate::oauth::client::Client;
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::{ErrorCode, Fault, Refusal, Result, invalid_grant};
use crate::oauth::params::Params;
use crate::oauth::{device, may_issue, resource};
use crate::opaque::{Kind, Opaque};
use crate::storage::device_codes;

/// The polling of RFC 8628.
pub(super) struct DeviceCode;

impl GrantType for DeviceCode {
    fn name(&self) -> &'static str {
        device::GRANT_TYPE
    }

    fn authorize<'a>(&'a self, cx: &'a Cx, client: &'a Client, form: &'a Params) -> Deciding<'a> {
        Box::pin(authorize(cx, client, form))
    }
}

async fn authorize(cx: &Cx, client: &Client, form: &Params) -> Result<Authorization> {
    let code = Opaque::parse(Kind::DeviceCode, form.required("device_code")?, &cx.app.vault);
    let code = code.ok_or_else(|| invalid_grant("not a device code of this server"))?;
    let row = device_codes::find(cx.app.db.read(), code.id()).await?;
    let row = row.filter(|row| code.matches(&row.digest, &cx.app.vault));
    let row = row.ok_or_else(|| invalid_grant("device code is not known any more"))?;
    if row.client_id != client.id {
        return Err(invalid_grant("device code belongs to another client").into());
    }
    if row.expires_at <= cx.now.0 {
        return Err(Refusal::new(
            ErrorCode::ExpiredToken,
            "The device code has expired. Start again.",
        )
        .into());
    }
    match row.decision.as_deref() {
        Some("approved") => {}
        Some(_) => {
            return Err(Refusal::new(ErrorCode::AccessDenied, "The user has denied the request.").into());
        }
        None => return Err(pending(cx, &row.id).await?.into()),
    }
    let scope = Scope::parse(&row.scope).map_err(|_| Fault::internal("stored scope"))?;
    client
        .require_scope(&scope)
        .map_err(|_| invalid_grant("scope was taken from the client"))?;
    let granted = serde_json::from_str(&row.resources).map_err(Fault::internal)?;
    let resources = resource::narrowed(client, granted, form)?;
    let (standing, locked_at) = device::standing(cx, &row)
        .await?
        .ok_or_else(|| invalid_grant("the user is gone"))?;
    may_issue::may_issue(&standing.ground, cx.now).map_err(invalid_grant)?;
    may_issue::not_locked_since(locked_at, row.created_at).map_err(invalid_grant)?;
    let source = Source::DeviceCode(Box::new(row));
    Ok(Authorization {
        standing: Some(Box::new(standing)),
        scope,
        resources,
        source,
    })
}

/// RFC 8628 §3.5. Noting a poll is the one write outside `issue`: it has nothing to do with issuing.
async fn pending(cx: &Cx, id: &str) -> Result<Refusal> {
    let in_time = device_codes::poll(cx.app.db.write(), cx.app.db.write(), id, cx.now).await?;
    Ok(if in_time {
        Refusal::new(ErrorCode::AuthorizationPending, "The user has not decided yet.")
    } else {
        Refusal::new(ErrorCode::SlowDown, "Wait five seconds longer between requests.")
    })
}
