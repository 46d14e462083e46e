//! The integration tests: one binary, its tree mirrors the URL tree.
#![cfg(test)]
#![expect(unreachable_pub, reason = "the support types are shared by all test modules")]

mod client_auth;
mod config;
mod discovery;
mod engine;
mod jose;
mod support;
mod token;
