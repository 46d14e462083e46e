//! The rules of the code that no compiler checks.

mod coverage;
mod layers;
mod readme;
mod sql;
mod texts;

/// What breaks a rule, each with the place; an empty list is fine.
#[track_caller]
fn none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}
