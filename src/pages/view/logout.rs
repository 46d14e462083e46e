//! Sign out (OpenID Connect RP-Initiated Logout 1.0 §2): ask, and say that it is done.

use askama::Template;

use super::Layout;

/// Asks before signing out: `#logout-form`. Posts `csrf` and `decision` (`signout` or `stay`) to `/logout`.
#[derive(Debug, Template)]
#[template(path = "pages/logout.html")]
pub struct LogoutPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// E-mail address of the person who is signed in.
    pub account: Option<String>,
    /// Name of the app that asks for it.
    pub client: Option<String>,
}

/// Says that the person is signed out: `#logout-success`.
#[derive(Debug, Template)]
#[template(path = "pages/signed_out.html")]
pub struct SignedOutPage {
    /// The frame.
    pub layout: Layout,
    /// Name of the app and its registered URL to go back to.
    pub return_to: Option<(String, String)>,
}
