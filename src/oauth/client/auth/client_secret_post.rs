//! `client_secret_post`: RFC 6749 §2.3.1, identifier and secret in the form.

use super::{ClientAuthMethod, ClientRequest, Presented};
use crate::oauth::error::Refusal;

/// Credentials in the body.
pub(super) struct ClientSecretPost;

impl ClientAuthMethod for ClientSecretPost {
    fn name(&self) -> &'static str {
        "client_secret_post"
    }

    fn presented(&self, request: &ClientRequest) -> Result<Option<Presented>, Refusal> {
        let Some(secret) = request.form.optional("client_secret")? else {
            return Ok(None);
        };
        let client_id = request.form.required("client_id")?.to_owned();
        Ok(Some(Presented {
            client_id,
            secret: Some(secret.to_owned()),
        }))
    }
}
