//! Opaque secrets: `kw_<kind>_<id>_<secret><checksum>`, 256 bits, of `[A-Za-z0-9_-]` only.
//! The database holds a MAC of them, never the secret. The keyed checksum shows that this server made the
//! value, so that a forgery costs no database query and a used-up value is known for what it is.

use crate::entropy::Entropy;
use crate::id;
use crate::secret::Secret;
use crate::vault::{Purpose, Vault};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const ID: usize = 22; // 16 bytes in base64url
const SECRET: usize = 43; // 32 bytes
const CHECKSUM: usize = 8; // 6 bytes

/// What an opaque secret is good for. A value of one kind is never accepted as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Authorization code, RFC 6749 §1.3.1; its id is that of its grant.
    Code,
    /// Refresh token, RFC 6749 §1.5; its id is that of its grant.
    RefreshToken,
    /// Device code, RFC 8628 §3.2.
    DeviceCode,
    /// Client secret, RFC 6749 §2.3.1.
    ClientSecret,
    /// The browser's session cookie.
    Session,
    /// The one-time link that creates the first administrator.
    SetupLink,
    /// The one-time link of a mail that sets a new password.
    ResetLink,
    /// The one-time link of a mail that unlocks an account.
    UnlockLink,
    /// The one-time link of a mail that shows that an address is the user's.
    VerifyLink,
    /// The one-time link of a mail that creates an account.
    SignUpLink,
    /// The one-time link of a mail that gives an account another address.
    ChangeLink,
    /// The one-time link of a mail that stops or undoes that.
    RevertLink,
    /// An API key: the prefix is the one that scanners for leaked secrets look for.
    ApiKey,
}

impl Kind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Code => "kw_ac_",
            Self::RefreshToken => "kw_rt_",
            Self::DeviceCode => "kw_dc_",
            Self::ClientSecret => "kw_cs_",
            Self::Session => "kw_se_",
            Self::SetupLink => "kw_su_",
            Self::ResetLink => "kw_rl_",
            Self::UnlockLink => "kw_ul_",
            Self::VerifyLink => "kw_vl_",
            Self::SignUpLink => "kw_sl_",
            Self::ChangeLink => "kw_cl_",
            Self::RevertLink => "kw_vt_",
            Self::ApiKey => "kw_pat_",
        }
    }
}

/// What the secrets of a row begin with. It is no secret: a list shows it, so that a key that was found can be told.
pub fn shown_beginning(kind: Kind, id: &str) -> String {
    let row = URL_SAFE_NO_PAD.encode(id::row_bytes(id).unwrap_or_default());
    format!("{}{row}_", kind.prefix())
}

/// An opaque secret that this server has made, now or earlier.
#[derive(Clone)]
pub struct Opaque {
    kind: Kind,
    id: String,
    text: Secret,
}

impl Opaque {
    /// A new secret for the row `id` (a row identifier).
    pub fn mint(kind: Kind, id: &str, entropy: &dyn Entropy, vault: &Vault) -> Self {
        let body = shown_beginning(kind, id) + &id::random::<32>(entropy);
        let checksum = checksum(vault, &body);
        Self {
            kind,
            id: id.to_owned(),
            text: Secret::new(body + &checksum),
        }
    }

    /// Reads a presented value; `None` unless it has the exact length, the kind and a checksum of this server.
    pub fn parse(kind: Kind, text: &str, vault: &Vault) -> Option<Self> {
        let rest = text.strip_prefix(kind.prefix())?;
        if rest.len() != ID + 1 + SECRET + CHECKSUM || !rest.is_ascii() {
            return None;
        }
        let (body, presented) = text.split_at_checked(text.len() - CHECKSUM)?;
        let presented = URL_SAFE_NO_PAD.decode(presented).ok()?;
        let expected = vault.mac(Purpose::Checksum, &[body.as_bytes()]);
        if !crate::secret::constant_time_eq(expected.get(..6)?, &presented) {
            return None;
        }
        let row: [u8; 16] = URL_SAFE_NO_PAD.decode(rest.get(..ID)?).ok()?.try_into().ok()?;
        Some(Self {
            kind,
            id: id::row_of(row),
            text: Secret::new(text.to_owned()),
        })
    }

    /// The identifier of the row that this secret belongs to.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The value to hand out, once.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// What is stored and compared: HMAC-SHA-256 over kind, id and secret.
    pub fn digest(&self, vault: &Vault) -> Vec<u8> {
        digest(self.kind, &self.id, self.text.expose(), vault).to_vec()
    }

    /// Whether `stored` is the digest of this secret; constant time.
    pub fn matches(&self, stored: &[u8], vault: &Vault) -> bool {
        crate::secret::constant_time_eq(&self.digest(vault), stored)
    }
}

/// The digest that a secret of this kind and row would have, whoever made it up.
pub fn digest(kind: Kind, id: &str, text: &str, vault: &Vault) -> [u8; 32] {
    let parts = [kind.prefix().as_bytes(), id.as_bytes(), text.as_bytes()];
    vault.mac(Purpose::Digest, &parts)
}

fn checksum(vault: &Vault, body: &str) -> String {
    let mac = vault.mac(Purpose::Checksum, &[body.as_bytes()]);
    URL_SAFE_NO_PAD.encode(mac.get(..6).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Kind, Opaque};
    use crate::entropy::{Entropy, SystemEntropy};
    use crate::time::Timestamp;
    use crate::vault::Vault;

    #[test]
    fn only_the_exact_value_of_the_right_kind_and_server_is_read() {
        let (entropy, vault) = (SystemEntropy, Vault::new(&[7; 32]));
        let id = crate::id::row(&entropy, Timestamp(1_700_000_000));
        let text = Opaque::mint(Kind::Code, &id, &entropy, &vault)
            .expose()
            .to_owned();

        assert_eq!(
            Opaque::parse(Kind::Code, &text, &vault).map(|o| o.id().to_owned()),
            Some(id)
        );
        assert!(
            Opaque::parse(Kind::RefreshToken, &text, &vault).is_none(),
            "another kind"
        );
        assert!(
            Opaque::parse(Kind::Code, &text, &Vault::new(&[8; 32])).is_none(),
            "another server"
        );
        assert!(
            Opaque::parse(Kind::Code, &text[..text.len() - 1], &vault).is_none(),
            "truncated"
        );
        assert!(
            Opaque::parse(Kind::Code, &format!("{text}A"), &vault).is_none(),
            "extended"
        );
        for position in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[position] = if changed[position] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(
                Opaque::parse(Kind::Code, &changed, &vault).is_none(),
                "changed at {position}"
            );
        }
        let _: &dyn Entropy = &entropy;
    }
}
