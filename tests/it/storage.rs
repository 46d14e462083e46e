//! The contract of `src/storage`: the same calls on SQLite and on Postgres give the same answers.
//! Postgres takes part when `TEST_POSTGRES_URL` is set.

mod accounts;
mod api_keys;
mod attempts;
mod clients;
mod databases;
mod device_codes;
mod email_changes;
mod ephemeral;
mod events;
mod factors;
mod grants;
mod migrations;
mod people;
mod purge;
mod sessions;
mod signing_keys;
mod single_use;
mod standing;
mod statements;
mod status;
