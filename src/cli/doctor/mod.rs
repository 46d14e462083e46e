//! `keywright doctor`: one line per check, each with its fix.

mod local;
mod remote;

use super::Global;
use super::error::{CliError, Result};
use super::output::Output;
use crate::config::DatabaseUrl;
use serde_json::{Value, json};
use std::fmt::Write;

/// The result of one check.
struct Finding {
    status: Status,
    check: &'static str,
    detail: String,
    /// What to do; empty when all is well.
    fix: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Good,
    Warning,
    Bad,
}

impl Status {
    fn mark(self) -> &'static str {
        match self {
            Self::Good => "✅",
            Self::Warning => "⚠️ ",
            Self::Bad => "❌",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Bad => "failed",
        }
    }
}

impl Finding {
    fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status: Status::Good,
            check,
            detail: detail.into(),
            fix: String::new(),
        }
    }

    fn warning(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            status: Status::Warning,
            check,
            detail: detail.into(),
            fix: fix.into(),
        }
    }

    fn bad(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            status: Status::Bad,
            check,
            detail: detail.into(),
            fix: fix.into(),
        }
    }
}

/// Runs all checks.
///
/// # Errors
/// At least one check failed, or the configuration has problems.
pub(super) async fn run(global: &Global, output: Output) -> Result {
    let config = global.config()?;
    let mut findings = vec![Finding::good("configuration", "valid")];
    findings.push(local::address(&config));
    findings.extend(local::certificate(&config, global.clock().now()));
    let mut algs = Vec::new();
    match &config.database.url {
        DatabaseUrl::Sqlite(path) if !path.exists() => findings.push(Finding::warning(
            "database",
            format!("{} does not exist yet", path.display()),
            "keywright serve    (makes it at the first start)",
        )),
        url => match global.with_app(local::checks).await {
            Ok((found, active)) => {
                findings.extend(found);
                algs = active;
            }
            Err(error) => findings.push(Finding::bad(
                "database",
                error.to_string(),
                format!(
                    "check that {} can be reached and that keys.directory is the right one",
                    url.for_people()
                ),
            )),
        },
    }
    findings.extend(remote::checks(&config, &algs, global.clock().now()).await);
    report(&findings, output)
}

fn report(findings: &[Finding], output: Output) -> Result {
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(
            text,
            "{} {:<14} {}",
            finding.status.mark(),
            finding.check,
            finding.detail
        );
        if !finding.fix.is_empty() {
            let _ = writeln!(text, "   {:<14} fix: {}", "", finding.fix);
        }
    }
    let values = findings.iter().map(|finding| {
        json!({
            "check": finding.check,
            "status": finding.status.name(),
            "detail": finding.detail,
            "fix": finding.fix,
        })
    });
    output.show(&Value::Array(values.collect()), &text);
    let failed = findings
        .iter()
        .filter(|finding| finding.status == Status::Bad)
        .count();
    if failed == 0 {
        return Ok(());
    }
    let checks = if failed == 1 { "check" } else { "checks" };
    Err(CliError::failure(
        format!("{failed} {checks} failed"),
        "do what `fix:` says, then keywright doctor",
    ))
}
