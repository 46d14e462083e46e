//! The device flow in the browser, RFC 8628 §3.3: type the code, confirm the device, done.

use askama::Template;

use super::{FieldProblem, Layout, ScopeLine, scope_line};

/// Asks for the code that the device shows: `#device-form`. Posts `csrf` and `user_code` to `/device`.
#[derive(Debug, Template)]
#[template(path = "pages/device.html")]
pub struct DevicePage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The code to start with. It is never acted on before the person submits it (RFC 8628 §3.3.1).
    pub user_code: String,
    /// Why the last code was not accepted.
    pub problem: Option<DeviceProblem>,
}

/// Why a code was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceProblem {
    /// Wrong, expired or used: one text, so that guessing teaches nothing.
    Unknown,
    /// No code was typed.
    Missing,
    /// The limit on attempts was reached.
    TooManyAttempts {
        /// Minutes until the next attempt is allowed.
        minutes: u32,
    },
}

/// Asks whether to connect the device. Posts `csrf`, `handle`, `confirm` and `decision` (`allow` or `deny`) to
/// `/device/confirm`.
#[derive(Debug, Template)]
#[template(path = "pages/device_confirm.html")]
pub struct DeviceConfirmPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The code as the device shows it, `ABCD-EFGH`.
    pub user_code: String,
    /// Handle of the pending request.
    pub handle: String,
    /// Name of the app on the device.
    pub client: String,
    /// What the app asks for.
    pub scopes: Vec<ScopeLine>,
    /// IP address of the device.
    pub requested_from: String,
    /// User agent of the device.
    pub requested_by: Option<String>,
    /// When the device asked.
    pub requested_at: String,
    /// E-mail address of the person who is asked.
    pub account: String,
    /// Whether the last submission lacked the confirmation.
    pub problem: bool,
}

/// The end of the device flow in the browser.
#[derive(Debug, Template)]
#[template(path = "pages/device_done.html")]
pub struct DeviceDonePage {
    /// The frame.
    pub layout: Layout,
    /// Whether the device was connected.
    pub approved: bool,
    /// Name of the app on the device.
    pub client: String,
}

impl DevicePage {
    fn problems(&self) -> Vec<FieldProblem> {
        let problem = match self.problem {
            None => return Vec::new(),
            Some(DeviceProblem::Unknown) => FieldProblem::of_field(
                "user_code",
                "That code is wrong or has expired. Check your device and try again.",
            ),
            Some(DeviceProblem::Missing) => {
                FieldProblem::of_field("user_code", "Enter the code that your device shows.")
            }
            Some(DeviceProblem::TooManyAttempts { minutes }) => FieldProblem::too_many_attempts(minutes),
        };
        vec![problem]
    }

    fn wrong(&self) -> Option<String> {
        self.problems()
            .into_iter()
            .find(|problem| problem.field.is_some())
            .map(|problem| problem.text)
    }
}

impl DeviceConfirmPage {
    fn scopes(&self) -> impl Iterator<Item = &ScopeLine> {
        scope_line::in_order(&self.scopes)
    }

    fn problems(&self) -> Vec<FieldProblem> {
        if self.problem {
            vec![FieldProblem::of_field(
                "device-confirm",
                "Confirm that this is your device.",
            )]
        } else {
            Vec::new()
        }
    }
}
