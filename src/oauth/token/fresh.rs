//! Grants that are made and used in one step, outside a browser's session: a fetched device code, a sign-in by JSON.

use crate::cx::Cx;
use crate::oauth::error::Fault;
use crate::oauth::status;
use crate::storage::grants::{Ground, NewGrant, NewRefresh, Standing};
use crate::storage::users::UserRow;
use crate::time::Timestamp;

/// What is new about such a grant.
pub struct Fresh<'a> {
    /// Row identifier of the grant.
    pub id: &'a str,
    /// The client.
    pub client_id: &'a str,
    /// The user's credential epoch when they allowed it.
    pub user_epoch: i64,
    /// Granted scope.
    pub scope: &'a str,
    /// Granted resources, JSON array.
    pub resources: &'a str,
    /// When the user proved who they are.
    pub auth_time: i64,
    /// Authentication context class.
    pub acr: &'a str,
    /// Methods, space-separated.
    pub amr: &'a str,
}

/// The standing that the grant will have.
///
/// # Errors
/// The database fails.
pub async fn standing(cx: &Cx, user: UserRow, grant: &Fresh<'_>) -> Result<Standing, Fault> {
    Ok(Standing {
        id: grant.id.to_owned(),
        client_id: grant.client_id.to_owned(),
        user_id: user.id,
        session_id: None,
        scope: grant.scope.to_owned(),
        resources: grant.resources.to_owned(),
        claims: None,
        nonce: None,
        auth_time: grant.auth_time,
        acr: grant.acr.to_owned(),
        amr: grant.amr.to_owned(),
        created_at: cx.now.0,
        code_spent_at: None,
        refresh_digest: None,
        refresh_expires_at: None,
        refresh_rotated_at: None,
        refresh_previous: None,
        refresh_successor: None,
        refresh_certificate: None,
        status_index: Some(status::index_for_grant(cx).await?),
        email: user.email,
        email_verified: user.email_verified,
        preferred_username: user.preferred_username,
        name: user.name,
        profile: user.profile,
        roles: user.roles,
        groups: user.groups,
        updated_at: user.updated_at,
        ground: Ground {
            revoked_at: None,
            expires_at: (cx.now + cx.app.config.tokens.refresh_token_absolute).0,
            offline: true,
            user_disabled_at: user.disabled_at,
            user_epoch: grant.user_epoch,
            credential_epoch: user.credential_epoch,
            session_ended_at: None,
            session_expires_at: None,
        },
    })
}

/// The row of the grant.
pub(super) fn row(standing: &Standing, refresh: Option<NewRefresh>, purge_at: Timestamp) -> NewGrant<'_> {
    NewGrant {
        id: &standing.id,
        client_id: &standing.client_id,
        user_id: &standing.user_id,
        user_epoch: standing.ground.user_epoch,
        session_id: None,
        offline: true,
        scope: &standing.scope,
        resources: &standing.resources,
        claims: None,
        nonce: None,
        auth_time: standing.auth_time,
        acr: &standing.acr,
        amr: &standing.amr,
        created_at: Timestamp(standing.created_at),
        expires_at: Timestamp(standing.ground.expires_at),
        purge_at,
        code: None,
        refresh,
        status_index: standing.status_index,
    }
}
