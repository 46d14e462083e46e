//! Denies one access token before its `exp` (RFC 7009 §2.1), here and in the status lists.

use super::error::Fault;
use super::status;
use super::tokens::access_token::SKEW;
use crate::cx::Cx;
use crate::jose::Claims;
use crate::storage::{denied_tokens, grants};

/// Denies the live access token with these claims. Its grant goes on, under another index: what it had given before is
/// denied at resource servers along with the token, as all of it has one index.
///
/// # Errors
/// The database fails: a denial that was not stored is never confirmed.
pub async fn deny(cx: &Cx, claims: &Claims) -> Result<(), Fault> {
    let (Some(jti), Ok(Some(exp))) = (claims.text("jti"), claims.time("exp")) else {
        return Ok(());
    };
    // A node whose clock is behind must not find the entry removed while it still takes the token.
    let until = exp + SKEW;
    let index = status::index_of(&cx.app, claims);
    let (Some(index), Some((grant, _))) = (index, jti.split_once('.')) else {
        denied_tokens::insert(cx.app.db.write(), jti, until, index).await?;
        return Ok(());
    };
    let next = status::index_for_grant(cx).await?;
    let mut tx = cx.app.db.begin().await?;
    // Tokens with the old index may have been given a moment ago, and end later than this one: they stay denied even when
    // the grant is revoked under its new index meanwhile.
    let until = until.max(cx.now + status::LONGEST_TOKEN);
    denied_tokens::insert(tx.sql(), jti, until, Some(index)).await?;
    grants::change_status_index(tx.sql(), grant, index, next).await?;
    tx.commit().await?;
    Ok(())
}
