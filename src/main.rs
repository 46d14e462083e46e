//! The `keywright` binary.

use clap::Parser;
use keywright::cli::Cli;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
