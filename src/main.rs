//! The `keywright` binary.

use std::process::ExitCode;

/// Requests are short-lived objects on several threads, which the allocator of the C library is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    keywright::cli::main()
}
