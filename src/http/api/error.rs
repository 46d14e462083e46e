//! The errors of `/auth/*`: one row each, the same list in the README and in the OpenAPI document.

use super::super::render;
use crate::cx::Cx;
use crate::identity::sign_in::Denied;
use crate::oauth::error::{ErrorCode, Failure, Fault};
use crate::time::Seconds;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;

/// An error code, stable for apps to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// The body is not what is expected.
    InvalidRequest,
    /// The body is larger than anything expected.
    TooLarge,
    /// The body is not announced as JSON.
    UnsupportedMediaType,
    /// A browser says that the request comes from elsewhere.
    OriginNotAllowed,
    /// Nobody was signed in.
    InvalidCredentials,
    /// The password was right; the account has a second factor.
    MfaRequired,
    /// The account must have a second factor and has none.
    MfaEnrollmentRequired,
    /// The code is wrong, or what it belongs to has ended.
    InvalidCode,
    /// The limit of attempts is reached.
    TooManyAttempts,
    /// The cookie is absent or not good.
    InvalidRefreshToken,
    /// The access token or session is absent or not good.
    InvalidToken,
    /// Known, but not allowed.
    Forbidden,
    /// Something broke.
    ServerError,
    /// Something broke that will pass.
    TemporarilyUnavailable,
}

impl ApiError {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::InvalidRequest,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::OriginNotAllowed,
        Self::InvalidCredentials,
        Self::MfaRequired,
        Self::MfaEnrollmentRequired,
        Self::InvalidCode,
        Self::TooManyAttempts,
        Self::InvalidRefreshToken,
        Self::InvalidToken,
        Self::Forbidden,
        Self::ServerError,
        Self::TemporarilyUnavailable,
    ];

    /// Code, status, and what it means to the developer of an app.
    pub const fn row(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::InvalidRequest => (
                "invalid_request",
                400,
                "The body is not the JSON object that is expected.",
            ),
            Self::TooLarge => (
                "invalid_request",
                413,
                "The request body is too large or incomplete.",
            ),
            Self::UnsupportedMediaType => (
                "unsupported_media_type",
                415,
                "The Content-Type must be application/json.",
            ),
            Self::OriginNotAllowed => (
                "origin_not_allowed",
                403,
                "The request comes from an origin that is not configured.",
            ),
            Self::InvalidCredentials => ("invalid_credentials", 401, "Email or password is wrong."),
            Self::MfaRequired => (
                "mfa_required",
                403,
                "The account has a second factor: send mfa_token and a code to /auth/login/mfa.",
            ),
            Self::MfaEnrollmentRequired => (
                "mfa_enrollment_required",
                403,
                "The account must have a second factor; it is set up at /account/security.",
            ),
            Self::InvalidCode => (
                "invalid_code",
                401,
                "The code is wrong or was used, or the sign-in took too long.",
            ),
            Self::TooManyAttempts => (
                "too_many_attempts",
                429,
                "Too many attempts; Retry-After says when the next one counts.",
            ),
            Self::InvalidRefreshToken => (
                "invalid_refresh_token",
                401,
                "There is no refresh cookie, or it is not good any more; sign in again.",
            ),
            Self::InvalidToken => (
                "invalid_token",
                401,
                "There is no access token or session, or it is not good any more.",
            ),
            Self::Forbidden => ("forbidden", 403, "This is not allowed."),
            Self::ServerError => (
                "server_error",
                500,
                "Something broke; the log has the request id.",
            ),
            Self::TemporarilyUnavailable => (
                "temporarily_unavailable",
                503,
                "Something broke that will pass; Retry-After says when to try again.",
            ),
        }
    }

    /// The code on the wire.
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// The table of the README, in Markdown.
    pub fn readme_table() -> String {
        let rows = Self::ALL.iter().map(|error| {
            let (code, status, meaning) = error.row();
            format!("| `{code}` | {status} | {meaning} |\n")
        });
        "| code | status | |\n|---|---|---|\n".to_owned() + &rows.collect::<String>()
    }
}

/// Why a request is not answered with what it wants.
pub(super) struct Problem {
    pub(super) error: ApiError,
    retry_after: Option<i64>,
    /// With which the second step goes on.
    mfa_token: Option<String>,
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        Self {
            error,
            retry_after: None,
            mfa_token: None,
        }
    }
}

impl Problem {
    /// Logs a failure of the protocol; a refusal becomes `refused`.
    pub(super) fn of(cx: &Cx, failure: impl Into<Failure>, refused: ApiError) -> Self {
        let (code, _, retry_after) = render::logged(cx, failure.into());
        let error = match code {
            ErrorCode::ServerError => ApiError::ServerError,
            ErrorCode::TemporarilyUnavailable => ApiError::TemporarilyUnavailable,
            ErrorCode::AccessDenied => ApiError::Forbidden,
            _ => refused,
        };
        Self {
            retry_after,
            ..error.into()
        }
    }

    /// A sign-in that was denied.
    pub(super) fn denied(cx: &Cx, denied: Denied) -> Self {
        match denied {
            Denied::Incorrect => ApiError::InvalidCredentials.into(),
            Denied::TooManyAttempts(wait) => Self::too_many(wait),
            Denied::Busy => Self::of(cx, Fault::Busy, ApiError::ServerError),
            Denied::Fault(fault) => Self::of(cx, fault, ApiError::ServerError),
        }
    }

    /// The limit of attempts is reached.
    pub(super) fn too_many(wait: Seconds) -> Self {
        Self {
            retry_after: Some(wait.0),
            ..ApiError::TooManyAttempts.into()
        }
    }

    /// The second step is missing; `token` leads on.
    pub(super) fn second_step(token: String) -> Self {
        Self {
            mfa_token: Some(token),
            ..ApiError::MfaRequired.into()
        }
    }

    /// The answer.
    pub(super) fn response(&self) -> Response {
        let (code, status, meaning) = self.error.row();
        let mut body = json!({ "error": code, "error_description": meaning });
        if let (Some(token), Some(members)) = (&self.mfa_token, body.as_object_mut()) {
            members.insert("mfa_token".to_owned(), token.as_str().into());
        }
        let mut response = json_response(&body);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == 401 {
            // RFC 9110 §15.5.2: a 401 names a scheme.
            let challenge = HeaderValue::from_static("Bearer realm=\"keywright\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        render::set_retry(&mut response, self.retry_after);
        response
    }
}

/// A JSON answer that nobody keeps.
pub(super) fn json_response(body: &serde_json::Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
