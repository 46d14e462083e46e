//! PEM files (RFC 7468) with certificates, keys and revocation lists.

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

/// All certificates of a file; at least one.
///
/// # Errors
/// What is wrong with it.
pub fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let found = found.map_err(|_| "is not valid PEM")?;
    if found.is_empty() {
        return Err("holds no certificate (BEGIN CERTIFICATE)");
    }
    Ok(found)
}

/// The first private key of a file: PKCS #8, PKCS #1 or SEC 1, not encrypted.
///
/// # Errors
/// There is none.
pub fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, &'static str> {
    PrivateKeyDer::from_pem_slice(text).map_err(|_| "holds no private key, or one that is encrypted")
}

/// All revocation lists of a file; at least one.
///
/// # Errors
/// What is wrong with it.
pub fn revocation_lists(text: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, &'static str> {
    let found: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(text).collect();
    let found = found.map_err(|_| "is not valid PEM")?;
    if found.is_empty() {
        return Err("holds no revocation list (BEGIN X509 CRL)");
    }
    Ok(found)
}
