//! The integration tests: one binary, its tree mirrors the URL tree.
#![cfg(test)]
#![expect(unreachable_pub, reason = "the support types are shared by all test modules")]

mod cli;
mod config;
mod discovery;
mod jose;
mod races;
mod storage;
mod support;
mod tidy;
mod token;
