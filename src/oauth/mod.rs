//! The protocol. It knows no web framework, no SQL and no templates: parsed parameters in, a value or an error out.
//!
//! | here | RFC term | defined in |
//! |---|---|---|
//! | `Client` | client | RFC 6749 §2 |
//! | grant (row) | authorization grant | RFC 6749 §1.3 |
//! | `Standing` | a grant with all that decides about it | – |
//! | `Session` | the browser's session with the server | OIDC Session Management §2 |
//! | `Authorization` | the decision at the token endpoint | RFC 6749 §5.1 |
//! | `AccessToken` | access token | RFC 6749 §1.4, RFC 9068 |
//! | `ReturnTo` | redirection endpoint | RFC 6749 §3.1.2 |
//! | interaction | authorization request waiting for the user | OIDC Core §3.1.2.3 |

pub mod api_key;
pub mod authorize;
pub mod claims_request;
pub mod client;
pub mod deny;
pub mod device;
pub mod discovery;
pub mod engine;
pub mod error;
pub mod first_party;
pub mod forward_auth;
pub mod introspect;
pub mod logout;
pub mod may_issue;
pub mod mtls;
pub mod params;
pub mod prompt;
pub mod redirect_uri;
pub mod resource;
pub mod response_mode;
pub mod revoke;
pub mod scopes;
pub mod status;
pub mod step_up;
pub mod token;
pub mod tokens;
pub mod userinfo;

pub use engine::scope::Scope;
