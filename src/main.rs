//! The `keywright` binary.

use clap::Parser;
use keywright::cli::Cli;
use std::process::ExitCode;

/// Requests are short-lived objects on several threads, which the allocator of the C library is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
