//! When a session that has proved one factor is not enough (RFC 9470). Tests: tests/it/authorize/step_up.rs.

use super::client::Client;
use super::discovery::ACR_MFA;
use super::error::Fault;
use crate::cx::Cx;
use crate::storage::factors;
use crate::storage::sessions::LiveSession;

/// Whether this client or this user must prove two factors, and the session has proved one.
///
/// # Errors
/// The database fails.
pub async fn is_missing(cx: &Cx, client: &Client, session: &LiveSession) -> Result<bool, Fault> {
    if session.acr == ACR_MFA {
        return Ok(false);
    }
    Ok(client.metadata.require_mfa || factors::held(cx.app.db.read(), &session.user_id).await?.required)
}
