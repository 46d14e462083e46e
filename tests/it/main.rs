//! The integration tests: one binary, its tree mirrors the URL tree.
#![cfg(test)]
#![expect(unreachable_pub, reason = "the support types are shared by all test modules")]

mod access_token;
mod account;
mod api_keys;
mod audit;
mod auth;
mod authorize;
mod cli;
mod client_auth;
mod config;
mod data_key;
mod device;
mod discovery;
mod dump;
mod engine;
mod ephemeral;
mod errors;
mod guide;
mod http;
mod id_token;
mod introspect;
mod jose;
mod keyring;
mod kill;
mod limits;
mod log_canaries;
mod logout;
mod mail;
mod mtls;
mod outage;
mod pages;
mod races;
mod resource;
mod revoke;
mod session;
mod status;
mod storage;
mod stores;
mod support;
mod tidy;
mod tls;
mod token;
mod userinfo;
