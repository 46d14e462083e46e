//! Password, authenticator app, passkeys and recovery codes.

use askama::Template;

use super::{FieldProblem, Layout};

/// A passkey ceremony that a form carries for `passkey.js`.
#[derive(Debug)]
pub struct CeremonyView {
    /// Handle of the ceremony.
    pub handle: String,
    /// Options for `navigator.credentials`, JSON.
    pub options: String,
}

/// One passkey.
#[derive(Debug)]
pub struct PasskeyLine {
    /// Row identifier.
    pub id: String,
    /// Name that the person gave it.
    pub name: String,
    /// When it was added.
    pub added: String,
    /// When it was last used.
    pub used: Option<String>,
}

/// How the person proves who they are. Posts `csrf` and `factor` or `passkey` to `/account/security/remove`, and
/// `csrf` to `/account/security/recovery-codes`.
#[derive(Debug, Template)]
#[template(path = "pages/account_security.html")]
pub struct SecurityPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// Whether there is a password.
    pub has_password: bool,
    /// Whether there is an authenticator app.
    pub app: bool,
    /// The passkeys.
    pub passkeys: Vec<PasskeyLine>,
    /// Whether passkeys can be used at this address.
    pub passkeys_possible: bool,
    /// Unused recovery codes.
    pub recovery_codes: i64,
    /// Whether the account must have a second factor.
    pub required: bool,
    /// What was just done.
    pub done: Option<&'static str>,
    /// Why something was not done.
    pub problems: Vec<FieldProblem>,
}

impl SecurityPage {
    fn has_factor(&self) -> bool {
        self.app || !self.passkeys.is_empty()
    }
}

/// A new password. Posts `csrf`, `current` and `password` to `/account/security/password`.
#[derive(Debug, Template)]
#[template(path = "pages/account_password.html")]
pub struct PasswordPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The account, for password managers.
    pub email: String,
    /// Least length of a password in characters.
    pub min_length: u32,
    /// What to correct.
    pub problems: Vec<FieldProblem>,
}

impl PasswordPage {
    fn problem_of(&self, field: &str) -> Option<&str> {
        super::problem::of(&self.problems, field)
    }
}

/// Sets an authenticator app up. Posts `csrf`, `flow`, `setup` and `code` to `/account/security/app`. No `Debug`: it
/// shows a secret.
#[derive(Template)]
#[template(path = "pages/account_app.html")]
pub struct AppSetupPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The flow to go on with afterwards.
    pub flow: String,
    /// Handle of the set-up.
    pub setup: String,
    /// The QR code as a `data:` URL.
    pub qr: String,
    /// The secret in base32.
    pub secret: String,
    /// The address that the QR code holds.
    pub address: String,
    /// Whether there is an app already, which this one replaces.
    pub replaces: bool,
    /// What to correct.
    pub problems: Vec<FieldProblem>,
}

impl AppSetupPage {
    fn problem_of(&self, field: &str) -> Option<&str> {
        super::problem::of(&self.problems, field)
    }
}

/// Recovery codes, shown this once. No `Debug`: they are secrets.
#[derive(Template)]
#[template(path = "pages/account_recovery_codes.html")]
pub struct RecoveryCodesPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// What was done.
    pub title: &'static str,
    /// The codes.
    pub codes: Vec<String>,
    /// Where to go on.
    pub next: String,
}

/// Adds a passkey. Posts `csrf`, `flow`, `name`, `ceremony` and `credential` to `/account/security/passkey`.
#[derive(Debug, Template)]
#[template(path = "pages/account_passkey.html")]
pub struct PasskeySetupPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The flow to go on with afterwards.
    pub flow: String,
    /// Name to start with.
    pub name: String,
    /// The ceremony.
    pub ceremony: CeremonyView,
    /// URL of the script that runs it.
    pub script: String,
    /// What went wrong.
    pub problems: Vec<FieldProblem>,
}
