//! Ranges of IP addresses (RFC 4632, RFC 4291 §2.3).

use std::net::IpAddr;

/// A range such as `10.0.0.0/8`; a bare address is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    network: IpAddr,
    prefix: u32,
}

impl Cidr {
    /// Reads a range.
    ///
    /// # Errors
    /// When `text` is neither an address nor an address with a prefix length that fits it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refuse = || format!("{text:?} is not an address range such as 10.0.0.0/8 or fd00::/8");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().map_err(|_| refuse())?)),
            None => (text, None),
        };
        let network: IpAddr = address.parse().map_err(|_| refuse())?;
        let longest = if network.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        if prefix > longest {
            return Err(refuse());
        }
        Ok(Self { network, prefix })
    }

    /// Whether `address` lies in the range. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let prefix = if self.network.is_ipv4() {
                    self.prefix
                } else {
                    self.prefix.saturating_sub(96)
                };
                (u32::from(network) ^ u32::from(address))
                    .checked_shr(32 - prefix)
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (u128::from(network) ^ u128::from(address))
                    .checked_shr(128 - self.prefix)
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cidr;

    #[test]
    fn a_range_holds_exactly_its_addresses() {
        let holds =
            |range: &str, address: &str| Cidr::parse(range).unwrap().contains(address.parse().unwrap());
        for (range, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.0/31", "::ffff:192.0.2.1", "::ffff:192.0.2.2"),
            ("fd00::/8", "fdff::1", "fe80::1"),
            ("::1", "::1", "127.0.0.1"),
        ] {
            assert!(holds(range, inside), "{inside} in {range}");
            assert!(!holds(range, outside), "{outside} not in {range}");
        }
        assert!(holds("0.0.0.0/0", "203.0.113.9"));
        assert!(holds("::/0", "2001:db8::1"));
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", "host/8"] {
            assert!(Cidr::parse(text).is_err(), "{text}");
        }
    }
}
