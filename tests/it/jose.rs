//! Signing and verifying tokens, in agreement with another implementation.

mod forgeries;
mod key_files;
mod random_input;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use keywright::entropy::SystemEntropy;
use keywright::jose::generate::generate;
use keywright::jose::import::export_pem;
use keywright::jose::{Alg, Claims, Jwks, Pkcs8Der, SigningKey, VerifyError, VerifyKey, verify};
use serde_json::{Value, json};
use std::sync::OnceLock;

const TYPES: &[&str] = &["at+jwt"];

struct Key {
    signer: SigningKey,
    verifier: VerifyKey,
    der: Pkcs8Der,
}

struct Keys(Vec<Key>);

impl Keys {
    /// One key per algorithm, made once for all tests of this file.
    fn shared() -> &'static Self {
        static KEYS: OnceLock<Keys> = OnceLock::new();
        KEYS.get_or_init(|| Self(Alg::ALL.into_iter().map(Key::new).collect()))
    }

    fn of(&self, alg: Alg) -> &Key {
        self.0.iter().find(|key| key.signer.alg() == alg).unwrap()
    }

    fn find(&self, kid: &str) -> Option<&VerifyKey> {
        let mut keys = self.0.iter().map(|key| &key.verifier);
        keys.find(|key| key.kid() == kid)
    }

    fn verify(&self, token: &str) -> Result<Claims, VerifyError> {
        verify(token, |kid| self.find(kid), TYPES)
    }
}

impl Key {
    fn new(alg: Alg) -> Self {
        let der = generate(alg, &SystemEntropy).unwrap();
        let signer = SigningKey::load(alg, &der).unwrap();
        let verifier = VerifyKey::new(signer.public()).unwrap();
        Self {
            signer,
            verifier,
            der,
        }
    }

    /// The header of an honest token.
    fn header(&self) -> Value {
        json!({"alg": self.signer.alg().name(), "typ": "at+jwt", "kid": self.signer.kid()})
    }

    fn header_with(&self, name: &str, value: Value) -> String {
        let mut header = self.header();
        header[name] = value;
        header.to_string()
    }

    /// A token with this header and this text as claims, rightly signed by this key whatever the header says.
    fn signed(&self, header: &str, claims: &str) -> String {
        let pem = export_pem(&self.der).unwrap();
        let alg = self.signer.alg();
        let key = match alg {
            Alg::RS256 | Alg::PS256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
            Alg::ES256 => EncodingKey::from_ec_pem(pem.as_bytes()),
            Alg::EdDSA => EncodingKey::from_ed_pem(pem.as_bytes()),
        };
        let input = format!("{}.{}", encode(header), encode(claims));
        let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &key.unwrap(), other(alg)).unwrap();
        format!("{input}.{signature}")
    }
}

fn other(alg: Alg) -> Algorithm {
    alg.name().parse().unwrap()
}

fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

#[test]
fn tokens_of_every_algorithm_verify_here_and_elsewhere() {
    let keys = Keys::shared();
    let jwks = Jwks {
        keys: keys.0.iter().map(|key| key.signer.public().clone()).collect(),
    };
    let published: JwkSet = serde_json::from_value(serde_json::to_value(&jwks).unwrap()).unwrap();
    let claims = json!({"iss": "https://op.example", "sub": "é\"\\", "exp": 4_102_444_800_i64, "list": [1, null, {"a": true}]});
    for alg in Alg::ALL {
        let token = keys.of(alg).signer.sign("at+jwt", &claims).unwrap();
        let read = keys.verify(&token).unwrap();
        assert_eq!(&Value::Object(read.into_members()), &claims, "{alg}");

        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!((header.typ.as_deref(), header.alg), (Some("at+jwt"), other(alg)));
        let jwk = published.find(&header.kid.unwrap()).unwrap();
        let key = DecodingKey::from_jwk(jwk).unwrap();
        let elsewhere = jsonwebtoken::decode::<Value>(&token, &key, &Validation::new(other(alg))).unwrap();
        assert_eq!(elsewhere.claims, claims, "{alg}");
    }
}

/// RFC 7517 §5 · AC-171
#[test]
fn a_published_key_has_public_members_only() {
    for key in &Keys::shared().0 {
        let json = serde_json::to_value(key.signer.public()).unwrap();
        let expected: &[&str] = match key.signer.alg().kty() {
            "RSA" => &["alg", "e", "kid", "kty", "n", "use"],
            "EC" => &["alg", "crv", "kid", "kty", "use", "x", "y"],
            _ => &["alg", "crv", "kid", "kty", "use", "x"],
        };
        let mut names: Vec<_> = json.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, expected);
        let debug = format!("{:?}", key.signer);
        assert!(debug.len() < 120 && debug.contains(key.signer.kid()), "{debug}");
        // RFC 7518 §6.2.1.2: coordinates keep their leading zeros.
        for coordinate in ["x", "y"] {
            if let Some(text) = json.get(coordinate) {
                assert_eq!(text.as_str().unwrap().len(), 43);
            }
        }
    }
}
