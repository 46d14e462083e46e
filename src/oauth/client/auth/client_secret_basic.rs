//! `client_secret_basic`: RFC 6749 §2.3.1, identifier and secret form-encoded inside RFC 7617 Basic.

use super::{ClientAuthMethod, ClientRequest, Presented};
use crate::oauth::error::{Refusal, invalid_client};
use crate::oauth::params;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// HTTP Basic.
pub(super) struct ClientSecretBasic;

impl ClientAuthMethod for ClientSecretBasic {
    fn name(&self) -> &'static str {
        "client_secret_basic"
    }

    fn presented(&self, request: &ClientRequest) -> Result<Option<Presented>, Refusal> {
        let Some(header) = request.authorization.first() else {
            return Ok(None);
        };
        let credentials = read(header).ok_or_else(|| invalid_client("unreadable Authorization header"))?;
        let (client_id, secret) = credentials;
        // Some clients repeat their identifier in the form; another one there is an attack or a bug.
        match request.form.optional("client_id")? {
            Some(other) if other != client_id => Err(invalid_client("client_id differs from Basic")),
            _ => Ok(Some(Presented {
                client_id,
                secret: Some(secret),
            })),
        }
    }
}

fn read(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded).ok()?;
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    let (id, secret) = decoded.split_at_checked(colon)?;
    Some((params::decode(id)?, params::decode(secret.get(1..)?)?))
}
