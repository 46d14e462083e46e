//! `/account`: what people see and change of their own account.

mod activity;
mod api_keys;
mod apps;
pub mod authenticator;
mod data;
mod delete;
mod email;
mod email_links;
mod notices;
pub mod passkey;
mod password;
mod password_length;
mod profile;
mod security;
mod sessions;
