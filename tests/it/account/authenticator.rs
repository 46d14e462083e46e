//! An authenticator for passkeys: makes keys and signs, and lies where a test wants it to (WebAuthn level 3 §6).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub const ORIGIN: &str = "https://id.example.test";
/// User present, user verified.
pub const UP_UV: u8 = 0b0000_0101;

pub struct Passkey {
    key: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub user: Vec<u8>,
    pub counter: u32,
}

/// What the client and the authenticator say of themselves.
#[derive(Clone)]
pub struct Said {
    pub kind: &'static str,
    pub origin: &'static str,
    pub rp_id: &'static str,
    pub flags: u8,
    pub cross_origin: bool,
    pub top_origin: bool,
    pub challenge: String,
}

impl Said {
    pub fn truth(kind: &'static str, options: &Value) -> Self {
        Self {
            kind,
            origin: ORIGIN,
            rp_id: "id.example.test",
            flags: UP_UV,
            cross_origin: false,
            top_origin: false,
            challenge: options["publicKey"]["challenge"].as_str().unwrap().to_owned(),
        }
    }

    fn client_data(&self) -> Vec<u8> {
        let mut data = json!({
            "type": self.kind,
            "challenge": self.challenge,
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        });
        if self.top_origin {
            data["topOrigin"] = json!("https://evil.test");
        }
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, flags: u8, counter: u32) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(counter.to_be_bytes());
        data
    }
}

pub fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Passkey {
    /// A key for the account that the options name, and the answer that registers it.
    pub fn create(options: &Value, id: u8) -> (Self, String) {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let user = options["publicKey"]["user"]["id"].as_str().unwrap();
        let made = Self {
            key,
            id: vec![id; 16],
            user: URL_SAFE_NO_PAD.decode(user).unwrap(),
            counter: 1,
        };
        let answer = made.registration(&Said::truth("webauthn.create", options));
        (made, answer)
    }

    /// The answer that registers this key, attestation `none`.
    pub fn registration(&self, said: &Said) -> String {
        let point = self.key.public_key().as_ref();
        let mut data = said.authenticator_data(said.flags | 0b0100_0000, self.counter);
        data.extend([0; 16]); // AAGUID
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        // COSE_Key: {1: 2, 3: -7, -1: 1, -2: x, -3: y}
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        json!({
            "id": text(&self.id),
            "rawId": text(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": text(&said.client_data()),
                "attestationObject": text(&object),
            },
        })
        .to_string()
    }

    /// The answer to a sign-in, as honest as `said`.
    #[expect(
        clippy::disallowed_methods,
        reason = "a device of its own, which has its own randomness"
    )]
    pub fn assertion(&mut self, said: &Said) -> String {
        self.counter += 1;
        let data = said.authenticator_data(said.flags, self.counter);
        let client = said.client_data();
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, &client).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": text(&self.id),
            "rawId": text(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": text(&client),
                "authenticatorData": text(&data),
                "signature": text(signature.as_ref()),
                "userHandle": text(&self.user),
            },
        })
        .to_string()
    }
}
