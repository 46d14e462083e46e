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
mod mfa_codes;
mod reset_password;
mod same_work;
mod setup;
mod signup;
mod unlock;
mod verify_email;
mod visits;
