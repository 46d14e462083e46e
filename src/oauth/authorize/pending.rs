//! Saved requests: raw parameters under a random handle, bound to the browser that sent them.
//! Nothing that matters comes back from hidden fields.

use super::checks::PARAMETERS;
use crate::cx::Cx;
use crate::id;
use crate::identity::browser::Browser;
use crate::oauth::error::Fault;
use crate::oauth::params::Params;
use crate::secret::constant_time_eq;
use crate::storage::interactions::{self, InteractionRow};
use crate::storage::sessions::LiveSession;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A saved request.
pub struct Pending {
    /// Its handle.
    pub id: String,
    /// The request, as sent.
    pub params: Params,
    /// When it came.
    pub created_at: Timestamp,
    /// The sign-in that the browser had then.
    pub prior_sign_in: Option<String>,
    /// Whether it was answered already or is too old.
    pub over: bool,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    params: Vec<(String, String)>,
    prior_sign_in: Option<String>,
}

/// Saves a request and gives its handle.
pub(super) async fn save(cx: &Cx, params: &Params, browser: &Browser) -> Result<String, Fault> {
    let saved = Saved {
        params: params.only(PARAMETERS),
        prior_sign_in: browser.session.as_ref().map(LiveSession::sign_in),
    };
    let row = InteractionRow {
        id: id::random::<16>(&*cx.app.entropy),
        browser: browser.mac(&cx.app.vault),
        request: serde_json::to_string(&saved).map_err(Fault::internal)?,
        created_at: cx.now.0,
        expires_at: (cx.now + cx.app.config.sessions.interaction).0,
        spent_at: None,
    };
    interactions::insert(cx.app.db.write(), &row).await?;
    Ok(row.id)
}

/// The saved request, if this browser began it.
///
/// # Errors
/// The database fails.
pub async fn load(cx: &Cx, handle: &str, browser: &Browser) -> Result<Option<Pending>, Fault> {
    let Some(row) = interactions::find(cx.app.db.read(), handle).await? else {
        return Ok(None);
    };
    if !constant_time_eq(&row.browser, &browser.mac(&cx.app.vault)) {
        return Ok(None);
    }
    let saved: Saved = serde_json::from_str(&row.request).map_err(Fault::internal)?;
    Ok(Some(Pending {
        id: row.id,
        params: Params::from_pairs(saved.params),
        created_at: Timestamp(row.created_at),
        prior_sign_in: saved.prior_sign_in,
        over: row.spent_at.is_some() || row.expires_at <= cx.now.0,
    }))
}
