//! `keywright version` and `keywright completions`.

use super::output::Output;
use clap_complete::Shell;
use serde_json::json;

/// Prints the version.
pub(super) fn version(output: Output) {
    let version = env!("CARGO_PKG_VERSION");
    output.show(
        &json!({ "name": "keywright", "version": version }),
        &format!("keywright {version}"),
    );
}

/// Prints a completion script for the shell.
pub(super) fn completions(shell: Shell, command: &mut clap::Command) {
    // Into memory first: the generator would panic on a closed pipe.
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "keywright", &mut script);
    super::output::to_stdout(String::from_utf8_lossy(&script).trim_end());
}
