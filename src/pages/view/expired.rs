//! The saved request behind a form is gone.

use askama::Template;

use super::Layout;

/// Says that the page was open too long and where to start again.
#[derive(Debug, Template)]
#[template(path = "pages/expired.html")]
pub struct ExpiredPage {
    /// The frame.
    pub layout: Layout,
    /// Name of the app and its URL to start again from.
    pub app: Option<(String, String)>,
}
