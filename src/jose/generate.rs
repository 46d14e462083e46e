//! New signing keys, from the server's one source of randomness.

use super::{Alg, Pkcs8Der};
use crate::entropy::Entropy;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use rsa::pkcs8::EncodePrivateKey;
use rsa::rand_core::{CryptoRng, Error, RngCore};
use zeroize::Zeroizing;

/// The size of a new RSA key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaSize {
    /// The size that RFC 7518 §3.3 asks for at least; signs about three times as fast as the next.
    #[default]
    Bits2048,
    /// About 128 bits of strength (SP 800-57 part 1, table 2).
    Bits3072,
}

/// The library could not make the key.
#[derive(Debug, thiserror::Error)]
#[error("the key could not be generated")]
pub struct GenerateError;

/// A new private key for `alg`; RSA keys have 2048 bits.
pub fn generate(alg: Alg, entropy: &dyn Entropy) -> Result<Pkcs8Der, GenerateError> {
    match alg {
        Alg::RS256 | Alg::PS256 => generate_rsa(RsaSize::default(), entropy),
        Alg::ES256 => p256(entropy),
        Alg::EdDSA => ed25519(entropy),
    }
}

/// A new RSA private key. Takes 0.1 s and more.
pub fn generate_rsa(size: RsaSize, entropy: &dyn Entropy) -> Result<Pkcs8Der, GenerateError> {
    let bits = match size {
        RsaSize::Bits2048 => 2048,
        RsaSize::Bits3072 => 3072,
    };
    let key = rsa::RsaPrivateKey::new(&mut Random(entropy), bits).map_err(|_| GenerateError)?;
    let der = key.to_pkcs8_der().map_err(|_| GenerateError)?;
    Ok(Pkcs8Der::new(der.as_bytes().to_vec()))
}

fn p256(entropy: &dyn Entropy) -> Result<Pkcs8Der, GenerateError> {
    // FIPS 186-5 A.2.2: draw until the number lies in [1, n-1]; one draw in 2^32 does not, eight in a row never do.
    for _ in 0..8 {
        let secret = Zeroizing::new(entropy.bytes::<32>());
        if let Ok(pair) = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &sec1(&secret))
        {
            let der = pair.to_pkcs8v1().map_err(|_| GenerateError)?;
            return Ok(Pkcs8Der::new(der.as_ref().to_vec()));
        }
    }
    Err(GenerateError)
}

/// `ECPrivateKey` of RFC 5915 §3 on P-256, without the public key, which the parser works out.
fn sec1(secret: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    const START: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
    const CURVE: [u8; 12] = [
        0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
    ];
    Zeroizing::new([START.as_slice(), secret, &CURVE].concat())
}

fn ed25519(entropy: &dyn Entropy) -> Result<Pkcs8Der, GenerateError> {
    let seed = Zeroizing::new(entropy.bytes::<32>());
    let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|_| GenerateError)?;
    // Version 1, without the public key: the form that OpenSSL reads.
    let der = pair.to_pkcs8v1().map_err(|_| GenerateError)?;
    Ok(Pkcs8Der::new(der.as_ref().to_vec()))
}

/// Shows our entropy to the `rsa` crate as the generator that it expects.
struct Random<'a>(&'a dyn Entropy);

impl RngCore for Random<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.0.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.0.bytes())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl CryptoRng for Random<'_> {}
