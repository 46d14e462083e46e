//! The grant types. A grant checks and reads; it writes nothing. Adding one is a file and a line in [`ALL`].

mod authorization_code;
mod client_credentials;
mod device_code;
mod refresh_token;
mod token_exchange;

use super::authorization::Authorization;
use crate::cx::Cx;
use crate::oauth::client::Client;
use crate::oauth::error::{ErrorCode, Refusal, Result};
use crate::oauth::params::Params;
pub(super) use refresh_token::generation;
use std::future::Future;
use std::pin::Pin;
pub use token_exchange::GRANT_TYPE as TOKEN_EXCHANGE;

/// The decision of a grant, in the making.
pub type Deciding<'a> = Pin<Box<dyn Future<Output = Result<Authorization>> + Send + 'a>>;

/// A grant type.
pub trait GrantType: Sync {
    /// The registered `grant_type` value.
    fn name(&self) -> &'static str;
    /// Decides whether this request gets tokens. Reads only.
    fn authorize<'a>(&'a self, cx: &'a Cx, client: &'a Client, form: &'a Params) -> Deciding<'a>;
}

/// One line per grant type: the token endpoint, discovery and registration all read this.
pub static ALL: &[&dyn GrantType] = &[
    &authorization_code::AuthorizationCode,
    &refresh_token::RefreshToken,
    &client_credentials::ClientCredentials,
    &device_code::DeviceCode,
    &token_exchange::TokenExchange,
];

/// The grant type of this name.
///
/// # Errors
/// `unsupported_grant_type`.
pub fn find(name: &str) -> Result<&'static dyn GrantType, Refusal> {
    ALL.iter()
        .find(|grant| grant.name() == name)
        .copied()
        .ok_or_else(|| {
            Refusal::new(
                ErrorCode::UnsupportedGrantType,
                "The grant type is not supported.",
            )
            .at("grant_type")
        })
}
