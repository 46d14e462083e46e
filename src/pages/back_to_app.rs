//! The two ways back to an app that are pages: its own scheme, and a form.

use super::layout;
use super::view::{FormPostPage, ReturnPage};
use crate::cx::Cx;
use crate::http::asset_url;

/// Opens an app by its own scheme, with a link for browsers that want a click.
pub fn open(cx: &Cx, client: String, url: String) -> ReturnPage {
    ReturnPage {
        layout: layout(cx, None),
        client,
        url,
    }
}

/// Posts the response to the client.
pub fn form_post(cx: &Cx, action: String, fields: Vec<(String, String)>, client: String) -> FormPostPage {
    let form_post_js = asset_url(cx.app.config.public_url.path(), "form_post.js");
    FormPostPage {
        layout: layout(cx, None),
        form_post_js,
        action,
        fields,
        client,
    }
}
