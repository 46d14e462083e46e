//! The pages for people.

mod consent;
mod csrf;
mod home;
mod login;
mod login_limit;
mod mfa;
mod setup;
