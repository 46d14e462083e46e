//! What happened to the account, its data, its end, and another address for it.

use askama::Template;

use super::{FieldProblem, Layout};

/// One event.
#[derive(Debug)]
pub struct ActivityLine {
    /// What happened.
    pub what: String,
    /// How, or where.
    pub how: Option<&'static str>,
    /// When.
    pub when: String,
    /// Browser and system.
    pub device: String,
    /// Whether an administrator did it; then there is no address.
    pub operator: bool,
    /// Address.
    pub ip: String,
    /// Name of the app.
    pub app: Option<String>,
}

/// What happened, the newest first: `#activity`.
#[derive(Debug, Template)]
#[template(path = "pages/account_activity.html")]
pub struct ActivityPage {
    /// The frame.
    pub layout: Layout,
    /// The events of this page.
    pub lines: Vec<ActivityLine>,
    /// The cursor of the next page.
    pub older: Option<String>,
    /// Whether it is the first page.
    pub first: bool,
}

/// What the server knows, and the end of the account.
#[derive(Debug, Template)]
#[template(path = "pages/account_data.html")]
pub struct DataPage {
    /// The frame.
    pub layout: Layout,
    /// Whether people may delete their account.
    pub deletable: bool,
}

/// Asks whether to delete the account: `#delete-form`. Posts `csrf` and `confirm` to `/account/data/delete`.
#[derive(Debug, Template)]
#[template(path = "pages/account_delete.html")]
pub struct DeletePage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// What to type.
    pub email: String,
    /// What to correct; the field is `confirm`.
    pub problems: Vec<FieldProblem>,
}

impl DeletePage {
    fn problem_of(&self, field: &str) -> Option<&str> {
        super::problem::of(&self.problems, field)
    }
}

/// Asks for another address: `#email-form`. Posts `csrf` and `email` to `/account/email`.
#[derive(Debug, Template)]
#[template(path = "pages/account_email.html")]
pub struct EmailPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// The address of today.
    pub current: String,
    /// What was typed before.
    pub email: String,
    /// What to correct; the field is `email`.
    pub problems: Vec<FieldProblem>,
}

impl EmailPage {
    fn problem_of(&self, field: &str) -> Option<&str> {
        super::problem::of(&self.problems, field)
    }
}
