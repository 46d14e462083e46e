//! Private keys from and to PEM files.

use super::Keys;
use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keywright::entropy::SystemEntropy;
use keywright::jose::generate::{RsaSize, generate_rsa};
use keywright::jose::import::{ImportError, export_pem, import_pem};
use keywright::jose::{Alg, SigningKey};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};

#[test]
fn keys_survive_a_journey_through_pem() {
    for key in &Keys::shared().0 {
        let pem = export_pem(&key.der).unwrap();
        let imported = import_pem(&pem).ok().unwrap();
        assert!(imported.algs.contains(&key.signer.alg()));
        let again = SigningKey::load(key.signer.alg(), &imported.key).unwrap();
        assert_eq!(again.public(), key.signer.public());
        for alg in Alg::ALL
            .into_iter()
            .filter(|alg| alg.kty() != key.signer.alg().kty())
        {
            assert!(
                SigningKey::load(alg, &key.der).is_err(),
                "a key of one type never serves another"
            );
        }
    }
    let larger = generate_rsa(RsaSize::Bits3072, &SystemEntropy).unwrap();
    assert!(SigningKey::load(Alg::PS256, &larger).is_ok());
}

/// RFC 8017 A.1.2 and RFC 5915 §3: the older forms that OpenSSL writes.
#[test]
fn older_key_files_are_read() {
    let key = rsa::RsaPrivateKey::from_pkcs8_der(Keys::shared().of(Alg::RS256).der.expose()).unwrap();
    let pkcs1 = key.to_pkcs1_pem(LineEnding::CRLF).unwrap();
    assert_eq!(import_pem(&pkcs1).ok().unwrap().algs, [Alg::RS256, Alg::PS256]);

    // `openssl ecparam -genkey` puts the curve before the key.
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let der: EcPrivateKeyRfc5915Der = pair.private_key().as_der().unwrap();
    let curve = block("EC PARAMETERS", "BggqhkjOPQMBBw==");
    let sec1 = curve + &block("EC PRIVATE KEY", &STANDARD.encode(der.as_ref()));
    assert_eq!(import_pem(&sec1).ok().unwrap().algs, [Alg::ES256]);
}

fn block(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

#[test]
fn keys_that_must_not_sign_are_refused() {
    let refusal = |pem: &str| import_pem(pem).err();
    let weak = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).unwrap();
    assert_eq!(
        refusal(&weak.to_pkcs8_pem(LineEnding::LF).unwrap()),
        Some(ImportError::RsaTooShort(1024))
    );
    assert_eq!(
        refusal(&weak.to_pkcs1_pem(LineEnding::LF).unwrap()),
        Some(ImportError::RsaTooShort(1024))
    );
    let public = block("PUBLIC KEY", "AAAA");
    assert_eq!(refusal(&public), Some(ImportError::NoPrivateKey));
    assert_eq!(refusal(""), Some(ImportError::NoPrivateKey));
    assert_eq!(
        refusal("-----BEGIN PRIVATE KEY-----\nAAAA"),
        Some(ImportError::NoPrivateKey)
    );
    assert_eq!(
        refusal(&block("ENCRYPTED PRIVATE KEY", "AAAA")),
        Some(ImportError::Encrypted)
    );
    let locked = block(
        "RSA PRIVATE KEY",
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA",
    );
    assert_eq!(refusal(&locked), Some(ImportError::Encrypted));
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
    ] {
        assert_eq!(
            refusal(&block(label, "AAAA")),
            Some(ImportError::Unsupported),
            "{label}"
        );
        assert_eq!(
            refusal(&block(label, "*")),
            Some(ImportError::Unsupported),
            "{label}"
        );
    }
    let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let p384 = block("PRIVATE KEY", &STANDARD.encode(p384.to_pkcs8v1().unwrap()));
    assert_eq!(refusal(&p384), Some(ImportError::Unsupported));
}
