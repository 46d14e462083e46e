//! Token status lists (draft-ietf-oauth-status-list): a public, signed list of bits tells resource servers which access
//! tokens are not to be honored before their `exp`. A grant has one index in its row; a client's own tokens get theirs
//! from memory. What is set in a list is read from what ended, so no path can forget to tell it.
//! Tests: tests/it/status.rs.

mod indexes;
mod lists;
mod turn;

pub use lists::{Document, aggregation, list};

use crate::app::App;
use crate::cx::Cx;
use crate::jose::Claims;
use crate::oauth::client::Client;
use crate::oauth::error::Fault;
use crate::storage::grants::Standing;
use crate::storage::status;
use crate::time::Seconds;
use serde::Serialize;

/// Indexes in one list: 16 KiB of bits.
pub const LIST_SIZE: i64 = 1 << 17;
/// The longest that an access token lives (`tokens.access_token` is at most 30 minutes), with five minutes for requests
/// under way and for clocks that differ.
pub const LONGEST_TOKEN: Seconds = Seconds(1_800 + 300);

/// What a server remembers for its status lists.
#[derive(Default)]
pub struct Status {
    indexes: indexes::Indexes,
    lists: lists::Lists,
}

/// draft-ietf-oauth-status-list §6.1: where the status of a token is found.
#[derive(Clone, Debug, Serialize)]
pub struct StatusClaim {
    status_list: Reference,
}

#[derive(Clone, Debug, Serialize)]
struct Reference {
    idx: i64,
    uri: String,
}

/// The index for a new grant of a user, to be stored in its row.
///
/// # Errors
/// The database fails; it is asked once for thousands of indexes.
pub async fn index_for_grant(cx: &Cx) -> Result<i64, Fault> {
    cx.app.status.indexes.take(cx, None).await
}

/// The claim of an access token: of its grant, or of the client that acts for itself; `None` where lists are switched off.
///
/// # Errors
/// As [`index_for_grant`].
pub async fn claim(
    cx: &Cx,
    client: &Client,
    standing: Option<&Standing>,
) -> Result<Option<StatusClaim>, Fault> {
    if !cx.app.config.tokens.status_list {
        return Ok(None);
    }
    let index = match standing {
        Some(standing) => index_of_grant(cx, standing).await?,
        None => Some(cx.app.status.indexes.take(cx, Some(client)).await?),
    };
    Ok(index.map(|index| StatusClaim {
        status_list: Reference {
            idx: index % LIST_SIZE,
            uri: uri(&cx.app, index / LIST_SIZE),
        },
    }))
}

/// A grant that was written by a server which knew of no lists gets its index with its next token.
async fn index_of_grant(cx: &Cx, standing: &Standing) -> Result<Option<i64>, Fault> {
    if let Some(index) = standing.status_index {
        return Ok(Some(index));
    }
    let index = index_for_grant(cx).await?;
    Ok(status::give_index(cx.app.db.write(), &standing.id, index).await?)
}

/// The index that an access token of this server carries.
pub fn index_of(app: &App, claims: &Claims) -> Option<i64> {
    let reference = claims.members().get("status")?.get("status_list")?;
    let position = reference.get("idx")?.as_i64()?;
    let list = reference.get("uri")?.as_str()?.strip_prefix(&uri_of_all(app))?;
    list.strip_prefix('/')?
        .parse::<i64>()
        .ok()?
        .checked_mul(LIST_SIZE)?
        .checked_add(position)
}

fn uri(app: &App, list: i64) -> String {
    format!("{}/{list}", uri_of_all(app))
}

fn uri_of_all(app: &App) -> String {
    app.config.public_url.url("/status")
}
