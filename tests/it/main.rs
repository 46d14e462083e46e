//! The integration tests: one binary, its tree mirrors the URL tree.
#![cfg(test)]
#![expect(unreachable_pub, reason = "the support types are shared by all test modules")]

mod authorize;
mod config;
mod data_key;
mod device;
mod discovery;
mod http;
mod jose;
mod logout;
mod pages;
mod session;
mod support;
mod token;
