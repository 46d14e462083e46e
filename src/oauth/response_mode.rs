//! Response modes: how an authorization response travels back.
//! OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode.

use super::error::{Refusal, invalid_request};

/// How the parameters travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query, the default for `code`.
    Query,
    /// In the fragment.
    Fragment,
    /// In a form that the browser posts.
    FormPost,
}

/// One line per mode: requests and discovery read this.
pub static ALL: &[(&str, ResponseMode)] = &[
    ("query", ResponseMode::Query),
    ("fragment", ResponseMode::Fragment),
    ("form_post", ResponseMode::FormPost),
];

impl ResponseMode {
    /// Reads the `response_mode` parameter.
    ///
    /// # Errors
    /// `invalid_request`: a mode that this server does not have.
    pub fn parse(name: Option<&str>) -> Result<Self, Refusal> {
        let Some(name) = name else { return Ok(Self::Query) };
        ALL.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, mode)| *mode)
            .ok_or_else(|| invalid_request("response_mode", "The response mode is not supported."))
    }
}
