//! The pages for people.

mod consent;
mod csrf;
mod home;
mod imported;
mod known_device;
mod login;
mod login_limit;
mod mail_request;
mod mfa;
mod reset_password;
mod setup;
mod signup;
mod unlock;
mod verify_email;
