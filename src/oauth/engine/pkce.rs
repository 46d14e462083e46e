//! PKCE (RFC 7636): the comparison is the engine's, in constant time; the shapes are ours, S256 only.

use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::primitives::grant::Value;
use std::borrow::Cow;

/// Whether `challenge` is what S256 produces: 43 characters of base64url (RFC 7636 §4.2).
pub fn is_challenge(challenge: &str) -> bool {
    challenge.len() == 43
        && challenge
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Whether `verifier` has the shape of RFC 7636 §4.1: 43 to 128 unreserved characters.
pub fn is_verifier(verifier: &str) -> bool {
    (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

/// What the engine stores for a challenge.
pub(super) fn stored(challenge: &str) -> Result<Option<Value>, ()> {
    Pkce::required().challenge(Some(Cow::Borrowed("S256")), Some(Cow::Borrowed(challenge)))
}

/// Whether `verifier` belongs to `challenge` (RFC 7636 §4.6).
pub fn verify(challenge: &str, verifier: &str) -> bool {
    is_verifier(verifier)
        && stored(challenge).is_ok_and(|stored| {
            Pkce::required()
                .verify(stored, Some(Cow::Borrowed(verifier)))
                .is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::{is_challenge, is_verifier, verify};

    /// RFC 7636 appendix B.
    #[test]
    fn the_example_of_the_rfc_verifies_and_nothing_else_does() {
        let (verifier, challenge) = (
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        );
        assert!(verify(challenge, verifier));
        assert!(
            !verify(challenge, challenge),
            "the challenge is not its own verifier"
        );
        assert!(!verify(challenge, &format!("{verifier}\n")));
        assert!(!verify(challenge, &verifier[..42]));
        assert!(!is_challenge(&challenge[..42]) && !is_challenge(&challenge.replace('-', "+")));
        assert!(is_verifier(&"a".repeat(128)) && !is_verifier(&"a".repeat(129)));
    }
}
