//! `keywright healthcheck`: asks the server on this machine whether it is ready; for containers and service managers.

use super::error::{CliError, Result};
use super::output::Output;
use crate::config::Config;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// Asks `/readyz` at the configured listener.
///
/// # Errors
/// The server does not answer, or is not ready.
pub(super) async fn run(config: &Config, output: Output) -> Result {
    let mut address = config.server.listen;
    // A listener on all addresses is asked at this machine's own.
    match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let scheme = if config.tls.certificate.is_some() {
        "https"
    } else {
        "http"
    };
    let url = format!("{scheme}://{address}{}/readyz", config.public_url.path());
    let failed = |why: String| CliError::failure(format!("{url}: {why}"), "keywright doctor");
    let http = reqwest::Client::builder()
        .no_proxy()
        // The certificate is for the public name and not for this address. Nothing secret is sent.
        .tls_danger_accept_invalid_certs(true)
        .timeout(Duration::from_secs(3))
        .build();
    let answer = match http {
        Ok(http) => http.get(&url).send().await,
        Err(error) => Err(error),
    };
    let answer = answer.map_err(|error| failed(super::web::chain(&error.without_url())))?;
    let status = answer.status();
    if !status.is_success() {
        let body = answer.text().await.unwrap_or_default();
        return Err(failed(format!("{status} {}", body.trim())));
    }
    output.show(&json!({ "ready": true, "url": url }), &format!("ready: {url}"));
    Ok(())
}
