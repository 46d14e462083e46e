//! Checks a signed token (RFC 7515 §5.2, RFC 8725 §3). The header chooses a key by exact `kid` and nothing else.

use super::jwk::Numbers;
use super::{Alg, Claims, PublicJwk, strict_json};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};
use std::borrow::Borrow;

/// No honest token comes near this; a larger one is refused before any work.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Header members that bring their own key or change what is signed (RFC 8725 §3.10, RFC 7515 §4.1.11, RFC 7797, RFC 7516 §4.1.3).
const REFUSED_MEMBERS: [&str; 7] = ["crit", "b64", "zip", "jku", "x5u", "x5c", "jwk"];

/// Why a token is refused. No variant holds text of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Longer than is taken: [`MAX_TOKEN_BYTES`], unless the caller says otherwise.
    #[error("the token is too large")]
    TooLarge,
    /// Not three parts of base64url, or its JSON is not strict.
    #[error("not a compact signed token")]
    Malformed,
    /// The header has a member that is never accepted.
    #[error("the header has a member that is not accepted")]
    RefusedHeader,
    /// No key has exactly this `kid`.
    #[error("no such key")]
    UnknownKey,
    /// `alg` is not that of the key.
    #[error("the algorithm is not that of the key")]
    WrongAlgorithm,
    /// `typ` is not an expected one.
    #[error("the token is of another type")]
    WrongType,
    /// The signature is not the key's.
    #[error("the signature is wrong")]
    WrongSignature,
}

/// A public key, ready to verify with its one algorithm.
#[derive(Clone)]
pub struct VerifyKey {
    kid: String,
    alg: Alg,
    key: DecodingKey,
}

impl VerifyKey {
    /// Makes a published key ready for use.
    pub fn new(public: &PublicJwk) -> Result<Self, jsonwebtoken::errors::Error> {
        let key = match public.numbers() {
            Numbers::Rsa { n, e } => DecodingKey::from_rsa_components(n, e)?,
            Numbers::Ec { x, y, .. } => DecodingKey::from_ec_components(x, y)?,
            Numbers::Okp { x, .. } => DecodingKey::from_ed_components(x)?,
        };
        Ok(Self {
            kid: public.kid().to_owned(),
            alg: public.alg(),
            key,
        })
    }

    /// The key's identifier.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key's algorithm.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    fn check(&self, input: &str, signature: &str) -> Result<(), VerifyError> {
        let algorithm = match self.alg {
            Alg::RS256 => Algorithm::RS256,
            Alg::PS256 => Algorithm::PS256,
            Alg::ES256 => Algorithm::ES256,
            Alg::EdDSA => Algorithm::EdDSA,
        };
        match jsonwebtoken::crypto::verify(signature, input.as_bytes(), &self.key, algorithm) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(VerifyError::WrongSignature),
        }
    }
}

/// The claims of `token` if a key that `find` knows by its `kid` signed it and its `typ` is one of `types`.
///
/// The signature is checked before the claims are looked at. Times and audience are for the caller:
/// [`Claims::check_times`], [`Claims::is_for`].
pub fn verify<K: Borrow<VerifyKey>>(
    token: &str,
    find: impl FnOnce(&str) -> Option<K>,
    types: &[&str],
) -> Result<Claims, VerifyError> {
    verify_within(MAX_TOKEN_BYTES, token, find, types)
}

/// As [`verify`], for tokens of up to `limit` bytes.
///
/// # Errors
/// See [`VerifyError`].
pub fn verify_within<K: Borrow<VerifyKey>>(
    limit: usize,
    token: &str,
    find: impl FnOnce(&str) -> Option<K>,
    types: &[&str],
) -> Result<Claims, VerifyError> {
    if token.len() > limit {
        return Err(VerifyError::TooLarge);
    }
    let (input, signature) = token.rsplit_once('.').ok_or(VerifyError::Malformed)?;
    let (header, payload) = input.split_once('.').ok_or(VerifyError::Malformed)?;
    let header = decode(header)?;
    if REFUSED_MEMBERS.iter().any(|name| header.contains_key(*name)) {
        return Err(VerifyError::RefusedHeader);
    }
    let text = |name| header.get(name).and_then(Value::as_str);

    let key = text("kid").and_then(find).ok_or(VerifyError::UnknownKey)?;
    let key: &VerifyKey = key.borrow();
    if text("alg") != Some(key.alg.name()) {
        return Err(VerifyError::WrongAlgorithm);
    }
    let typ = text("typ").ok_or(VerifyError::WrongType)?;
    if !types.iter().any(|expected| is_type(typ, expected)) {
        return Err(VerifyError::WrongType);
    }
    key.check(input, signature)?;
    decode(payload).map(Claims::new)
}

/// Media types compare without case, and `application/` may be left out (RFC 7515 §4.1.9).
fn is_type(typ: &str, expected: &str) -> bool {
    let short = match typ.split_at_checked("application/".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
        _ => typ,
    };
    short.eq_ignore_ascii_case(expected)
}

/// Base64url of a strict JSON object; a dot left in the text, padding and stray bits are refused.
fn decode(part: &str) -> Result<Map<String, Value>, VerifyError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| VerifyError::Malformed)?;
    strict_json::object(&json).ok_or(VerifyError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::{VerifyError, VerifyKey, is_type};

    fn check(jwk: &str, input: &str, signature: &str) -> Result<(), VerifyError> {
        let key = VerifyKey::new(&serde_json::from_str(jwk).unwrap()).unwrap();
        assert_eq!(
            key.check(&format!("{input}x"), signature),
            Err(VerifyError::WrongSignature)
        );
        key.check(input, signature)
    }

    const CLAIMS: &str =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    /// RFC 7515 Appendix A.2
    #[test]
    fn the_rs256_example_of_rfc_7515_verifies() {
        let jwk = r#"{"kty":"RSA","alg":"RS256","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#;
        let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        assert_eq!(
            check(jwk, &format!("eyJhbGciOiJSUzI1NiJ9.{CLAIMS}"), signature),
            Ok(())
        );
    }

    /// RFC 7515 Appendix A.3
    #[test]
    fn the_es256_example_of_rfc_7515_verifies() {
        let jwk = r#"{"kty":"EC","alg":"ES256","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
        let signature =
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        assert_eq!(
            check(jwk, &format!("eyJhbGciOiJFUzI1NiJ9.{CLAIMS}"), signature),
            Ok(())
        );
    }

    /// RFC 8037 Appendix A.4
    #[test]
    fn the_ed25519_example_of_rfc_8037_verifies() {
        let jwk = r#"{"kty":"OKP","alg":"EdDSA","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let signature =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        assert_eq!(check(jwk, input, signature), Ok(()));
    }

    #[test]
    fn types_compare_as_media_types() {
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
            assert!(is_type(typ, "at+jwt"), "{typ}");
        }
        for typ in [
            "",
            "jwt",
            "at+jwt ",
            "text/at+jwt",
            "application/application/at+jwt",
            "éapplication",
        ] {
            assert!(!is_type(typ, "at+jwt"), "{typ}");
        }
    }
}
