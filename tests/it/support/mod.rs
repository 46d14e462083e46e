//! Actors, not requests: an operator's server, a person's browser, a client.

mod answer;
mod app;
mod browser;
pub mod certificates;
mod factors;
mod fixtures;
pub mod keys;
pub mod mailbox;
mod race;
mod relying_party;
mod rows;
pub mod secure;
pub mod seed;
pub mod server;
pub mod smtp;
pub mod source;
pub mod stores;

pub use answer::Answer;
pub use app::{TestApp, USERS, create_database, postgres_server};
pub use browser::Browser;
pub use factors::{Authenticator, recovery_codes};
pub use fixtures::API;
pub use race::join_all;
pub use relying_party::{CHALLENGE, RelyingParty, Tokens, VERIFIER, basic};
