//! Signed JSON: JWS in compact form (RFC 7515), JWK (RFC 7517) and the four algorithms that the server speaks (RFC 7518, RFC 8037).
//!
//! The algorithm always comes from the key, never from a token's header (RFC 8725 §3.1). There is no `none`, no HMAC,
//! no encryption, and no way to put a private member into a published key. Tests: `tests/it/jose.rs`.

pub mod alg;
pub mod claims;
#[cfg(feature = "server")]
pub mod generate;
#[cfg(feature = "server")]
pub mod import;
pub mod jwk;
#[cfg(feature = "server")]
pub mod pkcs8;
#[cfg(feature = "server")]
pub mod sign;
pub mod status_list;
pub mod strict_json;
pub mod verify;

pub use alg::Alg;
pub use claims::{Claims, TimeError};
pub use jwk::{Jwks, PublicJwk};
#[cfg(feature = "server")]
pub use pkcs8::Pkcs8Der;
#[cfg(feature = "server")]
pub use sign::{SignError, SigningKey};
pub use status_list::{StatusList, StatusListError, Statuses};
pub use verify::{VerifyError, VerifyKey, verify, verify_within};

/// `typ` of an access token (RFC 9068 §2.1).
pub const TYP_ACCESS_TOKEN: &str = "at+jwt";
/// `typ` of an ID token (RFC 7519 §5.1).
pub const TYP_ID_TOKEN: &str = "JWT";
/// `typ` of a status list (draft-ietf-oauth-status-list §5.1).
pub const TYP_STATUS_LIST: &str = "statuslist+jwt";
