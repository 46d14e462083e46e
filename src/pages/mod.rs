//! The pages: one file per page, each with its handlers; what they show is in `view`, rendered by `templates/pages`.

pub mod account;
pub mod authorize;
pub mod back_to_app;
pub mod consent;
pub mod demo;
pub mod dev_mail;
pub mod device;
pub mod email_link;
pub mod error;
pub mod home;
mod layout;
mod link;
pub mod login;
pub mod logout;
mod mail_request;
pub mod mfa;
pub mod passkey;
pub mod reset_password;
pub mod setup;
pub mod signup;
pub mod unlock;
pub mod verify_email;
pub mod view;

use layout::layout;
