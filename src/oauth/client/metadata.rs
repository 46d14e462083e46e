//! The metadata document of a client: RFC 7591 §2 and OIDC Registration §2 names, and a few of our own.

use crate::x509::Name;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// OIDC Registration §2 `application_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    /// Runs on a server or in a browser.
    #[default]
    Web,
    /// Runs on the user's device: loopback and custom-scheme redirects (RFC 8252).
    Native,
}

/// What a client registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metadata {
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Home page, shown by host name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Compared byte for byte; see `redirect_uri.rs`.
    pub redirect_uris: Vec<String>,
    /// OIDC RP-Initiated Logout §3.1, compared byte for byte.
    pub post_logout_redirect_uris: Vec<String>,
    /// Grants that the client may use.
    pub grant_types: Vec<String>,
    /// Always `["code"]` for clients with the authorization code grant.
    pub response_types: Vec<String>,
    /// The one way in which it authenticates.
    pub token_endpoint_auth_method: String,
    /// Whether loopback redirects may choose their port.
    pub application_type: ApplicationType,
    /// The scope it may ask for, space-separated.
    pub scope: String,
    /// Algorithm of its ID tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,
    /// Default `max_age`, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<i64>,
    /// Algorithm of its access tokens. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_signed_response_alg: Option<String>,
    /// Whether a confidential client must use PKCE too; public ones always must. Ours.
    pub require_pkce: bool,
    /// First-party: the operator consents for the users. Ours.
    pub skip_consent: bool,
    /// Whether people must prove two factors to use it. Ours.
    pub require_mfa: bool,
    /// Puts the claims of the scope into the ID token, for clients that never call userinfo. Ours.
    pub id_token_claims: bool,
    /// Resource servers that it may name in `resource` (RFC 8707); also their audience values. Ours.
    pub resources: Vec<String>,
    /// The client's public keys (RFC 7591 §2); for `self_signed_tls_client_auth` those of its certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// RFC 8705 §2.1.2: the subject of its certificate, RFC 4514. Of this and the next four there is exactly one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_subject_dn: Option<String>,
    /// A DNS name of its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_dns: Option<String>,
    /// A URI of its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_uri: Option<String>,
    /// An IP address of its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_ip: Option<String>,
    /// An e-mail address of its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_email: Option<String>,
    /// RFC 8705 §3.4: its tokens are good only together with the certificate that it had when it got them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Audiences whose tokens it may introspect, besides its own tokens (RFC 7662 §4). Ours.
    pub introspects: Vec<String>,
}

impl Default for Metadata {
    /// Everything off, PKCE on.
    fn default() -> Self {
        Self {
            client_name: None,
            client_uri: None,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: Vec::new(),
            response_types: Vec::new(),
            token_endpoint_auth_method: "client_secret_basic".to_owned(),
            application_type: ApplicationType::Web,
            scope: String::new(),
            id_token_signed_response_alg: None,
            default_max_age: None,
            access_token_signed_response_alg: None,
            require_pkce: true,
            skip_consent: false,
            require_mfa: false,
            id_token_claims: false,
            resources: Vec::new(),
            jwks: None,
            tls_client_auth_subject_dn: None,
            tls_client_auth_san_dns: None,
            tls_client_auth_san_uri: None,
            tls_client_auth_san_ip: None,
            tls_client_auth_san_email: None,
            tls_client_certificate_bound_access_tokens: false,
            introspects: Vec::new(),
        }
    }
}

impl Metadata {
    /// The name that its certificate must have, for `tls_client_auth`.
    ///
    /// # Errors
    /// The metadata name at fault, and what is wrong: there is none, more than one, or one that cannot be read.
    pub fn certificate_name(&self) -> Result<Name, (&'static str, &'static str)> {
        type Read = fn(&str) -> Result<Name, &'static str>;
        let kinds: [(&'static str, &Option<String>, Read); 5] = [
            (
                "tls_client_auth_subject_dn",
                &self.tls_client_auth_subject_dn,
                Name::subject,
            ),
            (
                "tls_client_auth_san_dns",
                &self.tls_client_auth_san_dns,
                Name::dns,
            ),
            (
                "tls_client_auth_san_uri",
                &self.tls_client_auth_san_uri,
                Name::uri,
            ),
            ("tls_client_auth_san_ip", &self.tls_client_auth_san_ip, Name::ip),
            (
                "tls_client_auth_san_email",
                &self.tls_client_auth_san_email,
                Name::email,
            ),
        ];
        let mut named = kinds
            .into_iter()
            .filter_map(|(field, text, read)| Some((field, text.as_deref()?, read)));
        match (named.next(), named.next()) {
            (Some((field, text, read)), None) => read(text).map_err(|wrong| (field, wrong)),
            (None, _) => Err(("tls_client_auth_subject_dn", NONE)),
            (Some(_), Some((field, _, _))) => Err((field, "is one name too many; register exactly one")),
        }
    }

    /// Whether a name for its certificate is registered.
    pub fn has_certificate_name(&self) -> bool {
        !matches!(self.certificate_name(), Err((_, NONE)))
    }
}

const NONE: &str =
    "tls_client_auth needs the name of the certificate: its subject, or one of its alternative names";
