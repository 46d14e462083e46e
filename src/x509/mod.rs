//! X.509 certificates (RFC 5280): of clients, as mutual TLS or a proxy's header shows them, and of this server. What a
//! certificate says is read here; what it is good for is decided in `oauth/`. Tests: tests/it/mtls/, tests/it/tls/.

mod certificate;
mod client_ca;
mod distinguished_name;
mod identity;
mod jwk;
mod name;
mod pem;
mod watched;

pub use certificate::{BadCertificate, Certificate};
pub use client_ca::{ClientCa, ClientCas};
pub use distinguished_name::DistinguishedName;
pub use identity::{Current, Identity};
pub use name::Name;
pub use pem::{certificates, private_key, revocation_lists};
pub use watched::{Change, Watched};
