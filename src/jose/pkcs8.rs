//! A private key at rest or on its way there: the one form in which private keys cross module borders.

use zeroize::Zeroizing;

/// A private key as PKCS#8 DER (RFC 5958). It is wiped when dropped and has no `Debug`.
#[derive(Clone)]
pub struct Pkcs8Der(Zeroizing<Vec<u8>>);

impl Pkcs8Der {
    /// Takes ownership of the encoded key; whether it is one shows when it is loaded.
    pub fn new(der: Vec<u8>) -> Self {
        Self(Zeroizing::new(der))
    }

    /// The encoded key. Each caller of this is a place to review.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}
