//! What is wrong with a submitted form: shown in the summary above the heading and beside the field.

use std::fmt;

/// One thing to correct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The id of the field to correct; `None` when it concerns the whole form.
    pub field: Option<&'static str>,
    /// What is wrong and what to do, one sentence.
    pub text: String,
}

impl FieldProblem {
    /// To be shown beside a field.
    pub fn of_field(field: &'static str, text: impl Into<String>) -> Self {
        Self {
            field: Some(field),
            text: text.into(),
        }
    }

    /// Of the whole form.
    pub fn of_form(text: impl Into<String>) -> Self {
        Self {
            field: None,
            text: text.into(),
        }
    }

    /// The limit on attempts was reached.
    pub fn too_many_attempts(minutes: u32) -> Self {
        Self::of_form(format!("Too many attempts. Try again in {}.", Minutes(minutes)))
    }
}

/// What is wrong with a field.
pub(super) fn of<'a>(problems: &'a [FieldProblem], field: &str) -> Option<&'a str> {
    let problem = problems.iter().find(|problem| problem.field == Some(field));
    problem.map(|problem| problem.text.as_str())
}

struct Minutes(u32);

impl fmt::Display for Minutes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 | 1 => out.write_str("1 minute"),
            minutes => write!(out, "{minutes} minutes"),
        }
    }
}
