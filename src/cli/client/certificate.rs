//! How a client proves itself by a certificate (RFC 8705), for `client add` and `client update`.

use crate::cli::error::{CliError, Result};
use crate::oauth::client::{Metadata, jwks};
use crate::x509::{self, Certificate};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Authentication by a certificate, in place of a secret.
#[derive(Debug, Args)]
pub(super) struct ByCertificate {
    #[command(flatten)]
    name: Name,
    /// Self-signed certificate that it authenticates with, PEM (repeatable)
    #[arg(long = "self-signed-cert", value_name = "FILE", conflicts_with = "Name")]
    self_signed: Vec<PathBuf>,
}

/// Names of a certificate of an authority in `tls.client_ca`.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Name {
    /// Subject of its certificate, such as "CN=client,O=Example,C=US" (RFC 4514)
    #[arg(long = "tls-subject-dn", value_name = "DN")]
    subject_dn: Option<String>,
    /// DNS name of its certificate
    #[arg(long = "tls-san-dns", value_name = "NAME")]
    san_dns: Option<String>,
    /// URI of its certificate
    #[arg(long = "tls-san-uri", value_name = "URI")]
    san_uri: Option<String>,
    /// IP address of its certificate
    #[arg(long = "tls-san-ip", value_name = "ADDRESS")]
    san_ip: Option<String>,
    /// E-mail address of its certificate
    #[arg(long = "tls-san-email", value_name = "ADDRESS")]
    san_email: Option<String>,
}

impl Name {
    fn is_given(&self) -> bool {
        let all = [
            &self.subject_dn,
            &self.san_dns,
            &self.san_uri,
            &self.san_ip,
            &self.san_email,
        ];
        all.into_iter().any(Option::is_some)
    }
}

/// The metadata with what the arguments say. What belongs to another method than the chosen one is dropped.
///
/// # Errors
/// A certificate cannot be read.
pub(super) fn apply(arguments: &ByCertificate, chosen: Option<&str>, before: Metadata) -> Result<Metadata> {
    let mut metadata = before;
    let name = &arguments.name;
    if name.is_given() {
        only("tls_client_auth", chosen)?;
        metadata = Metadata {
            token_endpoint_auth_method: "tls_client_auth".to_owned(),
            tls_client_auth_subject_dn: name.subject_dn.clone(),
            tls_client_auth_san_dns: name.san_dns.clone(),
            tls_client_auth_san_uri: name.san_uri.clone(),
            tls_client_auth_san_ip: name.san_ip.clone(),
            tls_client_auth_san_email: name.san_email.clone(),
            ..metadata
        };
    }
    if !arguments.self_signed.is_empty() {
        only("self_signed_tls_client_auth", chosen)?;
        let keys: Vec<Value> = arguments
            .self_signed
            .iter()
            .map(|file| key(file))
            .collect::<Result<_>>()?;
        metadata = Metadata {
            token_endpoint_auth_method: "self_signed_tls_client_auth".to_owned(),
            jwks: Some(json!({ "keys": keys })),
            ..metadata
        };
    }
    if metadata.token_endpoint_auth_method != "tls_client_auth" {
        metadata = Metadata {
            tls_client_auth_subject_dn: None,
            tls_client_auth_san_dns: None,
            tls_client_auth_san_uri: None,
            tls_client_auth_san_ip: None,
            tls_client_auth_san_email: None,
            ..metadata
        };
    }
    if metadata.token_endpoint_auth_method != "self_signed_tls_client_auth" {
        metadata.jwks = None;
    }
    Ok(metadata)
}

fn only(method: &str, chosen: Option<&str>) -> Result {
    match chosen {
        Some(other) if other != method => Err(CliError::usage(
            format!("a certificate for {method} does not go with --auth-method {other}"),
            format!("leave --auth-method out, or write --auth-method {method}"),
        )),
        _ => Ok(()),
    }
}

/// The public key of the first certificate of a file, with the certificate.
fn key(file: &Path) -> Result<Value> {
    let refused = |why: String| {
        CliError::failure(
            format!("{}: {why}", file.display()),
            "give a certificate in PEM form (BEGIN CERTIFICATE)",
        )
    };
    let text = std::fs::read(file).map_err(|error| refused(error.to_string()))?;
    let chain = x509::certificates(&text).map_err(|why| refused(why.to_owned()))?;
    let first = chain.into_iter().next();
    let first = first.ok_or_else(|| refused("holds no certificate".to_owned()))?;
    let certificate = Certificate::read(first, Vec::new()).map_err(|error| refused(error.to_string()))?;
    jwks::of_certificate(&certificate).ok_or_else(|| {
        refused("its key is neither RSA nor of a curve P-256, P-384, P-521 or Ed25519".to_owned())
    })
}

/// The keys of a client in one line for people: the thumbprints of the certificates.
pub(super) fn for_people(jwks: &Value) -> String {
    let keys = jwks.get("keys").and_then(Value::as_array).into_iter().flatten();
    let names = keys.map(|key| {
        let thumbprint = key.get("x5t#S256").and_then(Value::as_str);
        let kind = key.get("kty").and_then(Value::as_str).unwrap_or_default();
        thumbprint.map_or_else(
            || kind.to_owned(),
            |thumbprint| format!("{kind} x5t#S256={thumbprint}"),
        )
    });
    names.collect::<Vec<_>>().join(" ")
}
