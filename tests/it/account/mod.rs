//! `/account`: what people see and change of their own account.

mod api_keys;
mod apps;
mod authenticator;
mod passkey;
mod profile;
mod security;
mod sessions;
