//! The second step of a sign-in: `#mfa-form`.

use askama::Template;

use super::{CeremonyView, FieldProblem, Layout};

/// Asks for a code or a passkey. Posts `step` or `flow`, `csrf`, and `code` or `ceremony` and `credential` to
/// `/login/mfa`.
#[derive(Debug, Template)]
#[template(path = "pages/mfa.html")]
pub struct MfaPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// Name of the hidden field: `step` or `flow`.
    pub field: &'static str,
    /// Handle of what waits.
    pub handle: String,
    /// E-mail address of the account.
    pub account: String,
    /// Whether there is an authenticator app.
    pub app: bool,
    /// Whether to ask for a recovery code.
    pub recovery: bool,
    /// The passkey ceremony, if there are passkeys.
    pub ceremony: Option<CeremonyView>,
    /// URL of the script that runs it.
    pub script: String,
    /// Why the last attempt failed.
    pub problem: Option<MfaProblem>,
}

/// Why the second step was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MfaProblem {
    /// No code was typed.
    Missing,
    /// Not a code of this account, too old, or used before.
    Incorrect,
    /// The passkey is not taken.
    Passkey,
    /// The limit on attempts was reached.
    TooManyAttempts {
        /// Minutes until the next attempt is allowed.
        minutes: u32,
        /// The same in seconds.
        seconds: i64,
    },
}

impl MfaPage {
    /// Whether a code of the app is what is asked for first.
    fn asks_code(&self) -> bool {
        self.app && !self.recovery
    }

    fn problems(&self) -> Vec<FieldProblem> {
        let Some(problem) = self.problem else {
            return Vec::new();
        };
        vec![match problem {
            MfaProblem::Missing if self.recovery => FieldProblem::of_field("code", "Enter a recovery code."),
            MfaProblem::Missing => FieldProblem::of_field("code", "Enter the code."),
            MfaProblem::Incorrect if self.recovery => {
                FieldProblem::of_field("code", "That recovery code is wrong or was used before.")
            }
            MfaProblem::Incorrect => FieldProblem::of_field(
                "code",
                "That code is wrong or has expired. Codes change every 30 seconds: check your phone’s clock.",
            ),
            MfaProblem::Passkey => FieldProblem::of_form("That passkey did not work. Try again."),
            MfaProblem::TooManyAttempts { minutes, .. } => FieldProblem::too_many_attempts(minutes),
        }]
    }

    fn wrong(&self) -> Option<String> {
        let problem = self.problems().into_iter().next()?;
        problem.field.map(|_| problem.text)
    }
}

/// A second factor is a must here, and the account has none.
#[derive(Debug, Template)]
#[template(path = "pages/mfa_setup.html")]
pub struct MfaSetupPage {
    /// The frame.
    pub layout: Layout,
    /// The flow to go on with afterwards.
    pub flow: String,
    /// Whether passkeys can be used at this address.
    pub passkeys: bool,
}
