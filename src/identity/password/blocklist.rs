//! Passwords from public lists and breaches, as a Bloom filter in a file: `keywright blocklist build LIST FILE`.
//! About one good password in a hundred is taken for a listed one; no listed one is ever let through.
//!
//! The file: `kwblock1`, then the bits. Which bits a password sets comes from its SHA-256 in lower case.

use aws_lc_rs::digest::{SHA256, digest};
use std::io::{self, BufRead, Read, Write};
use unicode_normalization::UnicodeNormalization;

const MAGIC: &[u8; 8] = b"kwblock1";
/// Bits set per password: with ten bits of room for each, one stranger in 120 is taken for a listed one.
const BITS_PER_PASSWORD: u64 = 10;
const HASHES: u64 = 7;
/// A larger file is none of ours: 800 million passwords.
const MAX_BYTES: u64 = 1 << 30;

/// The passwords that nobody may choose.
pub struct Blocklist {
    bits: Vec<u8>,
}

impl Blocklist {
    /// Makes the filter of a list with one password a line, read twice: to count and to fill.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn build(mut list: impl FnMut() -> io::Result<Box<dyn BufRead>>) -> io::Result<(Self, u64)> {
        let mut count = 0_u64;
        each(list()?, |_| count += 1)?;
        let bytes = (count.saturating_mul(BITS_PER_PASSWORD) / 8 + 1).min(MAX_BYTES);
        let size = usize::try_from(bytes).map_err(io::Error::other)?;
        let mut filter = Self { bits: vec![0; size] };
        each(list()?, |password| filter.add(password))?;
        Ok((filter, count))
    }

    /// Reads a filter.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(file: impl Read) -> io::Result<Self> {
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 8).read_to_end(&mut bytes)?;
        match bytes.split_first_chunk::<8>() {
            Some((magic, bits)) if magic == MAGIC && !bits.is_empty() => Ok(Self { bits: bits.to_vec() }),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "not a file of `keywright blocklist build`",
            )),
        }
    }

    /// Writes the filter.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, mut file: impl Write) -> io::Result<()> {
        file.write_all(MAGIC)?;
        file.write_all(&self.bits)?;
        file.flush()
    }

    /// Whether the password is in the list, in whatever case.
    pub fn contains(&self, password: &str) -> bool {
        self.places(password)
            .into_iter()
            .all(|(byte, bit)| self.bits.get(byte).is_some_and(|b| b & bit != 0))
    }

    fn add(&mut self, password: &str) {
        for (byte, bit) in self.places(password) {
            if let Some(b) = self.bits.get_mut(byte) {
                *b |= bit;
            }
        }
    }

    /// Two halves of the hash give all places (Kirsch and Mitzenmacher).
    fn places(&self, password: &str) -> Vec<(usize, u8)> {
        let folded: String = password.nfc().collect::<String>().to_lowercase();
        let hash = digest(&SHA256, folded.as_bytes());
        let half = |from: usize| {
            let bytes = hash.as_ref().get(from..from + 8).unwrap_or_default();
            bytes
                .iter()
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        };
        let (first, second, bits) = (half(0), half(8) | 1, self.bits.len() as u64 * 8);
        let place = |n: u64| first.wrapping_add(n.wrapping_mul(second)) % bits;
        let split = |place: u64| (usize::try_from(place / 8).unwrap_or(usize::MAX), 1 << (place % 8));
        (0..HASHES).map(place).map(split).collect()
    }
}

/// Each password of a list. A line that is no UTF-8 is no password that anybody can type here.
fn each(mut list: Box<dyn BufRead>, mut take: impl FnMut(&str)) -> io::Result<()> {
    let mut line = Vec::new();
    while list.read_until(b'\n', &mut line)? > 0 {
        if let Ok(text) = std::str::from_utf8(&line) {
            let password = text.trim_end_matches(['\r', '\n']);
            if !password.is_empty() {
                take(password);
            }
        }
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Blocklist;

    fn filter(list: &'static str) -> Blocklist {
        Blocklist::build(|| Ok(Box::new(list.as_bytes()))).unwrap().0
    }

    /// AC-213
    #[test]
    fn every_listed_password_is_found_in_whatever_case() {
        let filter = filter("correct horse\r\nTr0ub4dor&3\n\n\u{c9}clair de lune\nlast");
        for listed in [
            "correct horse",
            "CORRECT HORSE",
            "tr0ub4dor&3",
            "e\u{301}clair de lune",
            "last",
        ] {
            assert!(filter.contains(listed), "{listed}");
        }
    }

    #[test]
    fn about_one_in_a_hundred_others_is_taken_for_listed() {
        let list: &'static str = (0..10_000)
            .map(|n| format!("listed {n}\n"))
            .collect::<String>()
            .leak();
        let filter = filter(list);
        assert!((0..10_000).all(|n| filter.contains(&format!("listed {n}"))));
        let wrong = (0..10_000)
            .filter(|n| filter.contains(&format!("other {n}")))
            .count();
        assert!(wrong < 200, "{wrong}");
    }

    #[test]
    fn a_filter_is_read_back_as_written_and_nothing_else_is() {
        let mut file = Vec::new();
        filter("one\ntwo").write(&mut file).unwrap();
        assert!(Blocklist::read(&file[..]).unwrap().contains("two"));
        for bad in [&b""[..], b"kwblock1", b"one\ntwo\nthree\n", &file[1..]] {
            assert!(Blocklist::read(bad).is_err());
        }
    }
}
