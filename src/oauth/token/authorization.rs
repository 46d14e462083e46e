//! What every grant ends in: who gets tokens for what, and what is used up by issuing them.

use crate::oauth::engine::scope::Scope;
use crate::opaque::Opaque;
use crate::storage::api_keys::ApiKeyRow;
use crate::storage::device_codes::DeviceCodeRow;
use crate::storage::grants::Standing;

/// A decision to issue. It says nothing about tokens; `issue` decides those.
pub struct Authorization {
    /// The grant of a user; `None` where a client acts for itself, or a key is exchanged.
    pub standing: Option<Box<Standing>>,
    /// The scope of the access token.
    pub scope: Scope,
    /// The resources of the access token.
    pub resources: Vec<String>,
    /// What is used up.
    pub source: Source,
}

/// What is used up by issuing. Single use and replay are handled once, in `issue`.
pub enum Source {
    /// An authorization code, good but for the question whether it is still unused.
    Code,
    /// The refresh token that was presented, and what it is to its family.
    RefreshToken(Opaque, Generation),
    /// An approved device code.
    DeviceCode(Box<DeviceCodeRow>),
    /// A sign-in that has just happened: the grant is new.
    SignIn,
    /// An API key, which goes on.
    ApiKey(Box<ApiKeyRow>),
    /// Nothing: the client's credentials are not used up.
    Nothing,
}

impl Source {
    /// What it is called in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::RefreshToken(..) => "refresh_token",
            Self::DeviceCode(_) => "device_code",
            Self::SignIn => "sign_in",
            Self::ApiKey(_) => "api_key",
            Self::Nothing => "client_credentials",
        }
    }
}

/// What a genuine refresh token is to its family.
pub enum Generation {
    /// The live one, with its digest.
    Live(Vec<u8>),
    /// The one before, inside the grace window: its holder gets the same successor again.
    JustReplaced(String),
    /// An older one: somebody kept a copy.
    Superseded,
}
