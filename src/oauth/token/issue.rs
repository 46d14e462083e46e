//! The only writer of the token endpoint: spends what was presented and hands out tokens (RFC 6749 §5.1).
//! Tokens are minted in memory first; then one statement (or short transaction) decides; a replay is committed
//! as a revocation and refused after that, so no rollback can lose it.

use super::authorization::{Authorization, Generation, Source};
use super::fresh;
use super::grants;
use super::sender::Sender;
use crate::cx::Cx;
use crate::identity::event::{About, Actor, Event, Journal};
use crate::identity::notice::{self, Notice};
use crate::oauth::api_key::{self, Presenter};
use crate::oauth::client::Client;
use crate::oauth::error::{Result, invalid_grant};
use crate::oauth::may_issue;
use crate::oauth::status;
use crate::oauth::tokens::access_token::Subject;
use crate::oauth::tokens::{access_token, id_token, refresh_token};
use crate::opaque::Opaque;
use crate::storage::device_codes::{self, DeviceCodeRow};
use crate::storage::grants as rows;
use crate::storage::grants::{NewRefresh, Rotation, Standing};
use crate::storage::users;
use crate::time::{Seconds, Timestamp};

/// How long the row of a grant outlives its last token, so that a late replay still finds it.
pub const PURGE_MARGIN: Seconds = Seconds(3_600);

/// RFC 8693 §3.
pub(super) const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// RFC 6749 §5.1, OIDC Core §3.1.3.3.
pub struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: Option<String>,
    id_token: Option<String>,
    scope: String,
    /// RFC 8693 §2.2.1, after an exchange.
    issued_token_type: Option<&'static str>,
}

impl TokenResponse {
    /// The JSON. No value has a character that JSON escapes (tokens are base64url, scope is of RFC 6749 §3.3), and to look
    /// at each for that took longer than all the rest.
    pub fn to_json(&self) -> String {
        let Self {
            access_token,
            token_type,
            expires_in,
            ..
        } = self;
        let mut json = format!(
            "{{\"access_token\":\"{access_token}\",\"token_type\":\"{token_type}\",\"expires_in\":{expires_in}"
        );
        let further = [
            ("refresh_token", self.refresh_token.as_deref()),
            ("id_token", self.id_token.as_deref()),
            (
                "scope",
                Some(self.scope.as_str()).filter(|scope| !scope.is_empty()),
            ),
            ("issued_token_type", self.issued_token_type),
        ];
        for (name, value) in further {
            if let Some(value) = value {
                json.extend([",\"", name, "\":\"", value, "\""]);
            }
        }
        json.push('}');
        json
    }

    /// Access token, its lifetime in seconds, and refresh token: for an answer that does not show all of them.
    pub(in crate::oauth) fn into_parts(self) -> (String, i64, Option<String>) {
        (self.access_token, self.expires_in, self.refresh_token)
    }
}

/// Issues tokens for an authorization, once.
///
/// # Errors
/// `invalid_grant`: what was presented was used before. Or a fault.
pub async fn issue(
    cx: &Cx,
    client: &Client,
    authorization: Authorization,
    sender: &Sender,
) -> Result<TokenResponse> {
    // Whoever does not listen to these events pays nothing for them.
    let told = tracing::enabled!(target: "audit", tracing::Level::DEBUG).then(|| {
        let user = authorization.standing.as_ref();
        (
            authorization.source.name(),
            user.map(|standing| standing.user_id.clone()),
        )
    });
    let tokens = spend(cx, client, authorization, sender).await?;
    if let Some((by, user)) = told {
        let (client, request_id) = (client.id.as_str(), cx.request_id.as_str());
        tracing::debug!(target: "audit", event = "tokens_issued", by, client, user, ip = %cx.ip, request_id, "tokens issued");
    }
    Ok(tokens)
}

async fn spend(
    cx: &Cx,
    client: &Client,
    authorization: Authorization,
    sender: &Sender,
) -> Result<TokenResponse> {
    let Authorization {
        standing,
        scope,
        resources,
        source,
    } = authorization;
    let Some(standing) = standing else {
        let status = status::claim(cx, client, None).await?;
        let Source::ApiKey(key) = source else {
            let access = access_token::mint(cx, client, Subject::Client, &scope, &resources, sender, status)?;
            return Ok(response(access, None, None, scope.to_string()));
        };
        let access = access_token::mint(cx, client, Subject::Key(&key), &scope, &resources, sender, status)?;
        api_key::used(cx, &key, Presenter::Holder).await?;
        return Ok(TokenResponse {
            issued_token_type: Some(ACCESS_TOKEN_TYPE),
            ..response(access, None, None, scope.to_string())
        });
    };
    if is_known_replay(&standing, &source) {
        return Err(replayed(cx, &standing).await?);
    }
    let status = status::claim(cx, client, Some(&standing)).await?;
    let access = access_token::mint(
        cx,
        client,
        Subject::Grant(&standing),
        &scope,
        &resources,
        sender,
        status,
    )?;
    let id_token = match scope.has("openid") {
        true => Some(id_token::mint(cx, client, &standing, &scope, &access.token)?),
        false => None,
    };
    let refresh = match source {
        Source::Code => redeem(cx, client, &standing, sender).await?,
        Source::RefreshToken(presented, generation) => match generation {
            Generation::Live(digest) => Some(rotate(cx, &standing, &presented, &digest).await?),
            Generation::JustReplaced(successor) => Some(successor),
            Generation::Superseded => return Err(replayed(cx, &standing).await?),
        },
        Source::DeviceCode(row) => fetch(cx, client, &standing, &row, sender).await?,
        Source::SignIn => Some(begin(cx, &standing).await?),
        Source::ApiKey(_) | Source::Nothing => None,
    };
    Ok(response(access, refresh, id_token, scope.to_string()))
}

/// Seen already when the row was read; saves the signatures. What is missed here is caught by the spending statement.
fn is_known_replay(standing: &Standing, source: &Source) -> bool {
    match source {
        Source::Code => standing.code_spent_at.is_some(),
        Source::RefreshToken(_, generation) => matches!(generation, Generation::Superseded),
        Source::DeviceCode(row) => row.spent_at.is_some(),
        Source::SignIn | Source::ApiKey(_) | Source::Nothing => false,
    }
}

async fn redeem(cx: &Cx, client: &Client, standing: &Standing, sender: &Sender) -> Result<Option<String>> {
    let (token, stored) = first_refresh(cx, client, &standing.id, sender);
    let purge_at = purge_at(cx, stored.as_ref(), standing.ground.expires_at);
    if !rows::redeem_code(cx.app.db.write(), &standing.id, stored.as_ref(), purge_at, cx.now).await? {
        return Err(replayed(cx, standing).await?);
    }
    Ok(token.map(|token| token.expose().to_owned()))
}

async fn rotate(cx: &Cx, standing: &Standing, presented: &Opaque, digest: &[u8]) -> Result<String> {
    // What the family is bound to is in its row already.
    let (next, stored) = refresh_token::mint(cx, &standing.id, None);
    // Without a grace window nobody will ask for it again.
    let sealed = match refresh_token::grace(cx, &standing.client_id) {
        Seconds(0) => None,
        _ => Some(refresh_token::seal(cx, presented, &next)?),
    };
    let rotation = Rotation {
        presented: digest,
        next: &stored,
        sealed: sealed.as_deref(),
    };
    if rows::rotate(cx.app.db.write(), &standing.id, &rotation, cx.now).await? {
        return Ok(next.expose().to_owned());
    }
    // Another request was first. Inside the grace window both get the same successor, never a second branch.
    let now_standing = rows::standing(cx.app.db.write(), &standing.id).await?;
    let still_good = now_standing.filter(|standing| may_issue::may_issue(&standing.ground, cx.now).is_ok());
    let generation = still_good.map(|standing| grants::generation(cx, presented, &standing));
    match generation {
        Some(Generation::JustReplaced(successor)) => Ok(successor),
        _ => Err(replayed(cx, standing).await?),
    }
}

async fn fetch(
    cx: &Cx,
    client: &Client,
    standing: &Standing,
    row: &DeviceCodeRow,
    sender: &Sender,
) -> Result<Option<String>> {
    let (token, stored) = first_refresh(cx, client, &standing.id, sender);
    let mut tx = cx.app.db.begin().await?;
    if !device_codes::spend(tx.sql(), &row.id, cx.now).await? {
        drop(tx);
        return Err(replayed(cx, standing).await?);
    }
    let purge_at = purge_at(cx, stored.as_ref(), standing.ground.expires_at);
    rows::insert(tx.sql(), &fresh::row(standing, stored, purge_at)).await?;
    tx.commit().await?;
    Ok(token.map(|token| token.expose().to_owned()))
}

async fn begin(cx: &Cx, standing: &Standing) -> Result<String> {
    let (token, stored) = refresh_token::mint(cx, &standing.id, None);
    let purge_at = purge_at(cx, Some(&stored), standing.ground.expires_at);
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    rows::insert(journal.sql(), &fresh::row(standing, Some(stored), purge_at)).await?;
    let about = About {
        client: Some(&standing.client_id),
        amr: Some(&standing.amr),
        ..About::user(&standing.user_id)
    };
    journal.note(Event::SignedIn, about).await?;
    if let Some(user) = users::find(journal.sql(), &standing.user_id).await? {
        notice::signed_in(&mut journal, cx, &user).await?;
    }
    journal.commit().await?;
    Ok(token.expose().to_owned())
}

fn first_refresh(
    cx: &Cx,
    client: &Client,
    grant_id: &str,
    sender: &Sender,
) -> (Option<Opaque>, Option<NewRefresh>) {
    if !refresh_token::wanted(client) {
        return (None, None);
    }
    let certificate = sender.of_refresh_token(client);
    let (token, stored) = refresh_token::mint(cx, grant_id, certificate);
    (Some(token), Some(stored))
}

fn purge_at(cx: &Cx, refresh: Option<&NewRefresh>, absolute_end: i64) -> Timestamp {
    let last_token = match refresh {
        Some(_) => Timestamp(absolute_end),
        None => cx.now,
    };
    last_token + cx.app.config.tokens.access_token + PURGE_MARGIN
}

/// Something was used twice: everything that it bought is revoked, committed, and only then refused
/// (RFC 6749 §4.1.2, RFC 9700 §4.14.2).
async fn replayed(cx: &Cx, standing: &Standing) -> Result<crate::oauth::error::Failure> {
    let mut journal = Journal::begin(Actor::of(cx)).await?;
    // Of any number of replays the first one ends the grant, and is told of.
    if rows::revoke(journal.sql(), &standing.id, cx.now).await? {
        let about = About {
            client: Some(&standing.client_id),
            grant: Some(&standing.id),
            ..About::user(&standing.user_id)
        };
        journal.note(Event::Replay, about).await?;
        if let Some(user) = users::find(journal.sql(), &standing.user_id).await? {
            notice::send(&mut journal, Notice::Replay, &user).await?;
        }
    }
    journal.commit().await?;
    Ok(invalid_grant("used before: the grant is revoked").into())
}

fn response(
    access: access_token::AccessToken,
    refresh_token: Option<String>,
    id_token: Option<String>,
    scope: String,
) -> TokenResponse {
    TokenResponse {
        access_token: access.token,
        token_type: "Bearer",
        expires_in: access.expires_in,
        refresh_token,
        id_token,
        scope,
        issued_token_type: None,
    }
}
