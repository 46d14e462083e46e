//! Whose attempts are counted together.

use crate::identity::email::CanonicalEmail;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::net::IpAddr;

/// Whose attempts are counted together. Holds a hash, so that all keys have one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 16]);

impl Key {
    /// An account, whether it exists or not.
    pub fn email(email: &CanonicalEmail) -> Self {
        Self::hash("email", email.as_str().as_bytes())
    }

    /// A peer: an IPv4 address, also when written in IPv6, or the /64 that one IPv6 customer has (AC-201).
    pub fn ip(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::hash("ipv4", &address.octets()),
            IpAddr::V6(address) => Self::hash("ipv6", &(address.to_bits() >> 64).to_be_bytes()),
        }
    }

    /// A known device of an account, which has a count of its own (AC-206).
    pub fn device(account: &str, device: &str) -> Self {
        Self::hash("device", format!("{account}/{device}").as_bytes())
    }

    /// As part of a name in a store.
    pub(super) fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    fn hash(kind: &str, value: &[u8]) -> Self {
        let hash = digest(&SHA256, &[kind.as_bytes(), &[0], value].concat());
        let mut key = [0; 16];
        key.iter_mut()
            .zip(hash.as_ref())
            .for_each(|(to, from)| *to = *from);
        Self(key)
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    fn ip(text: &str) -> Key {
        Key::ip(text.parse().unwrap())
    }

    /// AC-201
    #[test]
    fn addresses_of_one_customer_are_one_peer() {
        assert_eq!(ip("2001:db8:1:2::1"), ip("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(ip("2001:db8:1:2::1"), ip("2001:db8:1:3::1"));
        assert_eq!(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
        assert_ne!(ip("192.0.2.1"), ip("192.0.2.2"));
    }
}
