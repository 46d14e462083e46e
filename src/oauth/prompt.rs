//! `prompt` (OIDC Core §3.1.2.1).

use super::error::{Refusal, invalid_request};

/// What the client wants the user to be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Ask nothing; what would have to be asked becomes the error.
    pub none: bool,
    /// Ask for credentials even if signed in.
    pub login: bool,
    /// Let the user choose the account, even if signed in.
    pub select_account: bool,
    /// Ask for consent even if it was given.
    pub consent: bool,
}

/// The values that this server knows, for discovery (OIDC Prompt Create §4.1 `prompt_values_supported`).
pub const SUPPORTED: &[&str] = &["none", "login", "consent", "select_account"];

impl Prompt {
    /// Reads the parameter.
    ///
    /// # Errors
    /// `invalid_request`: an unknown value, or `none` with another.
    pub fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let refused = || {
            invalid_request(
                "prompt",
                "The prompt is unknown, or none is combined with another.",
            )
        };
        let mut prompt = Self::default();
        for value in text
            .unwrap_or_default()
            .split(' ')
            .filter(|value| !value.is_empty())
        {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "select_account" => prompt.select_account = true,
                "consent" => prompt.consent = true,
                _ => return Err(refused()),
            }
        }
        if prompt.none && (prompt.login || prompt.select_account || prompt.consent) {
            Err(refused())
        } else {
            Ok(prompt)
        }
    }
}
