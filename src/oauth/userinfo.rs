//! Userinfo (OIDC Core §5.3). Tests: tests/it/userinfo.rs.

use super::claims_request::ClaimsRequest;
use super::engine::scope::Scope;
use super::error::{ErrorCode, Refusal, Result};
use super::tokens::{access_token, claims};
use crate::cx::Cx;
use serde_json::{Map, Value};

/// The claims that the access token allows.
///
/// # Errors
/// `invalid_token`, `insufficient_scope` (RFC 6750 §3.1); or a fault.
pub async fn userinfo(cx: &Cx, token: &str) -> Result<Map<String, Value>> {
    let accepted = access_token::accept(cx, token).await?;
    // The token's own scope, which may be narrower than that of its grant.
    let scope = Scope::parse(accepted.claims.text("scope").unwrap_or_default())?;
    let standing = match accepted.standing {
        Some(standing) if scope.has("openid") => standing,
        _ => {
            let description = "The access token needs the scope openid.";
            return Err(Refusal::new(ErrorCode::InsufficientScope, description)
                .at("scope")
                .into());
        }
    };
    if !accepted.claims.is_for(cx.app.config.public_url.as_str()) {
        let description = "The access token is for another audience.";
        return Err(Refusal::new(ErrorCode::InvalidToken, description).into());
    }
    let requested = ClaimsRequest::parse(standing.claims.as_deref()).unwrap_or_default();
    let mut answer = claims::of(&standing, |claim| {
        // By scope, or by name; by name only what the client could have had by scope.
        let by_name = requested.in_userinfo(claim) && claims::allowed_by(&accepted.client.scope, claim);
        by_name || claims::allowed_by(&scope, claim)
    });
    answer.insert("sub".to_owned(), standing.user_id.into());
    Ok(answer)
}
