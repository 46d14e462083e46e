//! What the server signs. A key pair is parsed once and kept: parsing costs half as much as an RSA signature.

use super::jwk::JwkError;
use super::{Alg, Pkcs8Der, PublicJwk};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use std::fmt;

/// A private key, ready to sign with its one algorithm.
pub struct SigningKey {
    pair: Pair,
    public: PublicJwk,
}

enum Pair {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// The key cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes are no PKCS#8 private key for the algorithm.
    #[error("not a PKCS#8 private key for {0}")]
    NotForAlg(Alg),
    /// The public half is not acceptable.
    #[error(transparent)]
    Public(#[from] JwkError),
}

/// Signing failed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The claims do not serialize.
    #[error("the claims cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The cryptographic library refused.
    #[error("the signature could not be made")]
    Crypto,
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'a str,
    alg: &'static str,
    kid: &'a str,
}

impl SigningKey {
    /// Loads a key for `alg`. Its `kid` is its RFC 7638 thumbprint, so one RSA key must not serve both RS256 and PS256.
    pub fn load(alg: Alg, key: &Pkcs8Der) -> Result<Self, LoadError> {
        let der = key.expose();
        let refused = || LoadError::NotForAlg(alg);
        let (pair, public) = match alg {
            Alg::RS256 | Alg::PS256 => {
                let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| refused())?;
                let public = rsa_public(alg, pair.public_key().as_ref())?;
                let padding = if alg == Alg::RS256 {
                    &RSA_PKCS1_SHA256
                } else {
                    &RSA_PSS_SHA256
                };
                (Pair::Rsa(pair, padding), public)
            }
            Alg::ES256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der);
                let pair = pair.map_err(|_| refused())?;
                let public = p256_public(pair.public_key().as_ref()).ok_or_else(refused)?;
                (Pair::Ec(pair), public)
            }
            Alg::EdDSA => {
                let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| refused())?;
                let public = pair.public_key().as_ref().try_into().map(PublicJwk::ed25519);
                (Pair::Ed(pair), public.map_err(|_| refused())?)
            }
        };
        Ok(Self { pair, public })
    }

    /// The key's identifier, in the header of all it signs.
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// The key's algorithm.
    pub fn alg(&self) -> Alg {
        self.public.alg()
    }

    /// The half that is published.
    pub fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// A compact JWS (RFC 7515 §7.1) over `claims`; `typ` says what kind of token it is (RFC 8725 §3.11).
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, SignError> {
        let header = Header {
            typ,
            alg: self.alg().name(),
            kid: self.kid(),
        };
        let header = serde_json::to_vec(&header)?;
        let claims = serde_json::to_vec(claims)?;
        // Base64 takes 4 characters for 3 bytes; 684 of them hold the signature of a 4096-bit key.
        let mut token = String::with_capacity((header.len() + claims.len()) * 4 / 3 + 690);
        URL_SAFE_NO_PAD.encode_string(header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        self.append_signature(&mut token).ok_or(SignError::Crypto)?;
        Ok(token)
    }

    fn append_signature(&self, token: &mut String) -> Option<()> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the library wants one here and ignores it: nonces, salts and blinding come from its own"
        )]
        let random = SystemRandom::new();
        let input = token.as_bytes();
        let encoded = match &self.pair {
            Pair::Rsa(pair, padding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*padding, &random, input, &mut signature).ok()?;
                URL_SAFE_NO_PAD.encode(signature)
            }
            Pair::Ec(pair) => URL_SAFE_NO_PAD.encode(pair.sign(&random, input).ok()?),
            Pair::Ed(pair) => URL_SAFE_NO_PAD.encode(pair.try_sign(input).ok()?),
        };
        token.push('.');
        token.push_str(&encoded);
        Some(())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("alg", &self.alg())
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

/// From `RSAPublicKey` of RFC 8017 A.1.1.
fn rsa_public(alg: Alg, der: &[u8]) -> Result<PublicJwk, LoadError> {
    let key = rsa::pkcs1::RsaPublicKey::try_from(der).map_err(|_| LoadError::NotForAlg(alg))?;
    let (n, e) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    Ok(PublicJwk::rsa(alg, n, e)?)
}

/// From an uncompressed point, `04 ‖ x ‖ y` (SEC 1 §2.3.3).
fn p256_public(point: &[u8]) -> Option<PublicJwk> {
    let (x, y) = point.strip_prefix(&[4])?.split_first_chunk::<32>()?;
    Some(PublicJwk::p256(x, y.try_into().ok()?))
}
