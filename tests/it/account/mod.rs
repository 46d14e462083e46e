//! `/account`: what people see and change of their own account.

mod activity;
mod apps;
mod authenticator;
mod data;
mod delete;
mod email;
mod email_links;
mod notices;
mod passkey;
mod password_length;
mod profile;
mod security;
mod sessions;
