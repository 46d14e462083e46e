//! The first administrator: `#setup-form`.

use askama::Template;

use super::{FieldProblem, Layout};

/// Creates the first administrator. Posts `csrf`, `email`, `name` and `password` to `action`.
#[derive(Debug, Template)]
#[template(path = "pages/setup.html")]
pub struct SetupPage {
    /// The frame.
    pub layout: Layout,
    /// Token against cross-site requests.
    pub csrf: String,
    /// Where the form goes: the set-up link itself.
    pub action: String,
    /// E-mail address to start with.
    pub email: String,
    /// Name to start with.
    pub name: String,
    /// What to correct; the fields are `email`, `name` and `password`.
    pub problems: Vec<FieldProblem>,
    /// Least length of a password in characters.
    pub min_length: u32,
}

impl SetupPage {
    fn problem_of(&self, field: &str) -> Option<&str> {
        self.problems
            .iter()
            .find(|problem| problem.field == Some(field))
            .map(|problem| problem.text.as_str())
    }
}
