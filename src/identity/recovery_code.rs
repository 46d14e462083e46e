//! Recovery codes: ten at a time, each good once, shown once. Fifty random bits each, which the limit on attempts
//! makes enough; stored is a MAC, as a plain hash of so few bits could be searched (AC-222).

use crate::entropy::Entropy;
use crate::vault::{Purpose, Vault};

/// Codes of a set.
pub const COUNT: usize = 10;
const LENGTH: usize = 10;
/// Crockford's base32: nothing in it looks like something else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new set, as shown: `abcde-fghjk`.
pub fn generate(entropy: &dyn Entropy) -> Vec<String> {
    (0..COUNT).map(|_| one(entropy)).collect()
}

fn one(entropy: &dyn Entropy) -> String {
    let letter = |byte: &u8| {
        let letter = ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'0');
        char::from(letter)
    };
    let mut code: String = entropy.bytes::<LENGTH>().iter().map(letter).collect();
    code.insert(LENGTH / 2, '-');
    code
}

/// The code as typed in its one form; `None` if it cannot be one.
pub fn normalized(typed: &str) -> Option<String> {
    if typed.len() > 64 {
        return None;
    }
    let letter = |c: char| match c.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    let code: String = typed
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(letter)
        .collect();
    let good = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
    good.then_some(code)
}

/// What is stored of a code in its one form.
pub fn digest(vault: &Vault, user_id: &str, code: &str) -> Vec<u8> {
    let parts: [&[u8]; 3] = [b"recovery code", user_id.as_bytes(), code.as_bytes()];
    vault.mac(Purpose::Digest, &parts).to_vec()
}

#[cfg(test)]
mod tests {
    use super::{COUNT, generate, normalized};
    use crate::entropy::SystemEntropy;

    /// AC-222
    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let codes = generate(&SystemEntropy);
        assert_eq!(codes.len(), COUNT);
        for code in &codes {
            let plain = normalized(code).unwrap();
            assert_eq!(plain.len(), 10);
            assert_eq!(normalized(&code.to_uppercase()), Some(plain.clone()));
            assert_eq!(normalized(&format!(" {} ", code.replace('-', " "))), Some(plain));
        }
        assert_eq!(normalized("oil00-o1L00").as_deref(), Some("0110001100"));
        for text in [
            "",
            "123456",
            "abcde-fghj",
            "abcde-fghjkm",
            "abcde-fghju",
            "ábcde-fghjk",
        ] {
            assert_eq!(normalized(text), None, "{text}");
        }
    }
}
