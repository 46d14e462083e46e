//! E-mail addresses, made canonical once at the edge: account, limit, lock and look-up take this type only (AC-202).

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::Serialize;
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// RFC 5321 §4.5.3.1.3: a path has 256 octets with its angle brackets.
const MAX_BYTES: usize = 254;
/// RFC 5321 §4.5.3.1.1
const MAX_LOCAL_BYTES: usize = 64;
/// Characters that only a quoted local part may hold (RFC 5322 §3.2.3); quoted ones are not supported.
const SPECIALS: &str = "\"(),:;<>@[\\]";

/// An address in its one form: trimmed, NFKC, domain in IDNA ASCII, lower case. Tags (`a+1@x`) and dots keep their meaning.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct CanonicalEmail(String);

/// The text is no address that this server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address such as `name@example.com`")]
pub struct NotAnEmail;

impl CanonicalEmail {
    /// Reads an address as a person typed it.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let canonical = fold(text)?;
        // Folding must not lead to a text that folds further: two spellings would be two accounts.
        if fold(&canonical)? != canonical {
            return Err(NotAnEmail);
        }
        Ok(Self(canonical))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

impl fmt::Display for CanonicalEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn fold(text: &str) -> Result<String, NotAnEmail> {
    // Normalization can make text 18 times as long, so the size counts before it and after it.
    let text = text.trim();
    if text.len() > MAX_BYTES || text.contains(is_refused) {
        return Err(NotAnEmail);
    }
    // Lower case can leave the normal form (İ), hence the second pass.
    let lower: String = text.nfkc().collect::<String>().to_lowercase();
    let folded: String = lower.nfkc().collect();
    let (local, domain) = folded.split_once('@').ok_or(NotAnEmail)?;
    let local_is_bad = |c: char| is_refused(c) || SPECIALS.contains(c);
    if local.is_empty() || local.len() > MAX_LOCAL_BYTES || local.contains(local_is_bad) {
        return Err(NotAnEmail);
    }
    let domain = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| NotAnEmail)?;
    let address = format!("{local}@{domain}");
    if address.len() > MAX_BYTES {
        return Err(NotAnEmail);
    }
    Ok(address)
}

/// Spaces, controls, and characters that nobody sees: they make two addresses look alike.
fn is_refused(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c,
            // Default_Ignorable_Code_Point of Unicode, and the interlinear and shorthand format controls
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFD}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::CanonicalEmail;

    fn canonical(text: &str) -> Option<String> {
        CanonicalEmail::parse(text).ok().map(|email| email.to_string())
    }

    /// AC-202
    #[test]
    fn spellings_of_one_address_are_one_key() {
        for text in [
            "alice@example.com",
            "ALICE@Example.com",
            "  alice@example.com\r\n",
            "\u{a0}alice@example.com\u{3000}",
            "ａｌｉｃｅ＠ｅｘａｍｐｌｅ．ｃｏｍ",
            "alice@example。com",
            "𝓪lice@exampl\u{2147}.com",
        ] {
            assert_eq!(canonical(text).as_deref(), Some("alice@example.com"), "{text:?}");
        }
        assert_eq!(
            canonical("zoe\u{301}@bücher.example"),
            canonical("ZOÉ@BU\u{308}CHER.EXAMPLE")
        );
        assert_eq!(
            canonical("a@bücher.example").as_deref(),
            Some("a@xn--bcher-kva.example")
        );
        assert_eq!(
            canonical("a@XN--BCHER-KVA.example").as_deref(),
            Some("a@xn--bcher-kva.example")
        );
        assert_eq!(canonical("\u{212a}im@x.example"), canonical("kim@x.example"));
    }

    /// AC-202 · AC-203: what differs stays apart, so no address reaches another's account.
    #[test]
    fn different_addresses_stay_apart() {
        let addresses = [
            "alice@x.example",
            "al\u{131}ce@x.example",
            "alİce@x.example",
            "alice+1@x.example",
            "al.ice@x.example",
        ];
        let mut keys: Vec<_> = addresses.iter().map(|text| canonical(text).unwrap()).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), addresses.len());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@x.example", "a".repeat(65));
        let long = format!("a@{}example", "abcdefgh.".repeat(30));
        let grows = format!("{}@x.example", "\u{fdfa}".repeat(60));
        for text in [
            "",
            "alice",
            "@x.example",
            "alice@",
            "a@b@x.example",
            "a b@x.example",
            "a@x example",
            "a@\u{0}x.example",
            "al\u{200d}ice@x.example",
            "al\u{200b}ice@x.example",
            "alice@x\u{ad}.example",
            "\u{feff}alice@x.example",
            "al\u{202e}ice@x.example",
            "\"a b\"@x.example",
            "<a@x.example>",
            "a@[127.0.0.1]",
            "a@x..example",
            "a@x.example.",
            "a@-x.example",
            "a@x_y.example",
            "a@xn--a.example",
            "a\n@x.example",
            "a,b@x.example",
            &long_local,
            &long,
            &grows,
        ] {
            assert_eq!(canonical(text), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

        #[test]
        fn the_canonical_form_is_its_own(text in "\\PC{0,12}@?\\PC{0,12}(\\.[a-z]{2})?") {
            if let Some(once) = canonical(&text) {
                proptest::prop_assert_eq!(canonical(&once), Some(once.clone()));
            }
        }
    }
}
