//! Text that must never be logged, printed, serialized or compared with `==`.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A secret in memory. It has no `Debug`, `Display`, `Serialize` or `PartialEq`, and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of `text`.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself. Each caller of this is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Compares in time that depends on the lengths only.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}
