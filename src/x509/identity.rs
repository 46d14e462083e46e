//! The certificate of this server with its key, read again when the files change.

use super::pem;
use super::watched::Watched;
use super::{BadCertificate, Certificate};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

/// The certificate and the key that are in use.
pub struct Identity(Arc<CertifiedKey>);

/// Gives each handshake the identity of that moment.
pub struct Current(pub Arc<Watched<Identity>>);

impl Identity {
    /// Reads both files and keeps an eye on them.
    ///
    /// # Errors
    /// What is wrong with them, or that they do not belong together.
    pub fn watch(certificate: &Path, key: &Path) -> Result<Watched<Self>, String> {
        Watched::read(
            vec![certificate.to_owned(), key.to_owned()],
            |texts| match texts {
                [certificate, key] => Self::read(certificate, key),
                _ => Err("two files are needed".to_owned()),
            },
        )
    }

    fn read(certificate: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain = pem::certificates(certificate)?;
        let key = pem::private_key(key)?;
        // It also looks whether the key is that of the certificate.
        CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())
            .map(|identity| Self(Arc::new(identity)))
            .map_err(|error| format!("certificate and key cannot be used together: {error}"))
    }

    /// The certificate.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn certificate(&self) -> Result<Certificate, BadCertificate> {
        let mut chain = self.0.cert.iter().cloned();
        let own = chain.next().ok_or(BadCertificate)?;
        Certificate::read(own, chain.collect())
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current")
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.current().0))
    }
}
