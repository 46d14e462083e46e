//! TLS in the server itself: what is spoken, who is held up by whom, renewed certificates, stopping.

mod configuration;
mod hello;
mod limits;
mod reload;
mod serving;
