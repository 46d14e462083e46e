//! API keys where programs present them: at proxies and at resource servers. See also `guide/authentication_methods.rs`,
//! `token/token_exchange.rs`, `account/api_keys.rs` and `cli/api_keys.rs`.

mod ends;
mod introspect;
mod misuse;
mod settings;
mod verify;
