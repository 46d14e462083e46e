//! `none`: a public client names itself (RFC 6749 §2.1, §3.2.1). What it may do rests on PKCE and rotation.

use super::{ClientAuthMethod, ClientRequest, Presented};
use crate::oauth::error::Refusal;

/// No authentication.
pub(super) struct None;

impl ClientAuthMethod for None {
    fn name(&self) -> &'static str {
        "none"
    }

    fn presented(&self, request: &ClientRequest) -> Result<Option<Presented>, Refusal> {
        let form = &request.form;
        let other = !request.authorization.is_empty()
            || form.optional("client_secret")?.is_some()
            || form.optional("client_assertion")?.is_some();
        if other {
            return Ok(Option::None);
        }
        let client_id = request.form.optional("client_id")?;
        Ok(client_id.map(|client_id| Presented {
            client_id: client_id.to_owned(),
            secret: Option::None,
        }))
    }
}
