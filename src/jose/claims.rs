//! The claims of a token whose signature has been verified (RFC 7519 §4).

use crate::time::{Seconds, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Verified claims. Only [`super::verify`] makes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    members: Map<String, Value>,
}

/// Why a token is not valid now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// `exp` is missing.
    #[error("the token has no expiry")]
    NoExpiry,
    /// `exp`, `nbf` or `iat` is not a number of seconds.
    #[error("a time in the token is not a number of seconds")]
    Malformed,
    /// `exp` has been reached.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not been reached.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` lies in the future.
    #[error("the token was issued in the future")]
    IssuedInFuture,
}

impl Claims {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self { members }
    }

    /// All claims.
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// All claims, by value.
    pub fn into_members(self) -> Map<String, Value> {
        self.members
    }

    /// A claim that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// A claim that is a time in seconds; `Ok(None)` when absent.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, TimeError> {
        self.members.get(name).map(numeric_date).transpose()
    }

    /// Whether `aud`, a string or a list of strings, names `audience` (RFC 7519 §4.1.3).
    pub fn is_for(&self, audience: &str) -> bool {
        match self.members.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(audience)),
            _ => false,
        }
    }

    /// The claims as a type of the caller.
    pub fn parse<T: DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        serde_json::from_value(Value::Object(self.members))
    }

    /// Checks `exp` (required), `nbf` and `iat` at `now`; `skew` is how far ahead the issuer's clock may be; it never
    /// prolongs a token.
    pub fn check_times(&self, now: Timestamp, skew: Seconds) -> Result<(), TimeError> {
        let expiry = self.time("exp")?.ok_or(TimeError::NoExpiry)?;
        // RFC 7519 §4.1.4: "on or after" the expiry the token must not be accepted.
        if now >= expiry {
            return Err(TimeError::Expired);
        }
        if self.time("nbf")?.is_some_and(|start| start > now + skew) {
            return Err(TimeError::NotYetValid);
        }
        if self.time("iat")?.is_some_and(|issued| issued > now + skew) {
            return Err(TimeError::IssuedInFuture);
        }
        Ok(())
    }
}

/// RFC 7519 §2: a `NumericDate` may have a fraction, which is dropped here.
fn numeric_date(value: &Value) -> Result<Timestamp, TimeError> {
    // Up to 2^53 a double holds every whole second exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(seconds) = value.as_i64() {
        return Ok(Timestamp(seconds));
    }
    match value.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "the guard keeps it in range")]
        Some(seconds) if seconds.abs() < EXACT => Ok(Timestamp(seconds.floor() as i64)),
        _ => Err(TimeError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::{Claims, TimeError};
    use crate::time::{Seconds, Timestamp};
    use serde_json::{Value, json};

    fn claims(value: Value) -> Claims {
        Claims::new(value.as_object().cloned().unwrap_or_default())
    }

    /// AC-274 · AC-276
    #[test]
    fn a_token_ends_at_exp_and_the_skew_is_exact() {
        let check = |value, now, skew| claims(value).check_times(Timestamp(now), Seconds(skew));
        assert_eq!(check(json!({"exp": 100}), 99, 0), Ok(()));
        assert_eq!(check(json!({"exp": 100}), 100, 0), Err(TimeError::Expired));
        assert_eq!(check(json!({"exp": 100}), 100, 10), Err(TimeError::Expired));
        assert_eq!(check(json!({"exp": 100.9}), 100, 0), Err(TimeError::Expired));
        assert_eq!(check(json!({"exp": 200, "nbf": 110}), 100, 10), Ok(()));
        assert_eq!(
            check(json!({"exp": 200, "nbf": 111}), 100, 10),
            Err(TimeError::NotYetValid)
        );
        assert_eq!(
            check(json!({"exp": 200, "iat": 101}), 100, 0),
            Err(TimeError::IssuedInFuture)
        );
        assert_eq!(check(json!({}), 100, 0), Err(TimeError::NoExpiry));
        for exp in [
            json!("100"),
            json!(1e300),
            json!(u64::MAX),
            json!(null),
            json!([1]),
        ] {
            assert_eq!(check(json!({"exp": exp}), 0, 0), Err(TimeError::Malformed));
        }
        assert_eq!(check(json!({"exp": i64::MAX}), i64::MAX - 1, 60), Ok(()));
    }

    #[test]
    fn the_audience_is_one_string_or_a_list() {
        assert!(claims(json!({"aud": "a"})).is_for("a"));
        assert!(claims(json!({"aud": ["b", "a"]})).is_for("a"));
        for aud in [
            json!("ab"),
            json!([]),
            json!({"a": 1}),
            json!(null),
            json!([["a"]]),
        ] {
            assert!(!claims(json!({"aud": aud})).is_for("a"));
        }
    }
}
