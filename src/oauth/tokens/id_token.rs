//! ID tokens (OIDC Core §2). `aud` is one string, the client; personal claims come by userinfo unless asked for here.

use super::claims;
use crate::cx::Cx;
use crate::jose::TYP_ID_TOKEN;
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::client::Client;
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::Fault;
use crate::oauth::scopes;
use crate::storage::grants::Standing;
use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Signs an ID token for the client of the grant.
///
/// # Errors
/// There is no key for the client's algorithm.
pub fn mint(
    cx: &Cx,
    client: &Client,
    standing: &Standing,
    scope: &Scope,
    access_token: &str,
) -> Result<String, Fault> {
    let requested = ClaimsRequest::parse(standing.claims.as_deref()).unwrap_or_default();
    let all = client.metadata.id_token_claims;
    let mut token = claims::of(standing, |claim| {
        let by_scope = claims::allowed_by(scope, claim);
        let freely = scopes::ALL
            .iter()
            .any(|known| known.in_id_token && known.claims.contains(&claim));
        let by_name = requested.in_id_token(claim) && claims::allowed_by(&client.scope, claim);
        by_name || (by_scope && (all || freely))
    });
    let alg = client
        .metadata
        .id_token_signed_response_alg
        .as_deref()
        .unwrap_or("RS256");
    let mut set = |name: &str, value: serde_json::Value| token.insert(name.to_owned(), value);
    set("iss", cx.app.config.public_url.as_str().into());
    set("sub", standing.user_id.as_str().into());
    set("aud", client.id.as_str().into());
    set("azp", client.id.as_str().into());
    set("iat", cx.now.0.into());
    set("exp", (cx.now + cx.app.config.tokens.id_token).0.into());
    set("auth_time", standing.auth_time.into());
    set("acr", standing.acr.as_str().into());
    set("amr", standing.amr.split(' ').collect::<Vec<_>>().into());
    set("at_hash", at_hash(alg, access_token).into());
    if let Some(nonce) = &standing.nonce {
        set("nonce", nonce.as_str().into());
    }
    if let Some(session) = &standing.session_id {
        set("sid", session.as_str().into());
    }
    cx.app
        .keyring
        .set()
        .sign(alg, TYP_ID_TOKEN, &token)
        .map_err(Fault::internal)
}

/// OIDC Core §3.1.3.6: the left half of the hash that the signature algorithm uses.
fn at_hash(alg: &str, access_token: &str) -> String {
    let hash = digest(
        if alg == "EdDSA" { &SHA512 } else { &SHA256 },
        access_token.as_bytes(),
    );
    let hash = hash.as_ref();
    URL_SAFE_NO_PAD.encode(hash.get(..hash.len() / 2).unwrap_or_default())
}
