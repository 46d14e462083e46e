//! Who people are: passwords, sign-in, sessions, and the browser they use.

pub mod browser;
pub mod email;
pub mod live_sessions;
pub mod login_limit;
pub mod password;
pub mod session;
pub mod setup_link;
pub mod sign_in;
pub mod users;
