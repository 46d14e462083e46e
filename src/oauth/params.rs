//! Request parameters: ordered pairs, decoded once and strictly, duplicates refused, empty = absent.
//! RFC 6749 §3.1, §3.2 and appendix B.

use super::error::{ErrorCode, Refusal, invalid_request};
use std::fmt;

/// More parameters than any real client sends.
const MAX_PARAMETERS: usize = 1_000;

/// Parameters of a query or a form.
#[derive(Clone, Default)]
pub struct Params(Vec<(String, String)>);

/// Why a query or form cannot be read.
const MALFORMED: &str = "The request is not valid application/x-www-form-urlencoded UTF-8 text.";

/// Names only: the values are passwords, codes and tokens.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Params {
    /// Reads `name=value&…`. Parameters without a value count as absent (RFC 6749 §3.1).
    ///
    /// # Errors
    /// `invalid_request`: a broken escape, invalid UTF-8, a NUL, or too many parameters.
    pub fn parse(encoded: &[u8]) -> Result<Self, Refusal> {
        let malformed = || Refusal::new(ErrorCode::InvalidRequest, MALFORMED);
        let mut pairs = Vec::new();
        for part in encoded
            .split(|&byte| byte == b'&')
            .filter(|part| !part.is_empty())
        {
            if pairs.len() == MAX_PARAMETERS {
                return Err(malformed().because("too many parameters"));
            }
            let at = part.iter().position(|&byte| byte == b'=').unwrap_or(part.len());
            let (name, value) = part.split_at_checked(at).ok_or_else(malformed)?;
            let name = decode(name).ok_or_else(malformed)?;
            let value = decode(value.get(1..).unwrap_or_default()).ok_or_else(malformed)?;
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        Ok(Self(pairs))
    }

    /// Takes pairs that were decoded before.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// All pairs in order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The pairs with one of these names, in order.
    pub fn only(&self, names: &[&str]) -> Vec<(String, String)> {
        self.0
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .cloned()
            .collect()
    }

    /// The one value of `name`; a repeated one is `invalid_request` (RFC 6749 §3.1).
    ///
    /// # Errors
    /// `invalid_request`: the parameter is repeated.
    pub fn optional(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(invalid_request(name, "A parameter is included more than once.")),
        }
    }

    /// The one value of `name`, which must be there.
    ///
    /// # Errors
    /// `invalid_request`: the parameter is missing or repeated.
    pub fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.optional(name)?
            .ok_or_else(|| invalid_request(name, "A required parameter is missing."))
    }

    /// All values of `name`, for the few parameters that may be repeated (RFC 8707 §2 `resource`).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// Refuses a repeat of any parameter except those named.
    ///
    /// # Errors
    /// `invalid_request`: a parameter is repeated.
    pub fn refuse_repeats(&self, except: &[&str]) -> Result<(), Refusal> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let repeated = names.windows(2).any(|pair| match pair {
            [left, right] => left == right && !except.contains(left),
            _ => false,
        });
        if repeated {
            return Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "A parameter is included more than once.",
            ));
        }
        Ok(())
    }
}

/// Decodes `application/x-www-form-urlencoded` text strictly.
pub fn decode(encoded: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(*rest.next()?).to_digit(16)?;
                let low = char::from(*rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    // Postgres stores no NUL; nothing legitimate contains one.
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::{Params, decode};

    #[test]
    fn escapes_are_decoded_once_and_strictly() {
        assert_eq!(decode(b"a+b%20c%2B").as_deref(), Some("a b c+"));
        for broken in [&b"%"[..], b"%4", b"%zz", b"%ff%fe", b"%c0%80", b"a%00b"] {
            assert_eq!(decode(broken), None);
        }
    }

    #[test]
    fn repeats_are_refused_and_empty_values_are_absent() {
        let params = Params::parse(b"a=1&b=&a=2&resource=x&resource=y").unwrap();
        assert!(params.optional("a").is_err());
        assert_eq!(params.optional("b").unwrap(), None);
        assert!(params.refuse_repeats(&["resource"]).is_err());
        assert!(
            Params::parse(b"a=1&resource=x&resource=y")
                .unwrap()
                .refuse_repeats(&["resource"])
                .is_ok()
        );
    }
}
