//! Who people are: passwords, second factors, passkeys, sign-in, sessions, and the browser they use.

pub mod browser;
pub mod challenge;
pub mod device_name;
pub mod email;
pub mod email_change;
pub mod event;
pub mod export;
pub mod factors;
pub mod failure_rate;
pub mod import;
pub mod known_device;
pub mod live_sessions;
pub mod lockout;
pub mod login_limit;
pub mod mail_link;
pub mod notice;
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
