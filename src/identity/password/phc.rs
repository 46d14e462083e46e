//! Stored hashes in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, nothing else.

use argon2::{Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

pub(super) const SALT_BYTES: usize = 16;
pub(super) const HASH_BYTES: usize = 32;

/// The cost of one hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// The cost is outside of what the server computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected memory of 8 KiB per lane up to 262144 KiB, 1 to 16 passes and 1 to 16 lanes")]
pub struct CostError;

impl Cost {
    /// Memory in KiB, passes over it, and lanes: `m`, `t`, `p` of RFC 9106 §3.1. The limits keep a hostile or
    /// damaged row from taking all memory or a worker for minutes.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, CostError> {
        let fits = (1..=16).contains(&lanes)
            && (1..=16).contains(&passes)
            && (8 * lanes..=256 * 1024).contains(&memory_kib);
        if !fits {
            return Err(CostError);
        }
        Ok(Self {
            memory_kib,
            passes,
            lanes,
        })
    }

    /// Whether a hash of this cost may be taken over from elsewhere: the work of OWASP's least parameters, in any of
    /// their proportions.
    pub(super) fn is_importable(self) -> bool {
        self.memory_kib >= 7_168 && self.memory_kib.saturating_mul(self.passes) >= 35_840
    }

    /// Whether any of the three is below `other`.
    pub(super) fn is_weaker_than(self, other: Self) -> bool {
        self.memory_kib < other.memory_kib || self.passes < other.passes || self.lanes < other.lanes
    }

    /// The function at this cost, and how many memory blocks it wants.
    pub(super) fn function(self) -> argon2::Result<(Argon2<'static>, usize)> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(HASH_BYTES))?;
        let blocks = params.block_count();
        Ok((
            Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, params),
            blocks,
        ))
    }
}

/// What a row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) cost: Cost,
    pub(super) salt: Vec<u8>,
    pub(super) hash: [u8; HASH_BYTES],
}

impl Stored {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("$argon2id$v=19$")?;
        let (params, rest) = rest.split_once('$')?;
        let (salt, hash) = rest.split_once('$')?;
        let (memory, rest) = params.strip_prefix("m=")?.split_once(",t=")?;
        let (passes, lanes) = rest.split_once(",p=")?;
        let cost = Cost::new(number(memory)?, number(passes)?, number(lanes)?).ok()?;
        let salt = STANDARD_NO_PAD.decode(salt).ok()?;
        // RFC 9106 §3.1: at least 8 bytes; the upper bound is that of the PHC format.
        if !(8..=48).contains(&salt.len()) {
            return None;
        }
        let hash = STANDARD_NO_PAD.decode(hash).ok()?.try_into().ok()?;
        Some(Self { cost, salt, hash })
    }

    pub(super) fn write(&self) -> String {
        let Cost {
            memory_kib,
            passes,
            lanes,
        } = self.cost;
        let salt = STANDARD_NO_PAD.encode(&self.salt);
        let hash = STANDARD_NO_PAD.encode(self.hash);
        format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}")
    }
}

/// Decimal digits without sign or leading zero, as the format asks.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::{Cost, Stored};

    #[test]
    fn a_stored_hash_is_read_strictly() {
        let stored = Stored {
            cost: Cost::new(19_456, 2, 1).unwrap(),
            salt: vec![7; 16],
            hash: [9; 32],
        };
        let text = stored.write();
        assert_eq!(Stored::parse(&text), Some(stored));
        for (from, to) in [
            ("argon2id", "argon2i"),
            ("v=19", "v=16"),
            ("m=19456", "m=4294967295"),
            ("m=19456", "m=262145"),
            ("m=19456", "m=7"),
            ("m=19456", "m=+19456"),
            ("m=19456", "m=019456"),
            ("t=2", "t=0"),
            ("t=2", "t=100000"),
            ("p=1", "p=17"),
            ("p=1", "p=1,keyid=AA"),
            ("m=19456,t=2", "t=2,m=19456"),
            ("$BwcH", "$="),
            ("BwcHBwcHBwcHBwcHBwcHBw", ""),
            ("CQkJ", ""),
        ] {
            assert!(text.contains(from), "{from}");
            assert_eq!(Stored::parse(&text.replacen(from, to, 1)), None, "{from} -> {to}");
        }
        assert_eq!(Stored::parse(""), None);
        assert_eq!(Stored::parse(&format!("{text}$")), None);
    }
}
