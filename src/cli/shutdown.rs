//! When to stop: SIGTERM from a service manager, SIGINT from a terminal. A second one does not wait.

use super::output::to_stderr;

/// Ends with the first signal to stop.
pub(super) async fn requested() {
    signal().await;
    tokio::spawn(async {
        signal().await;
        to_stderr("stopped at once; requests under way were cut off");
        std::process::exit(1);
    });
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
