//! The page at the issuer's own address.

use askama::Template;

use super::Layout;

/// The home page: who is signed in, and where developers start. Signing out posts `csrf` and `decision=signout` to
/// `/logout`.
#[derive(Debug, Template)]
#[template(path = "pages/home.html")]
pub struct HomePage {
    /// The frame; `account` says who is signed in.
    pub layout: Layout,
    /// URL of the discovery document.
    pub discovery: String,
    /// Whether the demo app is served.
    pub demo: bool,
    /// Token against cross-site requests.
    pub csrf: String,
}
