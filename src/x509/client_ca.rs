//! The authorities that certify clients, and whom they have taken their word back from (RFC 5280 §6).

use super::Certificate;
use super::pem;
use super::watched::Watched;
use crate::time::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;

/// The authorities of the configured files, read again when those change.
pub type ClientCas = Watched<ClientCa>;

/// Authorities for the certificates of clients.
pub struct ClientCa(Arc<dyn ClientCertVerifier>);

impl ClientCa {
    /// Reads the authorities, and the revocation lists if there are any, and keeps an eye on the files.
    ///
    /// # Errors
    /// What is wrong with which file.
    pub fn watch(authorities: &Path, revoked: Option<&Path>) -> Result<ClientCas, String> {
        let files: Vec<PathBuf> = [Some(authorities), revoked]
            .into_iter()
            .flatten()
            .map(Path::to_owned)
            .collect();
        Watched::read(files, |texts| match texts {
            [authorities] => Self::read(authorities, None),
            [authorities, revoked] => Self::read(authorities, Some(revoked)),
            _ => Err("no file is named".to_owned()),
        })
    }

    fn read(authorities: &[u8], revoked: Option<&[u8]>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for authority in pem::certificates(authorities)? {
            roots
                .add(authority)
                .map_err(|_| "holds a certificate that cannot be read".to_owned())?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        if let Some(revoked) = revoked {
            // A list that is too old, or that does not speak of a certificate's authority, lets nobody in.
            builder = builder
                .with_crls(pem::revocation_lists(revoked)?)
                .enforce_revocation_expiration();
        }
        builder
            .build()
            .map(Self)
            .map_err(|error| format!("cannot be used: {error}"))
    }

    /// Whether one of the authorities vouches for the certificate as a client's at this time.
    pub fn vouches_for(&self, certificate: &Certificate, now: Timestamp) -> bool {
        let Ok(seconds) = u64::try_from(now.0) else {
            return false;
        };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        self.0
            .verify_client_cert(certificate.der(), certificate.intermediates(), now)
            .is_ok()
    }
}
