//! bcrypt hashes from other systems: `$2a$`, `$2b$` and `$2y$`, verified until the first sign-in, never made here.

use super::phc::Stored;

/// Cheaper ones are not taken over: who has them has the passwords.
const MIN_COST: u32 = 12;
/// Each step doubles the work: a hostile or damaged row must not take a worker for minutes.
const MAX_COST: u32 = 16;
/// What bcrypt looks at, without the byte that ends the password.
const MAX_BYTES: usize = 71;

/// A hash that this server verifies.
#[derive(Clone, Debug)]
pub(super) struct Imported(String);

/// The hash cannot be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotImportable {
    /// Neither bcrypt nor argon2id.
    #[error("the password hash is neither bcrypt ($2a$, $2b$, $2y$) nor argon2id")]
    Form,
    /// argon2id, too cheap.
    #[error("the argon2id hash is too cheap")]
    Cheap,
    /// Too cheap, or too expensive.
    #[error("the password hash has cost {0}; 12 to 16 are taken")]
    Cost(u32),
}

impl Imported {
    /// Reads a stored hash, strictly; `None` if it is of another kind.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (cost, _) = parts(text)?;
        (4..=MAX_COST).contains(&cost).then(|| Self(text.to_owned()))
    }

    /// Reads a hash that is to be taken over.
    ///
    /// # Errors
    /// See [`NotImportable`].
    fn new(text: &str) -> Result<Self, NotImportable> {
        match parts(text) {
            Some((cost, _)) if (MIN_COST..=MAX_COST).contains(&cost) => Ok(Self(text.to_owned())),
            Some((cost, _)) => Err(NotImportable::Cost(cost)),
            None => Err(NotImportable::Form),
        }
    }

    /// Whether this is the password. bcrypt does not see what comes after 71 bytes or after a NUL, so nobody knows what
    /// was there: such passwords never match, after the same work.
    pub(super) fn matches(&self, password: &str) -> bool {
        let whole = password.len() <= MAX_BYTES && !password.contains('\0');
        ::bcrypt::verify(password, &self.0).unwrap_or(false) && whole
    }
}

/// Checks a hash that is to be taken over, and gives it back.
///
/// # Errors
/// See [`NotImportable`].
pub fn importable(text: &str) -> Result<String, NotImportable> {
    match Stored::parse(text) {
        Some(stored) if stored.cost.is_importable() => Ok(text.to_owned()),
        Some(_) => Err(NotImportable::Cheap),
        None => Imported::new(text).map(|hash| hash.0),
    }
}

/// Cost, and salt with hash.
fn parts(text: &str) -> Option<(u32, &str)> {
    let versions = ["$2a$", "$2b$", "$2y$"];
    let rest = versions.iter().find_map(|version| text.strip_prefix(version))?;
    let (cost, rest) = rest.split_once('$')?;
    let digits = cost.len() == 2 && cost.bytes().all(|b| b.is_ascii_digit());
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'/';
    (digits && rest.len() == 53 && rest.bytes().all(known)).then(|| Some((cost.parse().ok()?, rest)))?
}

#[cfg(test)]
mod tests {
    use super::{Imported, NotImportable};

    /// From the test suite of the reference implementation (crypt_blowfish, `wrapper.c`): "U*U" at cost 5.
    const REFERENCE: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

    #[test]
    fn hashes_of_the_reference_implementation_verify() {
        for version in ["$2a$", "$2b$", "$2y$"] {
            let hash = Imported::parse(&REFERENCE.replace("$2a$", version)).unwrap();
            assert!(hash.matches("U*U"), "{version}");
            assert!(!hash.matches("U*V") && !hash.matches("") && !hash.matches("U*U\0"));
        }
    }

    /// CVE-2025-22228 class: what bcrypt cuts off is not taken for right.
    #[test]
    fn a_password_that_bcrypt_would_cut_never_matches() {
        let long = "x".repeat(71);
        let hash = ::bcrypt::hash(&long, 4).unwrap();
        let hash = Imported::parse(&hash).unwrap();
        assert!(hash.matches(&long));
        for rest in ["y", "yy", "yyyyyyyyyyyyyyyyyy", "\0"] {
            assert!(!hash.matches(&format!("{long}{rest}")), "{rest:?}");
        }
    }

    #[test]
    fn a_hash_is_read_strictly() {
        for (from, to) in [
            ("$2a$", "$2x$"),
            ("$2a$", "$2$"),
            ("$05$", "$5$"),
            ("$05$", "$+5$"),
            ("$05$", "$31$"),
            ("$05$", "$00$"),
            ("CCCC", "CC-C"),
            ("eW", "e"),
            ("eW", "eWW"),
            ("$2a$", "2a$"),
        ] {
            assert!(
                Imported::parse(&REFERENCE.replacen(from, to, 1)).is_none(),
                "{from} -> {to}"
            );
        }
        assert!(Imported::parse("").is_none());
        let new = |cost| Imported::new(&REFERENCE.replace("$05$", cost)).err();
        assert_eq!(new("$05$"), Some(NotImportable::Cost(5)));
        assert_eq!(new("$11$"), Some(NotImportable::Cost(11)));
        assert_eq!(new("$17$"), Some(NotImportable::Cost(17)));
        assert_eq!(new("$12$"), None);
        assert_eq!(Imported::new("plain").err(), Some(NotImportable::Form));
    }
}
