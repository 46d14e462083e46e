//! Sign in, and confirm the password again: `#login-form`.

use askama::Template;

use super::{FieldProblem, Layout};

/// The sign-in page. Posts `flow`, `csrf`, `username` and `password` to `/login`.
#[derive(Debug, Template)]
#[template(path = "pages/login.html")]
pub struct LoginPage {
    /// The frame.
    pub layout: Layout,
    /// Handle of the saved request.
    pub flow: String,
    /// Token against cross-site requests.
    pub csrf: String,
    /// Name of the app to continue to.
    pub app: Option<String>,
    /// E-mail address to start with: what was typed before, or `login_hint`.
    pub username: String,
    /// Re-authentication: the e-mail address of the account that must confirm its password.
    pub confirm: Option<String>,
    /// Whether the person has asked to sign in with another account than the one to confirm.
    pub other: bool,
    /// Whether mails are sent, so that a forgotten password can be replaced.
    pub can_reset: bool,
    /// Whether everybody may create an account.
    pub can_sign_up: bool,
    /// URL of the script that signs in with passkeys, where they are possible.
    pub passkeys: Option<String>,
    /// Why the last attempt failed.
    pub problem: Option<LoginProblem>,
}

/// Why nobody was signed in. One text for a wrong password and an unknown account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginProblem {
    /// Unknown account, wrong password, locked or disabled account.
    Incorrect,
    /// The e-mail address is empty.
    MissingUsername,
    /// The password is empty.
    MissingPassword,
    /// The limit on attempts was reached.
    TooManyAttempts {
        /// Minutes until the next attempt is allowed.
        minutes: u32,
    },
    /// The password hashing pool is full.
    Busy,
    /// The passkey is not taken.
    Passkey,
}

impl LoginPage {
    fn problems(&self) -> Vec<FieldProblem> {
        let problem = match self.problem {
            None => return Vec::new(),
            Some(LoginProblem::Incorrect) if self.confirm.is_some() => {
                FieldProblem::of_field("password", "Password is incorrect.")
            }
            Some(LoginProblem::Incorrect) => {
                FieldProblem::of_field("username", "Email or password is incorrect.")
            }
            Some(LoginProblem::MissingUsername) => {
                FieldProblem::of_field("username", "Enter your email address.")
            }
            Some(LoginProblem::MissingPassword) => FieldProblem::of_field("password", "Enter your password."),
            Some(LoginProblem::TooManyAttempts { minutes }) => FieldProblem::too_many_attempts(minutes),
            Some(LoginProblem::Passkey) => FieldProblem::of_form(
                "That passkey did not work here. Try again, or sign in with your password.",
            ),
            Some(LoginProblem::Busy) => {
                FieldProblem::of_form("The server is busy. Wait a few seconds and try again.")
            }
        };
        vec![problem]
    }

    fn wrong_field(&self) -> Option<&'static str> {
        self.problems().first().and_then(|problem| problem.field)
    }

    fn text(&self) -> String {
        self.problems().into_iter().map(|problem| problem.text).collect()
    }

    /// Whether passkeys are offered in the field of the user name; not right after one that did not work.
    fn offers_passkeys(&self) -> bool {
        self.problem != Some(LoginProblem::Passkey)
    }

    /// The field to start in. After a problem the focus belongs to the summary.
    fn focus(&self) -> Option<&'static str> {
        match (self.problem, self.confirm.is_some() || !self.username.is_empty()) {
            (Some(_), _) => None,
            (None, true) => Some("password"),
            (None, false) => Some("username"),
        }
    }
}
