//! Everything derived from the data-encryption key: MACs of opaque secrets, CSRF tokens, encryption at rest.
//! One 32-byte key outside the database; each use has its own subkey (HKDF-SHA-256, RFC 5869).

use crate::entropy::Entropy;
use crate::secret::constant_time_eq;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};

/// What a value is authenticated or encrypted for; two purposes never share a key.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Digest of an opaque secret, the only form in which it is stored.
    Digest,
    /// The keyed checksum inside an opaque secret.
    Checksum,
    /// CSRF tokens of forms.
    Csrf,
    /// The pre-login browser cookie.
    Browser,
    /// The cookie of a device on which somebody has signed in.
    Device,
    /// Places in lists that are shown in pages.
    Cursor,
}

/// The keys of this server. It has no `Debug`, so it cannot reach a log.
pub struct Vault {
    digest: hmac::Key,
    checksum: hmac::Key,
    csrf: hmac::Key,
    browser: hmac::Key,
    device: hmac::Key,
    cursor: hmac::Key,
    at_rest: LessSafeKey,
}

impl Vault {
    /// Derives all subkeys from the 32-byte data-encryption key.
    pub fn new(data_key: &[u8; 32]) -> Self {
        let mac = |label: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, &derive(data_key, label));
        Self {
            digest: mac(b"keywright/digest"),
            checksum: mac(b"keywright/checksum"),
            csrf: mac(b"keywright/csrf"),
            browser: mac(b"keywright/browser"),
            device: mac(b"keywright/device"),
            cursor: mac(b"keywright/cursor"),
            at_rest: aes_key(&derive(data_key, b"keywright/at-rest")),
        }
    }

    /// HMAC-SHA-256 over the parts, each preceded by its length so that no two lists give the same input.
    pub fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        let key = match purpose {
            Purpose::Digest => &self.digest,
            Purpose::Checksum => &self.checksum,
            Purpose::Csrf => &self.csrf,
            Purpose::Browser => &self.browser,
            Purpose::Device => &self.device,
            Purpose::Cursor => &self.cursor,
        };
        let mut context = hmac::Context::with_key(key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// Whether `presented` is the MAC of the parts; constant time.
    pub fn verify(&self, purpose: Purpose, parts: &[&[u8]], presented: &[u8]) -> bool {
        constant_time_eq(&self.mac(purpose, parts), presented)
    }

    /// Encrypts for storage, bound to `context` (which row, which kind), with a random nonce in front.
    pub fn seal(&self, entropy: &dyn Entropy, context: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
        seal_with(&self.at_rest, entropy, context, plaintext)
    }

    /// Decrypts what [`Vault::seal`] made for the same `context`; `None` if it was made elsewhere or changed.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        open_with(&self.at_rest, context, sealed)
    }
}

/// Encrypts under a key that only the holder of `secret` can derive: the database alone cannot open it.
pub fn seal_under(secret: &[u8], entropy: &dyn Entropy, context: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    seal_with(
        &aes_key(&derive(secret, b"keywright/sealed-under")),
        entropy,
        context,
        plaintext,
    )
}

/// Decrypts what [`seal_under`] made with the same `secret` and `context`.
pub fn open_under(secret: &[u8], context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    open_with(
        &aes_key(&derive(secret, b"keywright/sealed-under")),
        context,
        sealed,
    )
}

fn seal_with(key: &LessSafeKey, entropy: &dyn Entropy, context: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
    let nonce = entropy.bytes::<NONCE_LEN>();
    let mut body = plaintext.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut body)
        .ok()?;
    let mut sealed = nonce.to_vec();
    sealed.append(&mut body);
    Some(sealed)
}

fn open_with(key: &LessSafeKey, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
    let mut body = body.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let plaintext = key.open_in_place(nonce, Aad::from(context), &mut body).ok()?;
    Some(plaintext.to_vec())
}

fn aes_key(bytes: &[u8; 32]) -> LessSafeKey {
    match UnboundKey::new(&AES_256_GCM, bytes) {
        Ok(key) => LessSafeKey::new(key),
        Err(_) => unreachable!("AES-256 takes every 32-byte key"),
    }
}

fn derive(secret: &[u8], label: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let okm = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(secret);
    let labels = [label];
    match okm
        .expand(&labels, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut out))
    {
        Ok(()) => out,
        Err(_) => unreachable!("HKDF-SHA-256 gives 32 bytes"),
    }
}
