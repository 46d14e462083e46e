//! `response_mode=form_post`, OAuth 2.0 Form Post Response Mode §2.

use askama::Template;

use super::Layout;

/// Sends the response to the client by a form that a script submits at once. It has no `Debug`: the code is in it.
#[derive(Template)]
#[template(path = "pages/form_post.html")]
pub struct FormPostPage {
    /// The frame.
    pub layout: Layout,
    /// URL of `form_post.js`.
    pub form_post_js: String,
    /// The verified redirect URI.
    pub action: String,
    /// Names and values of the response parameters.
    pub fields: Vec<(String, String)>,
    /// Name of the app.
    pub client: String,
}
