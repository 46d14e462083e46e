//! May this app use this account? `#consent-allow`, `#consent-deny`, `#consent-switch`.

use askama::Template;

use super::{Layout, ScopeLine, scope_line};

/// The consent page. Posts `flow`, `csrf` and `decision` (`allow`, `deny` or `switch`) to `/consent`.
#[derive(Debug, Template)]
#[template(path = "pages/consent.html")]
pub struct ConsentPage {
    /// The frame.
    pub layout: Layout,
    /// Handle of the saved request.
    pub flow: String,
    /// Token against cross-site requests.
    pub csrf: String,
    /// Name of the app.
    pub client: String,
    /// Host of the app's home page.
    pub client_host: Option<String>,
    /// Host of the redirect URI, where the answer goes.
    pub redirect_host: String,
    /// Whether the redirect goes to a program on this computer (RFC 8252 §7.3).
    pub loopback: bool,
    /// What the app asks for.
    pub scopes: Vec<ScopeLine>,
    /// E-mail address of the person who is asked.
    pub account: String,
}

impl ConsentPage {
    fn scopes(&self) -> impl Iterator<Item = &ScopeLine> {
        scope_line::in_order(&self.scopes)
    }
}
