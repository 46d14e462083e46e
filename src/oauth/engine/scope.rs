//! Scope (RFC 6749 §3.3): grammar and subset come from the engine; the order on the wire is ours, sorted.

use crate::oauth::error::{ErrorCode, Refusal};
use oxide_auth::primitives::scope::Scope as EngineScope;
use std::fmt;

/// More than any real client asks for; bounds the work on hostile input.
const MAX_LENGTH: usize = 4_096;

/// A set of scope tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Scope(EngineScope);

impl Scope {
    /// The empty scope.
    pub fn empty() -> Self {
        Self::of(&[])
    }

    /// Scope tokens that are literals in this program.
    pub fn of(tokens: &[&str]) -> Self {
        // Literals have no forbidden character; an empty scope grants nothing.
        tokens.join(" ").parse().map_or_else(|_| Self::empty(), Self)
    }

    /// Reads the `scope` parameter.
    ///
    /// # Errors
    /// `invalid_scope`: a character outside RFC 6749 §3.3, or an absurd length.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refused = || Refusal::new(ErrorCode::InvalidScope, "The scope is malformed.").at("scope");
        if text.len() > MAX_LENGTH {
            return Err(refused().because("scope too long"));
        }
        text.parse().map(Self).map_err(|_| refused())
    }

    /// Whether every token of `other` is in this scope.
    pub fn includes(&self, other: &Self) -> bool {
        self.0.priviledged_to(&other.0)
    }

    /// Whether the scope has this token.
    pub fn has(&self, token: &str) -> bool {
        self.0.iter().any(|t| t == token)
    }

    /// Whether the scope has no token.
    pub fn is_empty(&self) -> bool {
        self.0.iter().next().is_none()
    }

    /// The tokens, sorted.
    pub fn tokens(&self) -> Vec<&str> {
        let mut tokens: Vec<&str> = self.0.iter().collect();
        tokens.sort_unstable();
        tokens
    }

    /// The tokens of either scope.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut tokens = self.tokens();
        tokens.extend(other.0.iter());
        Self::of(&tokens)
    }

    /// The tokens of this scope that `keep` accepts.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        let tokens: Vec<&str> = self.0.iter().filter(|token| keep(token)).collect();
        Self::of(&tokens)
    }

    pub(super) fn from_engine(scope: EngineScope) -> Self {
        Self(scope)
    }

    pub(super) fn engine(&self) -> EngineScope {
        self.0.clone()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tokens().join(" "))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({self})")
    }
}
