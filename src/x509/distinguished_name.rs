//! Distinguished names in the text form of RFC 4514, compared with the subject of a certificate: the same attributes in
//! the same order, each value exactly. Texts that only look alike, or differ in case, are different names.

use x509_parser::der_parser::asn1_rs::ToDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// A distinguished name. The first item is the one that stands first in the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<Attribute>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Attribute {
    /// Dotted object identifier.
    oid: String,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    /// `#` and hexadecimal digits: the value in DER.
    Der(Vec<u8>),
}

/// RFC 4514 §3, and the others that certificates of organizations and services have.
const TYPES: &[(&str, &str)] = &[
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("SN", "2.5.4.4"),
    ("GN", "2.5.4.42"),
    ("givenName", "2.5.4.42"),
    ("title", "2.5.4.12"),
    ("serialNumber", "2.5.4.5"),
    ("businessCategory", "2.5.4.15"),
    ("postalCode", "2.5.4.17"),
    ("organizationIdentifier", "2.5.4.97"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
];

impl DistinguishedName {
    /// Reads a name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut rest = text;
        let mut names = vec![Vec::new()];
        loop {
            let (attribute, after) = attribute(rest)?;
            let Some(name) = names.last_mut() else { break };
            if name.iter().any(|known: &Attribute| known.oid == attribute.oid) {
                return Err("an attribute stands twice between two commas");
            }
            name.push(attribute);
            match after.chars().next() {
                None => break,
                Some(',') => names.push(Vec::new()),
                Some(_) => {}
            }
            rest = after.get(1..).unwrap_or_default();
        }
        // RFC 4514 §2.1: the text starts with the last element of the sequence.
        names.reverse();
        Ok(Self(names))
    }

    /// Whether the certificate's name is this one.
    pub(super) fn is(&self, name: &X509Name<'_>) -> bool {
        let presented: Vec<Vec<&AttributeTypeAndValue<'_>>> =
            name.iter().map(|relative| relative.iter().collect()).collect();
        self.0.len() == presented.len()
            && self.0.iter().zip(&presented).all(|(wanted, found)| {
                // The attributes of one element are a set.
                let has = |wanted: &Attribute| found.iter().any(|found| wanted.is(found));
                wanted.len() == found.len() && wanted.iter().all(has)
            })
    }
}

impl Attribute {
    fn is(&self, found: &AttributeTypeAndValue<'_>) -> bool {
        let same_value = match &self.value {
            Value::Text(text) => found.as_str().is_ok_and(|found| found == text),
            Value::Der(der) => found.attr_value().to_der_vec().is_ok_and(|found| found == *der),
        };
        found.attr_type().to_id_string() == self.oid && same_value
    }
}

/// One attribute, and what follows it: nothing, or a separator and more.
fn attribute(text: &str) -> Result<(Attribute, &str), &'static str> {
    let (kind, rest) = text
        .split_once('=')
        .ok_or("expected a name such as CN=client,O=Example,C=US (RFC 4514)")?;
    let oid =
        oid(kind.trim()).ok_or("an attribute has a type that is not known; write its object identifier")?;
    let rest = rest.trim_start_matches(' ');
    let (value, after) = match rest.strip_prefix('#') {
        Some(hex) => {
            let end = hex.find([',', '+']).unwrap_or(hex.len());
            let (hex, after) = hex.split_at(end);
            let der = unhex(hex.trim_end()).ok_or("what follows # must be pairs of hexadecimal digits")?;
            (Value::Der(der), after)
        }
        None => text_value(rest)?,
    };
    Ok((Attribute { oid, value }, after))
}

fn oid(kind: &str) -> Option<String> {
    let known = TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind));
    let is_dotted = kind.contains('.')
        && kind
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    match known {
        Some((_, oid)) => Some((*oid).to_owned()),
        None => is_dotted.then(|| kind.to_owned()),
    }
}

/// RFC 4514 §2.4: a backslash before a special character, or before the two digits of a byte.
fn text_value(text: &str) -> Result<(Value, &str), &'static str> {
    let mut bytes = Vec::new();
    // Spaces at the end mean nothing, unless they are escaped.
    let mut kept = 0;
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let after = rest.get(next.len_utf8()..).unwrap_or_default();
        match next {
            ',' | '+' => break,
            '"' | ';' | '<' | '>' | '\0' => return Err("one of \" ; < > needs a backslash before it"),
            '\\' => {
                let (byte, length) =
                    escaped(after).ok_or("a backslash stands before nothing that it can escape")?;
                bytes.push(byte);
                kept = bytes.len();
                rest = after.get(length..).unwrap_or_default();
            }
            _ => {
                bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
                if next != ' ' {
                    kept = bytes.len();
                }
                rest = after;
            }
        }
    }
    bytes.truncate(kept);
    if bytes.is_empty() {
        return Err("an attribute has no value");
    }
    let text = String::from_utf8(bytes).map_err(|_| "the escaped bytes are not UTF-8")?;
    Ok((Value::Text(text), rest))
}

fn escaped(after: &str) -> Option<(u8, usize)> {
    let first = *after.as_bytes().first()?;
    if matches!(
        first,
        b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' | b' ' | b'#' | b'='
    ) {
        return Some((first, 1));
    }
    let pair = unhex(after.get(..2)?)?;
    Some((*pair.first()?, 2))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Attribute, DistinguishedName, Value};
    use x509_parser::prelude::FromDer;
    use x509_parser::x509::X509Name;

    fn text(oid: &str, value: &str) -> Attribute {
        let value = Value::Text(value.to_owned());
        Attribute {
            oid: oid.to_owned(),
            value,
        }
    }

    /// RFC 4514 §4
    #[test]
    fn the_examples_of_rfc_4514_are_read() {
        let dc = "0.9.2342.19200300.100.1.25";
        let read = |text: &str| DistinguishedName::parse(text).unwrap().0;
        assert_eq!(
            read("UID=jsmith,DC=example,DC=net"),
            [
                vec![text(dc, "net")],
                vec![text(dc, "example")],
                vec![text("0.9.2342.19200300.100.1.1", "jsmith")]
            ]
        );
        assert_eq!(
            read("OU=Sales+CN=J.  Smith,DC=example,DC=net").last().unwrap(),
            &[text("2.5.4.11", "Sales"), text("2.5.4.3", "J.  Smith")]
        );
        assert_eq!(
            read(r#"CN=James \"Jim\" Smith\, III,DC=net"#)[1],
            [text("2.5.4.3", "James \"Jim\" Smith, III")]
        );
        assert_eq!(
            read(r"CN=Before\0dAfter,DC=net")[1],
            [text("2.5.4.3", "Before\rAfter")]
        );
        assert_eq!(read(r"CN=Lu\C4\8Di\C4\87")[0], [text("2.5.4.3", "Lučić")]);
        let der = Value::Der(vec![4, 2, 0x48, 0x69]);
        assert_eq!(
            read("1.3.6.1.4.1.1466.0=#04024869")[0][0],
            Attribute {
                oid: "1.3.6.1.4.1.1466.0".to_owned(),
                value: der
            }
        );
    }

    #[test]
    fn insignificant_spaces_and_the_case_of_types_do_not_matter() {
        let read = |text: &str| DistinguishedName::parse(text).unwrap();
        assert_eq!(read("CN=a b,O=c"), read("cn = a b , o=c "));
        assert_ne!(read("CN=a"), read("CN=A"));
        assert_ne!(read("CN=a,O=c"), read("O=c,CN=a"));
        assert_ne!(read(r"CN=a\ "), read("CN=a"));
        assert_eq!(read("2.5.4.3=a"), read("CN=a"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "client",
            "CN=",
            "CN=a,",
            "CN=a,,O=b",
            "CN=a+",
            "XX=a",
            "CN=a;O=b",
            "CN=\"a\"",
            r"CN=a\",
            r"CN=a\zz",
            r"CN=\C4",
            "CN=#",
            "CN=#0",
            "CN=#xy",
            "CN=a+CN=b",
            "1..2=a",
        ] {
            assert!(DistinguishedName::parse(text).is_err(), "{text}");
        }
    }
    /// X.501 §9.3: the attributes of one element are a set.
    #[test]
    fn an_element_of_several_attributes_is_compared_as_a_set() {
        let attribute = |kind: u8, value: u8| [0x30, 8, 6, 3, 0x55, 4, kind, 0x0c, 1, value];
        let der = [
            &[0x30, 22, 0x31, 20][..],
            &attribute(3, b'a'),
            &attribute(10, b'b'),
        ]
        .concat();
        let (_, name) = X509Name::from_der(&der).unwrap();
        for (text, same) in [
            ("CN=a+O=b", true),
            ("O=b + CN=a", true),
            ("CN=a,O=b", false),
            ("CN=a", false),
            ("CN=a+O=c", false),
            ("CN=a+OU=b", false),
            ("CN=a+O=b+C=c", false),
        ] {
            assert_eq!(DistinguishedName::parse(text).unwrap().is(&name), same, "{text}");
        }
    }
}
