//! The token endpoint, RFC 6749 §3.2. Tests: tests/it/token/.

pub mod authorization;
pub mod fresh;
pub mod grants;
pub mod issue;
pub mod sender;

use super::client::auth::{self, ClientRequest};
use super::error::Result;
use crate::cx::Cx;
use issue::TokenResponse;

/// Answers a token request. Read top to bottom: that is the order in which an attacker meets the checks.
///
/// # Errors
/// The refusals of RFC 6749 §5.2 and of the grants, or a fault.
pub async fn token(cx: &Cx, request: &ClientRequest) -> Result<TokenResponse> {
    request.form.refuse_repeats(&["resource"])?; // RFC 6749 §3.2
    let client = auth::authenticate(cx, request).await?; // §2.3
    let grant = grants::find(request.form.required("grant_type")?)?; // §5.2
    client.require_grant(grant.name())?; // §5.2
    let authorization = grant.authorize(cx, &client, &request.form).await?; // §5.2; reads only
    let sender = sender::bind(cx, &client, &authorization)?; // RFC 8705 §3
    issue::issue(cx, &client, authorization, &sender).await // §5.1; the only writer
}
