//! Private keys from and to PEM files (RFC 7468), so that an operator can bring a key or take one away.

use super::{Alg, Pkcs8Der, SigningKey};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::der::pem::LineEnding;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, SecretDocument};
use rsa::traits::PublicKeyParts;
use zeroize::Zeroizing;

/// A private key read from a file.
pub struct Imported {
    /// What it can sign with; the operator chooses one, as a key serves one algorithm.
    pub algs: &'static [Alg],
    /// The key.
    pub key: Pkcs8Der,
}

/// Why a file is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// There is no PEM block of a private key.
    #[error(
        "no private key found: expected a PEM block `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`"
    )]
    NoPrivateKey,
    /// The key is locked with a passphrase.
    #[error("the key is encrypted: write it without a passphrase first, for example with `openssl pkey`")]
    Encrypted,
    /// The text between the markers is not base64 or not a key.
    #[error("the key is damaged or of an unsupported kind: RSA, EC P-256 and Ed25519 are supported")]
    Unsupported,
    /// RFC 7518 §3.3
    #[error("the RSA key has {0} bits, at least 2048 are needed")]
    RsaTooShort(usize),
}

/// Reads the first private key of `text`: PKCS#8, PKCS#1 (RSA) or SEC 1 (EC).
pub fn import_pem(text: &str) -> Result<Imported, ImportError> {
    let (label, der) = first_private_key(text)?;
    let (algs, key): (&'static [Alg], _) = match label {
        "RSA PRIVATE KEY" => (RSA, rsa(RsaPrivateKey::from_pkcs1_der(&der).ok())?),
        "EC PRIVATE KEY" => (EC, ec(&der)?),
        "PRIVATE KEY" => {
            if let Ok(key) = RsaPrivateKey::from_pkcs8_der(&der) {
                (RSA, rsa(Some(key))?)
            } else if let Ok(pair) = Ed25519KeyPair::from_pkcs8(&der) {
                let document = pair.to_pkcs8v1().map_err(|_| ImportError::Unsupported)?;
                (ED, Pkcs8Der::new(document.as_ref().to_vec()))
            } else {
                (EC, ec(&der)?)
            }
        }
        "ENCRYPTED PRIVATE KEY" => return Err(ImportError::Encrypted),
        _ => return Err(ImportError::Unsupported),
    };
    // What is taken here must load at the next start.
    let loads = algs.iter().all(|alg| SigningKey::load(*alg, &key).is_ok());
    if !loads {
        return Err(ImportError::Unsupported);
    }
    Ok(Imported { algs, key })
}

/// Writes the key as PKCS#8 PEM, which OpenSSL and other servers read.
pub fn export_pem(key: &Pkcs8Der) -> Option<Zeroizing<String>> {
    let document = SecretDocument::try_from(key.expose()).ok()?;
    document.to_pem("PRIVATE KEY", LineEnding::LF).ok()
}

const RSA: &[Alg] = &[Alg::RS256, Alg::PS256];
const EC: &[Alg] = &[Alg::ES256];
const ED: &[Alg] = &[Alg::EdDSA];

fn rsa(key: Option<RsaPrivateKey>) -> Result<Pkcs8Der, ImportError> {
    let key = key.ok_or(ImportError::Unsupported)?;
    let bits = key.n().bits();
    if bits < 2048 {
        return Err(ImportError::RsaTooShort(bits));
    }
    let der = key.to_pkcs8_der().map_err(|_| ImportError::Unsupported)?;
    Ok(Pkcs8Der::new(der.as_bytes().to_vec()))
}

fn ec(der: &[u8]) -> Result<Pkcs8Der, ImportError> {
    let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der);
    let document = pair
        .map_err(|_| ImportError::Unsupported)?
        .to_pkcs8v1()
        .map_err(|_| ImportError::Unsupported)?;
    Ok(Pkcs8Der::new(document.as_ref().to_vec()))
}

/// The label and bytes of the first block whose label ends in `PRIVATE KEY`; `EC PARAMETERS` and certificates are passed over.
fn first_private_key(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), ImportError> {
    let (label, rest) = text
        .split("-----BEGIN ")
        .skip(1)
        .filter_map(|block| block.split_once("-----"))
        .find(|(label, _)| label.ends_with("PRIVATE KEY"))
        .ok_or(ImportError::NoPrivateKey)?;
    let (body, end) = rest.split_once("-----END ").ok_or(ImportError::NoPrivateKey)?;
    if end.split_once("-----").map(|(closing, _)| closing) != Some(label) {
        return Err(ImportError::NoPrivateKey);
    }
    // RFC 1421 §4.6.1.1, as OpenSSL writes it into the older forms.
    if body.contains("ENCRYPTED") {
        return Err(ImportError::Encrypted);
    }
    let compact: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    let der = STANDARD
        .decode(compact.as_bytes())
        .map_err(|_| ImportError::Unsupported)?;
    Ok((label, Zeroizing::new(der)))
}
