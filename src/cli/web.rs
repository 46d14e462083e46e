//! The HTTP client of the command line. It talks to servers that the operator names, not to what a client asks for.

use super::error::{CliError, Result};
use reqwest::Client;
use serde_json::Value;
use std::time::Duration;

/// A client that follows no redirects: OAuth endpoints have none, and a followed one could leak a token.
///
/// # Errors
/// The TLS stack does not start.
pub(super) fn client() -> Result<Client> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .user_agent(concat!("keywright/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| {
            CliError::failure(
                format!("cannot speak HTTP: {}", chain(&error)),
                "keywright doctor",
            )
        })
}

/// The metadata of an issuer (OpenID Connect Discovery §4), which must name the issuer byte for byte.
///
/// # Errors
/// It cannot be fetched, or belongs to another issuer.
pub(super) async fn discover(http: &Client, issuer: &str) -> Result<Value> {
    let url = format!("{issuer}/.well-known/openid-configuration");
    let answer = http.get(&url).send().await;
    let answer = answer.and_then(reqwest::Response::error_for_status);
    let document = match answer {
        Ok(answer) => answer.json::<Value>().await,
        Err(error) => Err(error),
    };
    let document = document.map_err(|error| {
        CliError::failure(
            format!("cannot fetch {url}: {}", chain(&error.without_url())),
            "check that the server runs and that --issuer is its address",
        )
    })?;
    match document.get("issuer").and_then(Value::as_str) {
        Some(named) if named == issuer => Ok(document),
        named => Err(CliError::failure(
            format!(
                "{url} is of the issuer {:?}, not of {issuer:?}",
                named.unwrap_or_default()
            ),
            "use the issuer exactly as the server names it, without a trailing slash",
        )),
    }
}

/// An error with its causes, without the URL that it repeats.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
