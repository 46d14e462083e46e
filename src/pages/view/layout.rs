//! What every page has in common: `templates/base.html`.

/// The frame around each page.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Name of the product, in the title and in the frame.
    pub product: String,
    /// Language of the texts, a BCP 47 tag.
    pub lang: &'static str,
    /// URL of `app.css`.
    pub css: String,
    /// URL of `ui.js`.
    pub js: String,
    /// Whether to say on every page that this is a development server.
    pub development: bool,
    /// E-mail address of the person who is signed in.
    pub account: Option<String>,
    /// Path of the issuer, `""` or `"/path"`: every link and form action starts with it.
    pub base: String,
}

impl Layout {
    /// The pages of the account with their paths, for the list of links.
    pub(super) fn account_pages(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("Profile", "/account"),
            ("Security", "/account/security"),
            ("Devices", "/account/sessions"),
            ("Apps", "/account/apps"),
            ("API keys", "/account/api-keys"),
            ("Activity", "/account/activity"),
            ("Data", "/account/data"),
        ]
    }

    /// Writing direction of the language.
    pub(super) fn dir(&self) -> &'static str {
        match self.lang.split('-').next() {
            Some("ar" | "fa" | "he" | "ur") => "rtl",
            _ => "ltr",
        }
    }
}
