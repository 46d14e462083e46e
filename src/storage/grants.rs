//! Grants: what a user allowed a client, with its code and its refresh token in the same row.
//! Single use is one conditional `UPDATE`; of any number of racers exactly one changes the row.

pub use super::standing::{CodeStanding, Ground, RefreshStanding, Standing, TokenStanding};
use super::{Result, Sql};
use crate::time::Timestamp;

/// A grant to be inserted.
#[derive(Clone, Debug)]
pub struct NewGrant<'a> {
    /// Row identifier, part of code and refresh token.
    pub id: &'a str,
    /// The client.
    pub client_id: &'a str,
    /// The user.
    pub user_id: &'a str,
    /// The user's credential epoch.
    pub user_epoch: i64,
    /// The browser session it was given in.
    pub session_id: Option<&'a str>,
    /// Whether refresh tokens outlive that session (`offline_access`).
    pub offline: bool,
    /// Granted scope, space-separated.
    pub scope: &'a str,
    /// Granted resources, JSON array (RFC 8707).
    pub resources: &'a str,
    /// The `claims` parameter, JSON (OIDC Core §5.5).
    pub claims: Option<&'a str>,
    /// OIDC Core §3.1.2.1 `nonce`.
    pub nonce: Option<&'a str>,
    /// When the user proved who they are.
    pub auth_time: i64,
    /// Authentication context class.
    pub acr: &'a str,
    /// Methods, space-separated.
    pub amr: &'a str,
    /// When it was given.
    pub created_at: Timestamp,
    /// Absolute end of the refresh family.
    pub expires_at: Timestamp,
    /// When the row may be removed.
    pub purge_at: Timestamp,
    /// The authorization code, for the code flow.
    pub code: Option<NewCode<'a>>,
    /// The first refresh token, for flows without a code.
    pub refresh: Option<NewRefresh>,
    /// Where the status lists tell of it.
    pub status_index: Option<i64>,
}

/// The code of a new grant.
#[derive(Clone, Debug)]
pub struct NewCode<'a> {
    /// Digest of the code.
    pub digest: Vec<u8>,
    /// RFC 6749 §4.1.2: short.
    pub expires_at: Timestamp,
    /// RFC 7636 S256 challenge.
    pub challenge: Option<&'a str>,
    /// The `redirect_uri` of the request, byte for byte.
    pub redirect_uri: &'a str,
}

/// A refresh token to be stored.
#[derive(Clone, Debug)]
pub struct NewRefresh {
    /// Digest of the token.
    pub digest: Vec<u8>,
    /// Idle end.
    pub expires_at: Timestamp,
    /// Thumbprint of the certificate that it and its successors are bound to (RFC 8705 §4).
    pub certificate: Option<String>,
}

/// Adds a grant.
///
/// # Errors
/// The database fails.
pub async fn insert(at: Sql<'_>, grant: &NewGrant<'_>) -> Result<()> {
    let code = grant.code.as_ref();
    let refresh = grant.refresh.as_ref();
    execute!(
        at,
        "INSERT INTO grants (id, client_id, user_id, user_epoch, session_id, offline, scope, resources, claims, nonce,
           auth_time, acr, amr, created_at, expires_at, purge_at, code_digest, code_expires_at, code_challenge,
           code_redirect_uri, refresh_digest, refresh_expires_at, refresh_certificate, status_index)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
           $24)",
        grant.id,
        grant.client_id,
        grant.user_id,
        grant.user_epoch,
        grant.session_id,
        grant.offline,
        grant.scope,
        grant.resources,
        grant.claims,
        grant.nonce,
        grant.auth_time,
        grant.acr,
        grant.amr,
        grant.created_at.0,
        grant.expires_at.0,
        grant.purge_at.0,
        code.map(|code| &code.digest),
        code.map(|code| code.expires_at.0),
        code.and_then(|code| code.challenge),
        code.map(|code| code.redirect_uri),
        refresh.map(|refresh| &refresh.digest),
        refresh.map(|refresh| refresh.expires_at.0),
        refresh.and_then(|refresh| refresh.certificate.as_deref()),
        grant.status_index,
    )?;
    Ok(())
}

/// The standing of a grant.
///
/// # Errors
/// The database fails.
pub async fn standing(at: Sql<'_>, id: &str) -> Result<Option<Standing>> {
    fetch_optional!(
        at => Standing,
        "SELECT g.id, g.client_id, g.user_id, g.session_id, g.scope, g.resources, g.claims, g.nonce, g.auth_time, g.acr, g.amr,
           g.created_at, g.code_spent_at, g.refresh_digest, g.refresh_expires_at, g.refresh_rotated_at, g.refresh_previous,
           g.refresh_successor, g.refresh_certificate, g.status_index, u.email, u.email_verified, u.preferred_username,
           u.name, u.profile, u.roles, u.groups, u.updated_at,
           g.revoked_at, g.expires_at, g.offline, u.disabled_at AS user_disabled_at, g.user_epoch, u.credential_epoch,
           s.ended_at AS session_ended_at, s.expires_at AS session_expires_at
         FROM grants g JOIN users u ON u.id = g.user_id LEFT JOIN sessions s ON s.id = g.session_id
         WHERE g.id = $1",
        id,
    )
}

/// The standing of a grant whose code is presented.
///
/// # Errors
/// The database fails.
pub async fn code_standing(at: Sql<'_>, id: &str) -> Result<Option<CodeStanding>> {
    fetch_optional!(
        at => CodeStanding,
        "SELECT g.code_digest, g.code_expires_at, g.code_challenge, g.code_redirect_uri, f.locked_at AS user_locked_at,
           g.id, g.client_id, g.user_id, g.session_id, g.scope, g.resources, g.claims, g.nonce, g.auth_time, g.acr, g.amr,
           g.created_at, g.code_spent_at, g.refresh_digest, g.refresh_expires_at, g.refresh_rotated_at, g.refresh_previous,
           g.refresh_successor, g.refresh_certificate, g.status_index, u.email, u.email_verified, u.preferred_username,
           u.name, u.profile, u.roles, u.groups, u.updated_at,
           g.revoked_at, g.expires_at, g.offline, u.disabled_at AS user_disabled_at, g.user_epoch, u.credential_epoch,
           s.ended_at AS session_ended_at, s.expires_at AS session_expires_at
         FROM grants g JOIN users u ON u.id = g.user_id LEFT JOIN sessions s ON s.id = g.session_id
           LEFT JOIN password_failures f ON f.subject = g.user_id
         WHERE g.id = $1",
        id,
    )
}

/// The standing of the grant of the access token `jti`.
///
/// # Errors
/// The database fails.
pub async fn token_standing(at: Sql<'_>, id: &str, jti: &str) -> Result<Option<TokenStanding>> {
    fetch_optional!(
        at => TokenStanding,
        "SELECT EXISTS (SELECT 1 FROM denied_tokens d WHERE d.jti = $2) AS denied,
           g.id, g.client_id, g.user_id, g.session_id, g.scope, g.resources, g.claims, g.nonce, g.auth_time, g.acr, g.amr,
           g.created_at, g.code_spent_at, g.refresh_digest, g.refresh_expires_at, g.refresh_rotated_at, g.refresh_previous,
           g.refresh_successor, g.refresh_certificate, g.status_index, u.email, u.email_verified, u.preferred_username,
           u.name, u.profile, u.roles, u.groups, u.updated_at,
           g.revoked_at, g.expires_at, g.offline, u.disabled_at AS user_disabled_at, g.user_epoch, u.credential_epoch,
           s.ended_at AS session_ended_at, s.expires_at AS session_expires_at
         FROM grants g JOIN users u ON u.id = g.user_id LEFT JOIN sessions s ON s.id = g.session_id
         WHERE g.id = $1",
        id,
        jti,
    )
}

/// The standing of a grant, as far as its refresh token is concerned.
///
/// # Errors
/// The database fails.
pub async fn refresh_standing(at: Sql<'_>, id: &str) -> Result<Option<RefreshStanding>> {
    fetch_optional!(
        at => RefreshStanding,
        "SELECT g.client_id, g.user_id, g.scope, g.created_at, g.refresh_digest, g.refresh_expires_at, g.refresh_rotated_at,
           g.revoked_at, g.expires_at, g.offline, u.disabled_at AS user_disabled_at, g.user_epoch, u.credential_epoch,
           s.ended_at AS session_ended_at, s.expires_at AS session_expires_at
         FROM grants g JOIN users u ON u.id = g.user_id LEFT JOIN sessions s ON s.id = g.session_id
         WHERE g.id = $1",
        id,
    )
}

/// Redeems the code and stores the first refresh token, once; `false` if another request was first.
///
/// # Errors
/// The database fails.
pub async fn redeem_code(
    at: Sql<'_>,
    id: &str,
    refresh: Option<&NewRefresh>,
    purge_at: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE grants SET code_spent_at = $2, refresh_digest = $3, refresh_expires_at = $4, purge_at = $5,
           refresh_certificate = $6
         WHERE id = $1 AND code_spent_at IS NULL AND code_expires_at > $2 AND revoked_at IS NULL",
        id,
        now.0,
        refresh.map(|refresh| &refresh.digest),
        refresh.map(|refresh| refresh.expires_at.0),
        purge_at.0,
        refresh.and_then(|refresh| refresh.certificate.as_deref()),
    )?;
    Ok(changed == 1)
}

/// A rotation: the presented token is replaced by its successor.
#[derive(Clone, Debug)]
pub struct Rotation<'a> {
    /// Digest of the presented token.
    pub presented: &'a [u8],
    /// The token that takes its place.
    pub next: &'a NewRefresh,
    /// That token, sealed under the presented one, if it may be asked for again.
    pub sealed: Option<&'a [u8]>,
}

/// Rotates the refresh token, once; `false` if the presented one is not the live one any more.
///
/// # Errors
/// The database fails.
pub async fn rotate(at: Sql<'_>, id: &str, rotation: &Rotation<'_>, now: Timestamp) -> Result<bool> {
    let changed = execute!(
        at,
        "UPDATE grants SET refresh_digest = $3, refresh_expires_at = $4, refresh_previous = $5, refresh_successor = $6,
           refresh_rotated_at = $2
         WHERE id = $1 AND refresh_digest = $5 AND refresh_expires_at > $2 AND expires_at > $2 AND revoked_at IS NULL",
        id,
        now.0,
        &rotation.next.digest,
        rotation.next.expires_at.0,
        rotation.presented,
        rotation.sealed,
    )?;
    Ok(changed == 1)
}

/// Revokes a grant: every token of it is dead, for good.
///
/// # Errors
/// The database fails.
pub async fn revoke(at: Sql<'_>, id: &str, now: Timestamp) -> Result<bool> {
    Ok(execute!(
        at,
        "UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        id,
        now.0
    )? == 1)
}

/// Revokes the grants of a session that do not outlive it.
///
/// # Errors
/// The database fails.
pub async fn revoke_of_session(at: Sql<'_>, session_id: &str, now: Timestamp) -> Result<u64> {
    execute!(
        at,
        "UPDATE grants SET revoked_at = $2 WHERE session_id = $1 AND revoked_at IS NULL AND NOT offline",
        session_id,
        now.0,
    )
}

/// Revokes all grants of a user to a client.
///
/// # Errors
/// The database fails.
pub async fn revoke_of_client(at: Sql<'_>, user_id: &str, client_id: &str, now: Timestamp) -> Result<u64> {
    execute!(
        at,
        "UPDATE grants SET revoked_at = $3 WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL",
        user_id,
        client_id,
        now.0,
    )
}

/// Revokes the grants of all live sessions of a user but one (`except` may be empty), unless they outlive the session.
///
/// # Errors
/// The database fails.
pub async fn revoke_of_sessions(at: Sql<'_>, user_id: &str, except: &str, now: Timestamp) -> Result<u64> {
    execute!(
        at,
        "UPDATE grants SET revoked_at = $3
         WHERE user_id = $1 AND revoked_at IS NULL AND NOT offline AND session_id IN
           (SELECT id FROM sessions WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL)",
        user_id,
        except,
        now.0,
    )
}

/// Gives a grant another index for its further tokens; `false` if it does not have `from` any more.
///
/// # Errors
/// The database fails.
pub async fn change_status_index(at: Sql<'_>, id: &str, from: i64, to: i64) -> Result<bool> {
    Ok(execute!(
        at,
        "UPDATE grants SET status_index = $3 WHERE id = $1 AND status_index = $2",
        id,
        from,
        to
    )? == 1)
}

row! {
    /// A grant as its owner sees it in a list.
    #[derive(Clone, Debug)]
    pub struct ListedGrant {
        /// The client.
        pub client_id: String,
        /// Granted scope, space-separated.
        pub scope: String,
        /// When it was given.
        pub created_at: i64,
        /// Whether there is a refresh token that is good without the browser session.
        pub lasting: bool,
    }
}

/// The grants of a user that still stand, the newest first.
///
/// # Errors
/// The database fails.
pub async fn of_user(at: Sql<'_>, user_id: &str, epoch: i64, now: Timestamp) -> Result<Vec<ListedGrant>> {
    fetch_all!(
        at => ListedGrant,
        "SELECT client_id, scope, created_at,
           (offline AND refresh_digest IS NOT NULL AND refresh_expires_at > $3) AS lasting
         FROM grants
         WHERE user_id = $1 AND user_epoch = $2 AND revoked_at IS NULL AND purge_at > $3
         ORDER BY created_at DESC, id LIMIT 500",
        user_id,
        epoch,
        now.0,
    )
}
