//! The frame of every page.

use super::view::Layout;
use crate::cx::Cx;
use crate::http::asset_url;
use crate::identity::browser::Browser;

/// The frame; `browser` tells who is signed in, where that is known.
pub(super) fn layout(cx: &Cx, browser: Option<&Browser>) -> Layout {
    let base = cx.app.config.public_url.path();
    Layout {
        product: "Keywright".to_owned(),
        lang: "en",
        css: asset_url(base, "app.css"),
        js: asset_url(base, "ui.js"),
        development: cx.app.config.development,
        account: browser
            .and_then(|browser| browser.session.as_ref())
            .map(|session| session.email.clone()),
        base: base.to_owned(),
    }
}
