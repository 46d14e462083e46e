//! Access tokens: signed JWTs of RFC 9068, `typ` `at+jwt`, lifetime as configured (15 minutes).
//! The `jti` of a user's token begins with its grant, or with the API key that it was exchanged for, so that its
//! standing is found without a row per token.

use super::claims;
use crate::cx::Cx;
use crate::id;
use crate::jose::{Claims, TYP_ACCESS_TOKEN};
use crate::oauth::api_key;
use crate::oauth::client::Client;
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::{ErrorCode, Fault, Refusal, Result};
use crate::oauth::status::StatusClaim;
use crate::oauth::token::sender::Sender;
use crate::oauth::{may_issue, mtls};
use crate::storage::api_keys::ApiKeyRow;
use crate::storage::grants::Standing;
use crate::storage::{denied_tokens, grants};
use crate::time::{Seconds, Timestamp};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// Clock difference between nodes that is forgiven for `iat` and `nbf`.
pub const SKEW: Seconds = Seconds(10);

/// The longest that a token lives that was made from an API key: it is fetched again with the key.
const EXCHANGED: Seconds = Seconds(300);

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
    cnf: Option<Confirmation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<StatusClaim>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    user: Option<UserClaims<'a>>,
}

/// RFC 7800 §3.1, RFC 8705 §3.1: who else but its bearer the token is good for.
#[derive(Serialize)]
struct Confirmation<'a> {
    #[serde(rename = "x5t#S256")]
    certificate: &'a str,
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
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    proof: Option<ProofClaims<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Value>,
}

/// How the user of a grant proved who they are (RFC 9068 §2.2.1). An API key proves nothing of the kind.
#[derive(Serialize)]
struct ProofClaims<'a> {
    auth_time: i64,
    acr: &'a str,
    amr: Vec<&'a str>,
}

/// Whom a token is about.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// The client itself.
    Client,
    /// The user of a grant.
    Grant(&'a Standing),
    /// The owner of an API key.
    Key(&'a ApiKeyRow),
}

/// A signed access token and its lifetime in seconds.
pub struct AccessToken {
    /// The token, for the client only.
    pub token: String,
    /// RFC 6749 §5.1 `expires_in`.
    pub expires_in: i64,
}

/// Signs an access token. `sender` is whom it is bound to; `status` says where its end is told.
///
/// # Errors
/// There is no key for the client's algorithm.
pub fn mint(
    cx: &Cx,
    client: &Client,
    subject: Subject<'_>,
    scope: &Scope,
    resources: &[String],
    sender: &Sender,
    status: Option<StatusClaim>,
) -> Result<AccessToken, Fault> {
    let issuer = cx.app.config.public_url.as_str();
    let lifetime = lifetime(cx, subject);
    let scope_text = scope.to_string();
    let random = id::random::<16>(&*cx.app.entropy);
    let claims = AccessTokenClaims {
        iss: issuer,
        // RFC 9068 §2.2: the client itself, where no user is involved; never the form of a user identifier.
        sub: match subject {
            Subject::Client => &client.id,
            Subject::Grant(standing) => &standing.user_id,
            Subject::Key(key) => key.owner(),
        },
        aud: audience(issuer, scope, resources),
        client_id: &client.id,
        iat: cx.now.0,
        exp: (cx.now + lifetime).0,
        jti: match subject {
            Subject::Client => random,
            Subject::Grant(standing) => format!("{}.{random}", standing.id),
            Subject::Key(key) => format!("{}{KEY_MARK}{random}", key.id),
        },
        scope: &scope_text,
        cnf: sender
            .certificate()
            .map(|certificate| Confirmation { certificate }),
        status,
        user: user_claims(subject, scope),
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

/// In the place of the dot after a grant.
const KEY_MARK: char = '~';

fn lifetime(cx: &Cx, subject: Subject<'_>) -> Seconds {
    let longest = cx.app.config.tokens.access_token;
    match subject {
        Subject::Key(key) => longest
            .min(EXCHANGED)
            .min(Timestamp(key.expires_at).since(cx.now)),
        Subject::Client | Subject::Grant(_) => longest,
    }
}

fn user_claims<'a>(subject: Subject<'a>, scope: &Scope) -> Option<UserClaims<'a>> {
    let (proof, sid, email, roles, groups) = match subject {
        Subject::Client => return None,
        Subject::Grant(standing) => {
            let proof = ProofClaims {
                auth_time: standing.auth_time,
                acr: &standing.acr,
                amr: standing.amr.split(' ').collect(),
            };
            let sid = standing.session_id.as_deref();
            (
                Some(proof),
                sid,
                Some(standing.email.as_str()),
                Some(&standing.roles),
                Some(&standing.groups),
            )
        }
        Subject::Key(key) => (
            None,
            None,
            key.email.as_deref(),
            key.roles.as_ref(),
            key.groups.as_ref(),
        ),
    };
    Some(UserClaims {
        proof,
        sid,
        email: email.filter(|_| scope.has("email")),
        roles: roles
            .filter(|_| scope.has("roles"))
            .map(|roles| claims::list(roles)),
        groups: groups
            .filter(|_| scope.has("groups"))
            .map(|groups| claims::list(groups)),
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
    /// Its grant; `None` where a client acts for itself, or the token was made from a key.
    pub standing: Option<Standing>,
    /// The API key that it was made from.
    pub key: Option<api_key::Accepted>,
    /// The client it was issued to.
    pub client: Arc<Client>,
}

/// Checks an access token as it is presented to this server, by whoever sends the request: as [`inspect`], and that
/// the sender is the one that the token is bound to.
///
/// # Errors
/// `invalid_token`, one text for every reason; or a fault.
pub async fn accept(cx: &Cx, token: &str) -> Result<Accepted> {
    let accepted = inspect(cx, token).await?;
    if !mtls::confirms(&accepted.claims, cx.certificate.as_deref()) {
        return Err(refused("bound to another certificate").into());
    }
    Ok(accepted)
}

fn refused(detail: &'static str) -> Refusal {
    let description = "The access token is unknown, expired or revoked.";
    Refusal::new(ErrorCode::InvalidToken, description).because(detail)
}

/// Checks an access token that somebody asks about: signature, type, expiry, denylist, and that grant, user, session
/// and client still stand. Whose it is to present, the asker sees in its `cnf`.
///
/// # Errors
/// As [`accept`].
pub async fn inspect(cx: &Cx, token: &str) -> Result<Accepted> {
    let claims = cx.app.keyring.set().verify(token, &[TYP_ACCESS_TOKEN]);
    let claims = claims.ok_or_else(|| refused("not an access token of this server"))?;
    if claims.text("iss") != Some(cx.app.config.public_url.as_str()) {
        return Err(refused("another issuer").into());
    }
    if claims.check_times(cx.now, SKEW).is_err() {
        return Err(refused("expired").into());
    }
    let jti = claims.text("jti").ok_or_else(|| refused("no jti"))?;
    let mut key = None;
    let standing = match jti.split_once('.') {
        Some((grant, _)) => {
            let found = grants::token_standing(cx.app.db.read(), grant, jti).await?;
            let found = found.ok_or_else(|| refused("unknown grant"))?;
            if found.denied {
                return Err(refused("denied").into());
            }
            may_issue::honored(&found.standing.ground, cx.now).map_err(refused)?;
            Some(found.standing)
        }
        None if denied_tokens::contains(cx.app.db.read(), jti).await? => return Err(refused("denied").into()),
        None => {
            if let Some((id, _)) = jti.split_once(KEY_MARK) {
                key = Some(api_key::of_token(cx, id).await?);
            }
            None
        }
    };
    let client_id = claims.text("client_id").ok_or_else(|| refused("no client_id"))?;
    let client = cx.client(client_id).await?;
    let client = client
        .filter(|client| !client.disabled)
        .ok_or_else(|| refused("client gone or disabled"))?;
    Ok(Accepted {
        claims,
        standing,
        key,
        client,
    })
}
