//! The integration tests: one binary, its tree mirrors the URL tree.
#![cfg(test)]
#![expect(unreachable_pub, reason = "the support types are shared by all test modules")]

mod access_token;
mod client_auth;
mod config;
mod discovery;
mod engine;
mod id_token;
mod introspect;
mod jose;
mod keyring;
mod revoke;
mod support;
mod token;
mod userinfo;
