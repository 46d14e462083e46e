//! The listeners: plain HTTP, or TLS 1.2 and 1.3 in the binary itself, and the second one that asks clients for a
//! certificate (RFC 8705). Tests: tests/it/tls/.

use crate::config::Tls as Settings;
use crate::x509::{Certificate, Current, Identity, Watched};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{ParsedCertificate, WantsServerCert};
use tokio_rustls::rustls::{
    ConfigBuilder, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme, crypto,
};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, rustls};

/// Where a server listens, and how.
pub struct Listeners {
    pub(super) main: Listener,
    /// For clients with certificates.
    pub(super) mutual: Option<Listener>,
    /// What both show of themselves.
    pub(super) identity: Option<Arc<Watched<Identity>>>,
}

/// A bound address, and how it is spoken to.
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    pub(super) security: Security,
}

pub(super) enum Security {
    /// Plain HTTP.
    Plain,
    /// TLS.
    Tls(TlsAcceptor),
    /// TLS that asks the client for a certificate.
    Mutual(TlsAcceptor),
}

impl From<TcpListener> for Listeners {
    /// Plain HTTP.
    fn from(socket: TcpListener) -> Self {
        Self {
            main: Listener {
                socket,
                security: Security::Plain,
            },
            mutual: None,
            identity: None,
        }
    }
}

impl Listeners {
    /// The listeners that the settings ask for; `mutual` is the one that asks for certificates.
    ///
    /// # Errors
    /// Certificate and key of this server cannot be used.
    pub fn new(main: TcpListener, mutual: Option<TcpListener>, settings: &Settings) -> Result<Self, String> {
        let Some((certificate, key)) = settings.identity() else {
            return Ok(main.into());
        };
        let identity = Arc::new(Identity::watch(certificate, key)?);
        let acceptor = |builder: ConfigBuilder<ServerConfig, WantsServerCert>| {
            let mut config = builder.with_cert_resolver(Arc::new(Current(Arc::clone(&identity))));
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            TlsAcceptor::from(Arc::new(config))
        };
        let main = Listener {
            socket: main,
            security: Security::Tls(acceptor(builder()?.with_no_client_auth())),
        };
        let mutual = match mutual {
            Some(socket) => {
                let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
                let any = Arc::new(AnyCertificate(algorithms));
                let acceptor = acceptor(builder()?.with_client_cert_verifier(any));
                Some(Listener {
                    socket,
                    security: Security::Mutual(acceptor),
                })
            }
            None => None,
        };
        Ok(Self {
            main,
            mutual,
            identity: Some(identity),
        })
    }
}

/// TLS 1.2 with ephemeral keys and authenticated encryption, which is all that the library has of it, and 1.3.
fn builder() -> Result<ConfigBuilder<ServerConfig, rustls::WantsVerifier>, String> {
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())
}

/// The certificate that the client has shown in the handshake, and whose key it has proved to hold.
pub(super) fn certificate(stream: &TlsStream<TcpStream>) -> Option<Arc<Certificate>> {
    let (_, connection) = stream.get_ref();
    let mut chain = connection
        .peer_certificates()?
        .iter()
        .cloned()
        .map(CertificateDer::into_owned);
    let own = chain.next()?;
    Certificate::read(own, chain.collect()).ok().map(Arc::new)
}

/// Takes any certificate whose key the client holds, or none. What a certificate is good for is decided for each client
/// when it asks for something (RFC 8705 §2): a handshake knows no client.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// No hints: self-signed certificates are welcome too.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        ParsedCertificate::try_from(certificate)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
