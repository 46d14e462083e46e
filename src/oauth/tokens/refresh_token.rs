//! Refresh tokens: opaque, one live one per grant, replaced at each use (RFC 9700 §4.14.2).

use crate::cx::Cx;
use crate::oauth::client::Client;
use crate::oauth::error::Fault;
use crate::oauth::first_party;
use crate::opaque::{Kind, Opaque};
use crate::storage::grants::NewRefresh;
use crate::time::Seconds;
use crate::vault;

/// Whether tokens for this client come with a refresh token.
pub fn wanted(client: &Client) -> bool {
    client.has_grant("refresh_token")
}

/// A new token for a grant, and what is stored of it. It is bound to `certificate`, if there is one.
pub fn mint(cx: &Cx, grant_id: &str, certificate: Option<&str>) -> (Opaque, NewRefresh) {
    let token = Opaque::mint(Kind::RefreshToken, grant_id, &*cx.app.entropy, &cx.app.vault);
    let digest = token.digest(&cx.app.vault);
    (
        token,
        NewRefresh {
            digest,
            expires_at: cx.now + cx.app.config.tokens.refresh_token_idle,
            certificate: certificate.map(str::to_owned),
        },
    )
}

/// For how long after its replacement a token of the client gives the same successor again.
pub fn grace(cx: &Cx, client_id: &str) -> Seconds {
    match client_id {
        first_party::CLIENT_ID => cx.app.config.api.refresh_grace,
        _ => cx.app.config.tokens.refresh_grace,
    }
}

/// Seals the successor under the presented token: only who holds that token can learn its successor.
///
/// # Errors
/// The library fails.
pub fn seal(cx: &Cx, presented: &Opaque, successor: &Opaque) -> Result<Vec<u8>, Fault> {
    let secret = presented.expose().as_bytes();
    vault::seal_under(
        secret,
        &*cx.app.entropy,
        presented.id().as_bytes(),
        successor.expose().as_bytes(),
    )
    .ok_or_else(|| Fault::internal("sealing failed"))
}

/// The successor that was sealed under the presented token.
pub fn unseal(presented: &Opaque, sealed: &[u8]) -> Option<String> {
    let plaintext = vault::open_under(presented.expose().as_bytes(), presented.id().as_bytes(), sealed)?;
    String::from_utf8(plaintext).ok()
}
