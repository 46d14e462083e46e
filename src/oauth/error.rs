//! The errors of the protocol. `Refusal` is a decision to say no; `Fault` means that something broke.
//! A database error can never become a refusal: there is no conversion between the two.
//! Tests: tests/it/errors.rs walks the table.

use crate::ephemeral::StoreError;
use crate::storage::StorageError;
use crate::time::Seconds;
use std::fmt;

/// Every error code that this server sends, with its status at a JSON endpoint and the section that defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// A parameter is missing, malformed or repeated.
    InvalidRequest,
    /// Client authentication failed.
    InvalidClient,
    /// The code, refresh token or device code is not good.
    InvalidGrant,
    /// The client may not use this grant or flow.
    UnauthorizedClient,
    /// The grant type is unknown here.
    UnsupportedGrantType,
    /// The response type is unknown here.
    UnsupportedResponseType,
    /// The scope is malformed or not allowed for the client.
    InvalidScope,
    /// The resource is not allowed for the client.
    InvalidTarget,
    /// The user said no.
    AccessDenied,
    /// Something broke.
    ServerError,
    /// Something broke that will pass.
    TemporarilyUnavailable,
    /// The user must sign in, but `prompt=none` forbids asking.
    LoginRequired,
    /// The user must consent, but `prompt=none` forbids asking.
    ConsentRequired,
    /// The requested authentication context cannot be reached.
    UnmetAuthenticationRequirements,
    /// `request` is not supported.
    RequestNotSupported,
    /// `request_uri` is not supported.
    RequestUriNotSupported,
    /// `registration` is not supported.
    RegistrationNotSupported,
    /// The user has not decided yet.
    AuthorizationPending,
    /// The device asks too often.
    SlowDown,
    /// The device code is too old.
    ExpiredToken,
    /// The access token is not good.
    InvalidToken,
    /// The access token allows too little.
    InsufficientScope,
}

impl ErrorCode {
    /// All codes, for tests and documentation.
    pub const ALL: &'static [Self] = &[
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnauthorizedClient,
        Self::UnsupportedGrantType,
        Self::UnsupportedResponseType,
        Self::InvalidScope,
        Self::InvalidTarget,
        Self::AccessDenied,
        Self::ServerError,
        Self::TemporarilyUnavailable,
        Self::LoginRequired,
        Self::ConsentRequired,
        Self::UnmetAuthenticationRequirements,
        Self::RequestNotSupported,
        Self::RequestUriNotSupported,
        Self::RegistrationNotSupported,
        Self::AuthorizationPending,
        Self::SlowDown,
        Self::ExpiredToken,
        Self::InvalidToken,
        Self::InsufficientScope,
    ];

    /// Wire name, status at a JSON endpoint, defining section.
    pub const fn row(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::InvalidRequest => ("invalid_request", 400, "RFC 6749 §5.2"),
            Self::InvalidClient => ("invalid_client", 401, "RFC 6749 §5.2"),
            Self::InvalidGrant => ("invalid_grant", 400, "RFC 6749 §5.2"),
            Self::UnauthorizedClient => ("unauthorized_client", 400, "RFC 6749 §5.2"),
            Self::UnsupportedGrantType => ("unsupported_grant_type", 400, "RFC 6749 §5.2"),
            Self::UnsupportedResponseType => ("unsupported_response_type", 400, "RFC 6749 §4.1.2.1"),
            Self::InvalidScope => ("invalid_scope", 400, "RFC 6749 §5.2"),
            Self::InvalidTarget => ("invalid_target", 400, "RFC 8707 §2"),
            Self::AccessDenied => ("access_denied", 400, "RFC 6749 §4.1.2.1"),
            Self::ServerError => ("server_error", 500, "RFC 6749 §4.1.2.1"),
            Self::TemporarilyUnavailable => ("temporarily_unavailable", 503, "RFC 6749 §4.1.2.1"),
            Self::LoginRequired => ("login_required", 400, "OIDC Core §3.1.2.6"),
            Self::ConsentRequired => ("consent_required", 400, "OIDC Core §3.1.2.6"),
            Self::UnmetAuthenticationRequirements => (
                "unmet_authentication_requirements",
                400,
                "OIDC Unmet Authentication Requirements §2",
            ),
            Self::RequestNotSupported => ("request_not_supported", 400, "OIDC Core §3.1.2.6"),
            Self::RequestUriNotSupported => ("request_uri_not_supported", 400, "OIDC Core §3.1.2.6"),
            Self::RegistrationNotSupported => ("registration_not_supported", 400, "OIDC Core §3.1.2.6"),
            Self::AuthorizationPending => ("authorization_pending", 400, "RFC 8628 §3.5"),
            Self::SlowDown => ("slow_down", 400, "RFC 8628 §3.5"),
            Self::ExpiredToken => ("expired_token", 400, "RFC 8628 §3.5"),
            Self::InvalidToken => ("invalid_token", 401, "RFC 6750 §3.1"),
            Self::InsufficientScope => ("insufficient_scope", 403, "RFC 6750 §3.1"),
        }
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        self.row().0
    }
}

/// A decision to say no. The description is a literal: request data can never be echoed back.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What kind of no.
    pub code: ErrorCode,
    /// For the developer of the client: `%x20-21 / %x23-5B / %x5D-7E` only (RFC 6749 §5.2).
    pub description: &'static str,
    /// The parameter at fault, shown on error pages.
    pub parameter: Option<&'static str>,
    /// For our log only.
    pub detail: Option<String>,
}

impl Refusal {
    /// A refusal for the client's developer.
    pub fn new(code: ErrorCode, description: &'static str) -> Self {
        Self {
            code,
            description,
            parameter: None,
            detail: None,
        }
    }

    /// Names the parameter at fault.
    #[must_use]
    pub fn at(mut self, parameter: &'static str) -> Self {
        self.parameter = Some(parameter);
        self
    }

    /// Adds what only our log may say.
    #[must_use]
    pub fn because(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }
}

/// A parameter is missing, malformed or repeated.
pub fn invalid_request(parameter: &'static str, description: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, description).at(parameter)
}

/// The presented code or token is not good. One text for every reason: which it was is in our log.
pub fn invalid_grant(detail: &'static str) -> Refusal {
    Refusal::new(
        ErrorCode::InvalidGrant,
        "The code or token is unknown, expired, used up or revoked.",
    )
    .because(detail)
}

/// Client authentication failed. One text for every reason.
pub fn invalid_client(detail: &'static str) -> Refusal {
    Refusal::new(ErrorCode::InvalidClient, "Client authentication failed.").because(detail)
}

/// Something broke. Logged once; the outside sees `server_error` and a request id.
#[derive(Debug)]
pub enum Fault {
    /// The database did not do what it was asked.
    Storage(StorageError),
    /// A store of short-lived state did not do what it was asked.
    Store(StoreError),
    /// Too much work at once: refused at the door.
    Busy,
    /// Anything that should not happen.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl Fault {
    /// A fault with a text for the log.
    pub fn internal(text: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(text.into())
    }

    /// How long to wait before trying again, if waiting helps.
    pub fn retry_after(&self) -> Option<Seconds> {
        match self {
            Self::Storage(error) => error.is_unavailable().then_some(StorageError::RETRY_AFTER),
            Self::Store(StoreError::TooLarge | StoreError::Seal) => None,
            Self::Store(_) | Self::Busy => Some(StorageError::RETRY_AFTER),
            Self::Internal(_) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}"),
            Self::Busy => write!(f, "too many requests of this kind at once"),
            Self::Internal(error) => write!(f, "{error}"),
        }
    }
}

impl From<StorageError> for Fault {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Storage(error) => Self::Storage(error),
            error => Self::Store(error),
        }
    }
}

/// Either of the two.
#[derive(Debug)]
pub enum Failure {
    /// We decided to say no.
    Refused(Refusal),
    /// Something broke.
    Fault(Fault),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::Fault(error.into())
    }
}

/// The result of a protocol function.
pub type Result<T, E = Failure> = std::result::Result<T, E>;
