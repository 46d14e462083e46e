//! Saying no: the challenges of RFC 6750 §3 and RFC 9470 §3.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why a request is not let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// There is no token.
    Missing,
    /// There is more than one, or it is not where it belongs.
    Malformed,
    /// The token is not good; why, for the log.
    InvalidToken(&'static str),
    /// The scope lacks a part of this.
    InsufficientScope(String),
    /// The user has none of the roles.
    InsufficientRole,
    /// The user must sign in again, or in another way.
    InsufficientAuthentication {
        /// The classes that will do, space-separated; empty: any.
        acr_values: String,
        /// The age that will do, in seconds.
        max_age: Option<i64>,
    },
    /// The issuer's keys, or the status list of the token, are not known and cannot be fetched now.
    Unavailable,
}

impl Denied {
    fn status(&self) -> StatusCode {
        match self {
            Self::Missing | Self::InvalidToken(_) | Self::InsufficientAuthentication { .. } => {
                StatusCode::UNAUTHORIZED
            }
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::InsufficientScope(_) | Self::InsufficientRole => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn challenge(&self) -> Option<String> {
        let parameters = match self {
            // RFC 6750 §3.1: no error code for a request without credentials.
            Self::Missing => return Some("Bearer".to_owned()),
            Self::Malformed => "error=\"invalid_request\"".to_owned(),
            Self::InvalidToken(_) => "error=\"invalid_token\"".to_owned(),
            Self::InsufficientScope(scope) => format!("error=\"insufficient_scope\", scope=\"{scope}\""),
            Self::InsufficientRole => "error=\"insufficient_scope\"".to_owned(),
            Self::InsufficientAuthentication { acr_values, max_age } => {
                let mut text = "error=\"insufficient_user_authentication\"".to_owned();
                if !acr_values.is_empty() {
                    text += &format!(", acr_values=\"{acr_values}\"");
                }
                if let Some(age) = max_age {
                    text += &format!(", max_age=\"{age}\"");
                }
                text
            }
            Self::Unavailable => return None,
        };
        Some(format!("Bearer {parameters}"))
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        tracing::info!(denied = ?self, "request refused");
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(Ok(challenge)) = self.challenge().as_deref().map(HeaderValue::from_str) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if self == Self::Unavailable {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
