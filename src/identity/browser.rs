//! A browser: recognized by a random cookie from its first page, and signed in by a session.
//! Saved requests and CSRF tokens are bound to it, so that no other browser can go on with them.

use crate::storage::sessions::LiveSession;
use crate::vault::{Purpose, Vault};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The browser that sent the request.
#[derive(Clone)]
pub struct Browser {
    /// Value of its cookie, 256 random bits in base64url. No `Debug`, so it reaches no log.
    pub id: String,
    /// Whether the cookie is new and must be set.
    pub is_new: bool,
    /// Its live session.
    pub session: Option<LiveSession>,
}

impl Browser {
    /// What is stored of the cookie.
    pub fn mac(&self, vault: &Vault) -> Vec<u8> {
        vault.mac(Purpose::Browser, &[self.id.as_bytes()]).to_vec()
    }

    /// The CSRF token for a form: good for this browser, this session and this form only. A sign-in changes it.
    pub fn csrf(&self, vault: &Vault, form: &str) -> String {
        URL_SAFE_NO_PAD.encode(vault.mac(Purpose::Csrf, &self.csrf_parts(form)))
    }

    /// Whether `presented` is the token of [`Browser::csrf`]; constant time. A browser without a cookie has none.
    pub fn csrf_matches(&self, vault: &Vault, form: &str, presented: &str) -> bool {
        let presented = URL_SAFE_NO_PAD.decode(presented).unwrap_or_default();
        !self.is_new && vault.verify(Purpose::Csrf, &self.csrf_parts(form), &presented)
    }

    fn csrf_parts<'a>(&'a self, form: &'a str) -> [&'a [u8]; 3] {
        let sign_in = self.session.as_ref().map_or(&[][..], |session| &session.digest);
        [self.id.as_bytes(), sign_in, form.as_bytes()]
    }
}
