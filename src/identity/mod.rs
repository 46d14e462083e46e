//! Who people are: passwords, second factors, passkeys, sign-in, sessions, and the browser they use.

pub mod browser;
pub mod challenge;
pub mod email;
pub mod factors;
pub mod login_limit;
pub mod passkey;
pub mod password;
pub mod recovery_code;
pub mod session;
pub mod setup_link;
pub mod sign_in;
pub mod totp;
pub mod users;
