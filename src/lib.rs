//! Keywright: an OAuth 2.0 and OpenID Connect authorization server.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod cx;
pub mod data_key;
pub mod entropy;
pub mod ephemeral;
pub mod http;
pub mod id;
pub mod identity;
pub mod jobs;
pub mod jose;
pub mod keyring;
pub mod mail;
pub mod oauth;
pub mod opaque;
pub mod pages;
pub mod resource;
pub mod secret;
pub mod storage;
pub mod telemetry;
pub mod time;
pub mod vault;
pub mod x509;
