//! What the mails lead to: asking for one, opening its link, and what became of it.

use askama::Template;

use super::{FieldProblem, Layout};

/// What a mail is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailRequest {
    /// A new password.
    Reset,
    /// Confirming the address.
    Verify,
    /// An account.
    SignUp,
    /// Another address for an account.
    ChangeEmail,
}

impl MailRequest {
    /// The path of the page, which is also where its form goes.
    pub fn path(self) -> &'static str {
        match self {
            Self::Reset => "/reset-password",
            Self::Verify => "/verify-email",
            Self::SignUp => "/signup",
            Self::ChangeEmail => "/account/email",
        }
    }
}

impl MailRequest {
    fn heading(self) -> &'static str {
        match self {
            Self::Reset => "Reset your password",
            Self::Verify => "Confirm your email address",
            Self::SignUp => "Create your account",
            Self::ChangeEmail => "Change your email address",
        }
    }

    fn lead(self) -> &'static str {
        match self {
            Self::Reset => "We send you a link to choose a new one.",
            Self::Verify => "We send you a link that confirms it.",
            Self::SignUp => "We send you a link to go on with.",
            Self::ChangeEmail => "We send a link to the new address.",
        }
    }
}

/// Asks for the address: `#mail-form`. Posts `csrf` and `email`.
#[derive(Debug, Template)]
#[template(path = "pages/mail_request.html")]
pub struct MailRequestPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// What for.
    pub request: MailRequest,
    /// What was typed before.
    pub email: String,
    /// What to correct; the field is `email`.
    pub problems: Vec<FieldProblem>,
}

impl MailRequestPage {
    fn problem_of(&self, field: &str) -> Option<&str> {
        of(&self.problems, field)
    }
}

/// Says that a mail may be on its way, whether there is an account or not: `#check-mail`.
#[derive(Debug, Template)]
#[template(path = "pages/check_mail.html")]
pub struct CheckMailPage {
    /// The frame.
    pub layout: Layout,
    /// What was asked for.
    pub request: MailRequest,
    /// The address that was typed.
    pub email: String,
}

/// A link that one button uses up: `#link-form`. Posts `csrf`.
#[derive(Debug, Template)]
#[template(path = "pages/confirm_link.html")]
pub struct ConfirmLinkPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The link itself.
    pub action: String,
    /// Whose account; of one that changes its address, the address that it gets or keeps.
    pub email: String,
    /// Its address until then, where the link changes that.
    pub instead_of: Option<String>,
    /// What it does.
    pub act: LinkAct,
}

/// What the link of a mail does, once its button is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkAct {
    /// Confirms the address.
    Verify,
    /// Opens a locked account.
    Unlock,
    /// Gives an account this address.
    ChangeEmail,
    /// Gives it this address back, and ends every sign-in.
    RevertEmail,
}

impl LinkAct {
    /// Heading, what happens, and the button.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Verify => ("Confirm your email address", "", "Confirm"),
            Self::Unlock => ("Unlock your account", "", "Unlock"),
            Self::ChangeEmail => (
                "Use this email address",
                "Your account gets this address, and you sign in with it. You are signed out everywhere else.",
                "Use this address",
            ),
            Self::RevertEmail => (
                "Keep this email address",
                "Your account keeps this address, or gets it back, and everybody is signed out of it.",
                "Keep this address",
            ),
        }
    }
}

/// Asks for a new password: `#password-form`. Posts `csrf`, `password` and, for a new account, `name`.
#[derive(Debug, Template)]
#[template(path = "pages/new_password.html")]
pub struct NewPasswordPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The link itself.
    pub action: String,
    /// Whose account.
    pub email: String,
    /// The name to start with, for a new account.
    pub name: Option<String>,
    /// What to correct; the fields are `name` and `password`.
    pub problems: Vec<FieldProblem>,
    /// Least length of a password in characters.
    pub min_length: u32,
}

impl NewPasswordPage {
    fn problem_of(&self, field: &str) -> Option<&str> {
        of(&self.problems, field)
    }
}

/// The link is used, too old, replaced by a newer one, or none of ours: `#link-gone`.
#[derive(Debug, Template)]
#[template(path = "pages/link_gone.html")]
pub struct LinkGonePage {
    /// The frame.
    pub layout: Layout,
    /// Where to ask for another one.
    pub again: Option<&'static str>,
}

/// A link has done its work: `#account-done`.
#[derive(Debug, Template)]
#[template(path = "pages/account_done.html")]
pub struct AccountDone {
    /// The frame.
    pub layout: Layout,
    /// Heading.
    pub heading: &'static str,
    /// What has happened.
    pub text: &'static str,
    /// Where to go on: the text of the link, and its path.
    pub next: Option<(&'static str, &'static str)>,
}

fn of<'a>(problems: &'a [FieldProblem], field: &str) -> Option<&'a str> {
    let mut found = problems.iter().filter(|problem| problem.field == Some(field));
    found.next().map(|problem| problem.text.as_str())
}
