//! An error that must not be redirected (RFC 6749 §4.1.2.1), or that has no form to come back to.

use askama::Template;

use super::Layout;

/// The error page: `#oauth-error` holds the error code and the name of the offending parameter.
#[derive(Debug, Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    /// The frame.
    pub layout: Layout,
    /// The class of error, a short sentence without a full stop.
    pub heading: String,
    /// What happened.
    pub message: String,
    /// What to do now.
    pub advice: String,
    /// The error code of the protocol.
    pub code: String,
    /// Name of the offending parameter.
    pub parameter: Option<String>,
    /// Id of the request, which the log repeats.
    pub request_id: String,
    /// When it happened.
    pub time: String,
}
