//! Published keys (RFC 7517). A [`PublicJwk`] has no private member, so none can be written by accident (AC-171).

use super::Alg;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, de};

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicJwk {
    kty: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: Alg,
    kid: String,
    #[serde(flatten)]
    numbers: Numbers,
}

/// The numbers of a key, each in base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Numbers {
    /// RFC 7518 §6.3.1
    Rsa { n: String, e: String },
    /// RFC 7518 §6.2.1
    Ec { crv: &'static str, x: String, y: String },
    /// RFC 8037 §2
    Okp { crv: &'static str, x: String },
}

/// The document at `jwks_uri` (RFC 7517 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Jwks {
    /// The keys, each with its own `kid`.
    pub keys: Vec<PublicJwk>,
}

/// The text or numbers are no public key of this server's algorithms.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// A member is missing, repeated, private or not expected for the key type.
    #[error("not a public signature key of a known type")]
    Members,
    /// A number has the wrong size or a non-canonical encoding.
    #[error("a number of the key has the wrong size or encoding")]
    Number,
    /// The RSA modulus is shorter than 2048 bits (RFC 7518 §3.3) or longer than 8192.
    #[error("the RSA modulus must have 2048 to 8192 bits")]
    RsaSize,
}

impl PublicJwk {
    /// An RSA key from modulus and exponent, big-endian.
    pub fn rsa(alg: Alg, n: &[u8], e: &[u8]) -> Result<Self, JwkError> {
        // RFC 7518 §2 Base64urlUInt: the minimum number of octets, so no leading zero.
        let first = *n.first().ok_or(JwkError::Number)?;
        if first == 0 || e.first().is_none_or(|byte| *byte == 0) || alg.kty() != "RSA" {
            return Err(JwkError::Number);
        }
        let bits = n.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or(0);
        if !(2048..=8192).contains(&bits) {
            return Err(JwkError::RsaSize);
        }
        Ok(Self::with_thumbprint(
            alg,
            Numbers::Rsa {
                n: encode(n),
                e: encode(e),
            },
        ))
    }

    /// A P-256 key from its two coordinates, each 32 bytes with leading zeros (RFC 7518 §6.2.1.2).
    pub fn p256(x: &[u8; 32], y: &[u8; 32]) -> Self {
        let (crv, x, y) = ("P-256", encode(x), encode(y));
        Self::with_thumbprint(Alg::ES256, Numbers::Ec { crv, x, y })
    }

    /// An Ed25519 key.
    pub fn ed25519(x: &[u8; 32]) -> Self {
        let (crv, x) = ("Ed25519", encode(x));
        Self::with_thumbprint(Alg::EdDSA, Numbers::Okp { crv, x })
    }

    /// The key's identifier: its thumbprint, unless the key was read from text with another one.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The one algorithm that the key is used with.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// The SHA-256 thumbprint (RFC 7638 §3): the required members in lexicographic order, without spaces.
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.numbers)
    }

    pub(super) fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    fn with_thumbprint(alg: Alg, numbers: Numbers) -> Self {
        Self {
            kty: alg.kty(),
            usage: "sig",
            alg,
            kid: thumbprint(&numbers),
            numbers,
        }
    }
}

fn thumbprint(numbers: &Numbers) -> String {
    // All values are base64url or fixed names: nothing needs escaping.
    let json = match numbers {
        Numbers::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        Numbers::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
        Numbers::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
    };
    encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, json.as_bytes()).as_ref())
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The members as they stand in the text. A private member (`d`, `p`, …) is unknown here and refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Alg,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl TryFrom<Members> for PublicJwk {
    type Error = JwkError;

    fn try_from(members: Members) -> Result<Self, JwkError> {
        if members.kty != members.alg.kty() || members.usage.is_some_and(|usage| usage != "sig") {
            return Err(JwkError::Members);
        }
        let decode = |text: String| URL_SAFE_NO_PAD.decode(text).map_err(|_| JwkError::Number);
        let coordinate = |text| <[u8; 32]>::try_from(decode(text)?).map_err(|_| JwkError::Number);
        let crv = members.crv.as_deref();
        let key = match (members.alg, crv, members.n, members.e, members.x, members.y) {
            (alg @ (Alg::RS256 | Alg::PS256), None, Some(n), Some(e), None, None) => {
                Self::rsa(alg, &decode(n)?, &decode(e)?)?
            }
            (Alg::ES256, Some("P-256"), None, None, Some(x), Some(y)) => {
                Self::p256(&coordinate(x)?, &coordinate(y)?)
            }
            (Alg::EdDSA, Some("Ed25519"), None, None, Some(x), None) => Self::ed25519(&coordinate(x)?),
            _ => return Err(JwkError::Members),
        };
        Ok(Self {
            kid: members.kid.unwrap_or(key.kid),
            ..key
        })
    }
}

impl<'de> Deserialize<'de> for PublicJwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Members::deserialize(deserializer)?;
        Self::try_from(members).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::PublicJwk;

    /// RFC 7638 §3.1
    const RFC7638: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let key: PublicJwk = serde_json::from_str(RFC7638).unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(key.kid(), "2011-04-29");
    }

    /// RFC 8037 Appendix A.2 and A.3
    #[test]
    fn the_thumbprint_of_an_ed25519_key_is_that_of_rfc_8037() {
        let json = r#"{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let key: PublicJwk = serde_json::from_str(json).unwrap();
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_private_or_malformed_key_is_refused() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let base = format!(r#""kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"{x}""#);
        assert!(serde_json::from_str::<PublicJwk>(&format!("{{{base}}}")).is_ok());
        for more in [
            format!(r#""d":"{x}""#),
            format!(r#""y":"{x}""#),
            r#""k":"AAAA""#.into(),
            r#""use":"enc""#.into(),
        ] {
            let json = format!("{{{base},{more}}}");
            assert!(serde_json::from_str::<PublicJwk>(&json).is_err(), "{json}");
        }
        for json in [
            r#"{"kty":"oct","alg":"HS256","k":"AAAA"}"#,
            r#"{"kty":"RSA","alg":"RS256","n":"AQAB","e":"AQAB"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"AA"}"#,
            r#"{"kty":"EC","crv":"P-384","alg":"ES256","x":"AA","y":"AA"}"#,
        ] {
            assert!(serde_json::from_str::<PublicJwk>(json).is_err(), "{json}");
        }
        let weak = format!(
            r#"{{"kty":"RSA","alg":"RS256","e":"AQAB","n":"{}"}}"#,
            "_".repeat(171)
        );
        assert!(serde_json::from_str::<PublicJwk>(&weak).is_err());
    }
}
