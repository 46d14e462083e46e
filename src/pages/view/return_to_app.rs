//! The way back to an app whose redirect URI has its own scheme (RFC 8252 §7.1). A page that then navigates, because
//! browsers apply `form-action` to every redirect that follows a form.

use askama::Template;

use super::Layout;

/// Opens the app and shows a link for the case that the browser does not: `#return-link`.
#[derive(Debug, Template)]
#[template(path = "pages/return.html")]
pub struct ReturnPage {
    /// The frame.
    pub layout: Layout,
    /// Name of the app.
    pub client: String,
    /// The verified redirect URI with the response parameters.
    pub url: String,
}
