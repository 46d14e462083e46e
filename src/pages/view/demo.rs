//! A single-page app that signs in by authorization code and PKCE. Development servers only.

use askama::Template;

use super::Layout;

/// The demo app. `demo.js` reads the settings from the attributes of `#demo`.
#[derive(Debug, Template)]
#[template(path = "pages/demo.html")]
pub struct DemoPage {
    /// The frame.
    pub layout: Layout,
    /// The issuer.
    pub authority: String,
    /// The public client of the demo.
    pub client_id: String,
    /// URL of this page, as registered.
    pub redirect_uri: String,
    /// Where to come back to after signing out, as registered.
    pub post_logout_redirect_uri: String,
    /// Scopes to ask for, separated by spaces.
    pub scope: String,
    /// URL of `demo.js`.
    pub client_js: String,
    /// URL of the oidc-client-ts bundle.
    pub vendor_js: String,
}
