//! `/account`: what people see and change of their own account.

mod apps;
pub mod authenticator;
pub mod passkey;
mod password;
mod profile;
mod security;
mod sessions;
