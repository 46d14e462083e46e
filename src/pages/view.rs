//! What the pages show: plain structs, one per page, each rendered by the template of the same name in
//! `templates/pages`. They know no framework and no other module, so that a page can be read, tested and looked at
//! without a server. Texts, attributes and element ids are part of the interface: browser tests rely on them.

mod account;
mod activity;
mod api_key;
mod consent;
mod demo;
mod dev_mail;
mod device;
mod error;
mod expired;
mod form_post;
mod home;
mod layout;
mod login;
mod logout;
mod mailed;
mod mfa;
mod problem;
mod return_to_app;
mod scope_line;
mod security;
mod setup;
#[cfg(test)]
mod tests;

pub use account::{AppLine, AppsPage, ProfilePage, SessionLine, SessionsPage};
pub use activity::{ActivityLine, ActivityPage, DataPage, DeletePage, EmailPage};
pub use api_key::{ApiKeyLine, ApiKeyMadePage, ApiKeyPage, ApiKeysPage, Choice};
pub use consent::ConsentPage;
pub use demo::DemoPage;
pub use dev_mail::{DevMail, DevMailPage};
pub use device::{DeviceConfirmPage, DeviceDonePage, DevicePage, DeviceProblem};
pub use error::ErrorPage;
pub use expired::ExpiredPage;
pub use form_post::FormPostPage;
pub use home::HomePage;
pub use layout::Layout;
pub use login::{LoginPage, LoginProblem};
pub use logout::{LogoutPage, SignedOutPage};
pub use mailed::{
    AccountDone, CheckMailPage, ConfirmLinkPage, LinkAct, LinkGonePage, MailRequest, MailRequestPage,
    NewPasswordPage,
};
pub use mfa::{MfaPage, MfaProblem, MfaSetupPage};
pub use problem::FieldProblem;
pub use return_to_app::ReturnPage;
pub use scope_line::ScopeLine;
pub use security::{
    AppSetupPage, CeremonyView, PasskeyLine, PasskeySetupPage, PasswordPage, RecoveryCodesPage, SecurityPage,
};
pub use setup::SetupPage;
