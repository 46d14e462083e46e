//! Access tokens: signed JWTs of RFC 9068, `typ` `at+jwt`, lifetime as configured (15 minutes).
//! The `jti` of a user's token begins with its grant, so that its standing is found without a row per token.

use super::claims;
use crate::cx::Cx;
use crate::id;
use crate::jose::{Claims, TYP_ACCESS_TOKEN};
use crate::oauth::client::Client;
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::{ErrorCode, Fault, Refusal, Result};
use crate::oauth::may_issue;
use crate::oauth::status::StatusClaim;
use crate::storage::grants::Standing;
use crate::storage::{denied_tokens, grants};
use crate::time::Seconds;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// Clock difference between nodes that is forgiven for `iat` and `nbf`.
pub const SKEW: Seconds = Seconds(10);

#[derive(Serialize)]
struct AccessTokenClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Audience<'a>,
    client_id: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<StatusClaim>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    user: Option<UserClaims<'a>>,
}

/// One audience is a string, several are an array (RFC 7519 §4.1.3).
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Several(Vec<&'a str>),
}

/// RFC 9068 §2.2.1 to §2.2.3.
#[derive(Serialize)]
struct UserClaims<'a> {
    auth_time: i64,
    acr: &'a str,
    amr: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Value>,
}

/// A signed access token and its lifetime in seconds.
pub struct AccessToken {
    /// The token, for the client only.
    pub token: String,
    /// RFC 6749 §5.1 `expires_in`.
    pub expires_in: i64,
}

/// Signs an access token. `standing` is the grant of a user; without it the client acts for itself. `status` says where
/// its end is told.
///
/// # Errors
/// There is no key for the client's algorithm.
pub fn mint(
    cx: &Cx,
    client: &Client,
    standing: Option<&Standing>,
    scope: &Scope,
    resources: &[String],
    status: Option<StatusClaim>,
) -> Result<AccessToken, Fault> {
    let issuer = cx.app.config.public_url.as_str();
    let lifetime = cx.app.config.tokens.access_token;
    let scope_text = scope.to_string();
    let random = id::random::<16>(&*cx.app.entropy);
    let claims = AccessTokenClaims {
        iss: issuer,
        // RFC 9068 §2.2: the client itself, where no user is involved; never the form of a user identifier.
        sub: standing.map_or(client.id.as_str(), |standing| standing.user_id.as_str()),
        aud: audience(issuer, scope, resources),
        client_id: &client.id,
        iat: cx.now.0,
        exp: (cx.now + lifetime).0,
        jti: standing.map_or_else(|| random.clone(), |standing| format!("{}.{random}", standing.id)),
        scope: &scope_text,
        status,
        user: standing.map(|standing| UserClaims {
            auth_time: standing.auth_time,
            acr: &standing.acr,
            amr: standing.amr.split(' ').collect(),
            sid: standing.session_id.as_deref(),
            email: scope.has("email").then_some(standing.email.as_str()),
            roles: scope.has("roles").then(|| claims::list(&standing.roles)),
            groups: scope.has("groups").then(|| claims::list(&standing.groups)),
        }),
    };
    let alg = client
        .metadata
        .access_token_signed_response_alg
        .as_deref()
        .unwrap_or("RS256");
    let token = cx
        .app
        .keyring
        .set()
        .sign(alg, TYP_ACCESS_TOKEN, &claims)
        .map_err(Fault::internal)?;
    Ok(AccessToken {
        token,
        expires_in: lifetime.0,
    })
}

/// The resources; this server too, where the token may call userinfo or no resource was named.
fn audience<'a>(issuer: &'a str, scope: &Scope, resources: &'a [String]) -> Audience<'a> {
    match resources {
        [] => Audience::One(issuer),
        [one] if !scope.has("openid") => Audience::One(one),
        several => {
            let ours = scope.has("openid").then_some(issuer);
            Audience::Several(several.iter().map(String::as_str).chain(ours).collect())
        }
    }
}

/// An access token that is good now.
pub struct Accepted {
    /// Its claims.
    pub claims: Claims,
    /// Its grant; `None` where a client acts for itself.
    pub standing: Option<Standing>,
    /// The client it was issued to.
    pub client: Arc<Client>,
}

/// Checks an access token as it is presented to this server: signature, type, expiry, denylist, and that grant,
/// user, session and client still stand.
///
/// # Errors
/// `invalid_token`, one text for every reason; or a fault.
pub async fn accept(cx: &Cx, token: &str) -> Result<Accepted> {
    let refused = |detail: &'static str| {
        Refusal::new(
            ErrorCode::InvalidToken,
            "The access token is unknown, expired or revoked.",
        )
        .because(detail)
    };
    let claims = cx.app.keyring.set().verify(token, &[TYP_ACCESS_TOKEN]);
    let claims = claims.ok_or_else(|| refused("not an access token of this server"))?;
    if claims.text("iss") != Some(cx.app.config.public_url.as_str()) {
        return Err(refused("another issuer").into());
    }
    if claims.check_times(cx.now, SKEW).is_err() {
        return Err(refused("expired").into());
    }
    let jti = claims.text("jti").ok_or_else(|| refused("no jti"))?;
    let standing = match jti.split_once('.') {
        Some((grant, _)) => {
            let standing = grants::standing(cx.app.db.read(), grant, jti).await?;
            let standing = standing.ok_or_else(|| refused("unknown grant"))?;
            if standing.denied {
                return Err(refused("denied").into());
            }
            may_issue::honored(&standing, cx.now).map_err(refused)?;
            Some(standing)
        }
        None if denied_tokens::contains(cx.app.db.read(), jti).await? => return Err(refused("denied").into()),
        None => None,
    };
    let client_id = claims.text("client_id").ok_or_else(|| refused("no client_id"))?;
    let client = cx.client(client_id).await?;
    let client = client
        .filter(|client| !client.disabled)
        .ok_or_else(|| refused("client gone or disabled"))?;
    Ok(Accepted {
        claims,
        standing,
        client,
    })
}
