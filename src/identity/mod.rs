//! Who people are: passwords, second factors, passkeys, sign-in, sessions, and the browser they use.

pub mod api_key;
pub mod browser;
pub mod challenge;
pub mod email;
pub mod factors;
pub mod import;
pub mod known_device;
pub mod live_sessions;
pub mod lockout;
pub mod login_limit;
pub mod mail_link;
pub mod passkey;
pub mod password;
pub mod recovery;
pub mod recovery_code;
pub mod session;
pub mod setup_link;
pub mod sign_in;
pub mod sign_up;
pub mod totp;
pub mod users;
