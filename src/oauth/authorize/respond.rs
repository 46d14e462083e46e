//! The end of an authorization request: a code, written together with what it rests on (RFC 6749 §4.1.2).

use super::checks::AuthorizationRequest;
use super::pending::Pending;
use super::return_to::{Response, ReturnTo};
use crate::cx::Cx;
use crate::id;
use crate::identity::event::{About, Actor, Event, Journal};
use crate::oauth::client::Client;
use crate::oauth::discovery::{ACR_MFA, ACR_PASSWORD};
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::{Fault, Result};
use crate::oauth::scopes::OFFLINE_ACCESS;
use crate::oauth::status;
use crate::oauth::token::issue::PURGE_MARGIN;
use crate::opaque::{Kind, Opaque};
use crate::storage::grants::{self, NewCode, NewGrant};
use crate::storage::sessions::LiveSession;
use crate::storage::{consents, interactions};

/// Issues a code for the session; `None` if the saved request was answered already. With a live session and remembered consent this is one statement.
pub(super) async fn code(
    cx: &Cx,
    client: &Client,
    request: &AuthorizationRequest,
    return_to: &ReturnTo,
    session: &LiveSession,
    pending: Option<&Pending>,
    allowed: Option<Scope>,
) -> Result<Option<Response>> {
    let tokens = &cx.app.config.tokens;
    let grant_id = id::row(&*cx.app.entropy, cx.now);
    let code = Opaque::mint(Kind::Code, &grant_id, &*cx.app.entropy, &cx.app.vault);
    let (scope, resources) = (
        request.scope.to_string(),
        serde_json::to_string(&request.resources),
    );
    let code_ends = cx.now + tokens.authorization_code;
    let grant = NewGrant {
        id: &grant_id,
        client_id: &client.id,
        user_id: &session.user_id,
        user_epoch: session.user_epoch,
        session_id: Some(&session.id),
        offline: request.scope.has(OFFLINE_ACCESS),
        scope: &scope,
        resources: &resources.map_err(Fault::internal)?,
        claims: request.claims.as_deref(),
        nonce: request.nonce.as_deref(),
        auth_time: session.auth_time,
        acr: reported_acr(session, &request.acr),
        amr: &session.amr,
        created_at: cx.now,
        expires_at: cx.now + tokens.refresh_token_absolute,
        purge_at: code_ends + PURGE_MARGIN,
        code: Some(NewCode {
            digest: code.digest(&cx.app.vault),
            expires_at: code_ends,
            challenge: request.challenge.as_deref(),
            redirect_uri: return_to.redirect().as_str(),
        }),
        refresh: None,
        status_index: Some(status::index_for_grant(cx).await?),
    };
    match pending {
        None => grants::insert(cx.app.db.write(), &grant).await?,
        Some(pending) => {
            let mut journal = Journal::begin(Actor::of(cx)).await?;
            if !interactions::spend(journal.sql(), &pending.id, cx.now).await? {
                return Ok(None);
            }
            if let Some(allowed) = &allowed {
                consents::upsert(
                    journal.sql(),
                    &session.user_id,
                    &client.id,
                    &allowed.to_string(),
                    cx.now,
                )
                .await?;
                let about = About {
                    client: Some(&client.id),
                    ..About::user(&session.user_id)
                };
                journal.note(Event::ConsentGiven, about).await?;
            }
            grants::insert(journal.sql(), &grant).await?;
            journal.commit().await?;
        }
    }
    Ok(Some(return_to.success(code.expose())))
}

/// The class that the client asked for first, of those that the session reaches (OIDC Core §5.5.1.1): never a higher
/// one than was proved.
fn reported_acr<'a>(session: &'a LiveSession, asked: &[&'a str]) -> &'a str {
    let reached = |acr: &&str| *acr == session.acr || (session.acr == ACR_MFA && *acr == ACR_PASSWORD);
    asked.iter().copied().find(reached).unwrap_or(&session.acr)
}

/// Notes that the user said no; `false` if the saved request was answered already.
pub(super) async fn denied(cx: &Cx, pending: Option<&Pending>) -> Result<bool> {
    let Some(pending) = pending else {
        return Ok(true);
    };
    let first = interactions::spend(cx.app.db.write(), &pending.id, cx.now).await?;
    if first {
        tracing::info!(target: "audit", event = "consent_denied", request_id = %cx.request_id, "consent denied");
    }
    Ok(first)
}
