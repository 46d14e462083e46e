//! What a new password must be (SP 800-63B-4 §3.1.1.2, ASVS 6.2): long enough and not easily guessed. No composition rules, no expiry.

use super::normalize;
use crate::identity::email::CanonicalEmail;

/// Most characters; longer ones are refused, never cut (ASVS 6.2.8, 6.2.9).
pub const MAX_LENGTH: usize = 128;

/// What a password must not be built on: whose it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The user's address.
    pub email: Option<&'a CanonicalEmail>,
    /// The user's name.
    pub name: Option<&'a str>,
}

/// Why a new password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Fewer characters than this.
    #[error("the password must have at least {0} characters")]
    TooShort(usize),
    /// More than [`MAX_LENGTH`] characters.
    #[error("the password must have at most {MAX_LENGTH} characters")]
    TooLong,
    /// It is, or contains, a part of the user's name or e-mail address, or the name of this product.
    #[error("the password must not contain your name, your email address or the name of this server")]
    ContainsName,
    /// It is among the most used passwords, or one character repeated.
    #[error("the password is one of the most common ones")]
    Common,
}

/// Checks a new password. `min_length` counts characters (Unicode scalar values after normalization).
///
/// The built-in list is short: it stops the passwords that attackers try first, it is no check against breached ones.
pub fn check_new(password: &str, min_length: usize, context: Context<'_>) -> Result<(), PasswordProblem> {
    let password = normalize(password);
    let characters = password.chars().count();
    if characters > MAX_LENGTH {
        return Err(PasswordProblem::TooLong);
    }
    if characters < min_length {
        return Err(PasswordProblem::TooShort(min_length));
    }
    let lower = password.to_lowercase();
    let name = normalize(context.name.unwrap_or_default()).to_lowercase();
    let email = context.email.into_iter();
    let names = email
        .flat_map(|email| [email.as_str(), email.local_part()])
        .chain([name.as_str(), "keywright"])
        .chain(name.split_whitespace());
    if names
        .filter(|name| !name.is_empty())
        .any(|name| is_built_on(&lower, name))
    {
        return Err(PasswordProblem::ContainsName);
    }
    let mut letters = lower.chars();
    let first = letters.next();
    if letters.all(|letter| Some(letter) == first) || COMMON.split_whitespace().any(|common| lower == common)
    {
        return Err(PasswordProblem::Common);
    }
    Ok(())
}

/// The length of a password in characters, as it is counted against the limits.
pub fn length(password: &str) -> usize {
    normalize(password).chars().count()
}

/// Names of one to three letters occur in ordinary words, so only equality counts for them.
fn is_built_on(password: &str, name: &str) -> bool {
    password == name || (name.chars().count() >= 4 && password.contains(name))
}

/// From the public lists of most used passwords, those of 8 characters and more.
const COMMON: &str = "
00000000 01234567 0123456789 0987654321 10203040 11112222 11223344 1122334455 12121212 123123123 123321123
12341234 1234554321 123456789 1234567890 12345678 123456789a 12345678910 1234567891 12345679 1234qwer 123654789
123qweasd 123qwe123 147258369 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 20202020 21212121
23232323 31415926 741852963 76543210 789456123 87654321 88888888 963852741 987654321 9876543210 99999999
a1234567 a12345678 a123456789 aa123456 aa12345678 aaaa1111 abc12345 abcd1234 abcdefgh abcdefg1 access14
adminadmin admin123 admin1234 administrator asdasdasd asdf1234 asdfasdf asdfghjk asdfghjkl asdfghjkl1 babygirl
babygirl1 baseball baseball1 basketball bismillah blink182 brooklyn butterfly changeme changeme1 changeme123
charlie1 cheesecake chocolate computer computer1 corvette danielle december dolphins dragon123 einstein
elephant fernando football football1 garfield gateway1 godzilla hello123 helloworld iloveyou iloveyou1 iloveyou2
internet isabella jennifer jonathan jordan23 letmein1 letmein123 liverpool liverpool1 login123 lovelove marlboro
master123 mercedes metallica michael1 michelle midnight minecraft monkey123 mustang1 myspace1 nicholas november
p@ssw0rd p@ssword pa$$word pa55word passpass passw0rd passw0rd1 password password! password1 password1!
password12 password123 password1234 password2 patricia pokemon1 princess princess1 q1w2e3r4 q1w2e3r4t5 qazwsxedc
qwer1234 qwert123 qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui qwertyuiop qwertyuiop123 rainbow1 samantha
samsung1 secret123 september shadow12 slipknot snowball spiderman starwars steelers sunshine sunshine1 superman
superman1 swordfish test1234 testtest testing123 trustno1 victoria volleyball welcome1 welcome123 whatever
wordpass zaq12wsx zxcvbnm1 zxcvbnm123
";

#[cfg(test)]
mod tests {
    use super::{COMMON, Context, MAX_LENGTH, PasswordProblem, check_new};
    use crate::identity::email::CanonicalEmail;

    /// AC-212 · AC-213
    #[test]
    fn a_new_password_is_long_enough_and_not_obvious() {
        let email = CanonicalEmail::parse("Alice.Liddell@example.com").unwrap();
        let context = Context {
            email: Some(&email),
            name: Some("Zoë of Wonderland"),
        };
        let check = |password: &str| check_new(password, 8, context);
        for good in [
            "correct horse",
            "        x",
            "ぱすわーど長い鍵",
            "x7#k2!qz",
            "🦀🦀🦀🦀🦀🦀🦀🐙",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        assert_eq!(check("x7#k2!q"), Err(PasswordProblem::TooShort(8)));
        assert_eq!(check(""), Err(PasswordProblem::TooShort(8)));
        assert_eq!(check(&"xy".repeat(MAX_LENGTH / 2)), Ok(()));
        assert_eq!(
            check(&"ぱす".repeat(MAX_LENGTH / 2)),
            Ok(()),
            "characters, not bytes"
        );
        for length in [MAX_LENGTH + 1, 4_096] {
            assert_eq!(check(&"x".repeat(length)), Err(PasswordProblem::TooLong));
        }
        for name in [
            "alice.liddell",
            "ALICE.LIDDELL",
            "xAlice.Liddell1",
            "alice.liddell@example.com",
            "my keywright",
            "down in wonderland",
            "Zoe\u{308} of Wonderland",
        ] {
            assert_eq!(check(name), Err(PasswordProblem::ContainsName), "{name}");
        }
        for common in ["Password1", "PASSWORD", "12345678", "aaaaaaaaaaaa", "qwertyuiop"] {
            assert_eq!(check(common), Err(PasswordProblem::Common), "{common}");
        }
        let short = CanonicalEmail::parse("al@example.com").unwrap();
        let short = Context {
            email: Some(&short),
            name: Some("Al of"),
        };
        assert_eq!(check_new("always different", 8, short), Ok(()));
    }

    #[test]
    fn length_counts_characters_in_normal_form() {
        assert_eq!(
            check_new("e\u{301}e\u{301}e\u{301}ea", 8, Context::default()),
            Err(PasswordProblem::TooShort(8))
        );
    }

    #[test]
    fn the_list_holds_lower_case_of_eight_and_more() {
        for common in COMMON.split_whitespace() {
            assert!(common.len() >= 8 && common == common.to_lowercase(), "{common}");
        }
    }
}
