//! `keywright login`: signs this terminal in by the device flow (RFC 8628), as any command-line tool would.

mod device;
mod store;

use super::error::{CliError, Result};
use super::output::{Output, to_stderr, to_stdout};
use super::web;
use crate::clock::Clock;
use crate::config::{Environment, Issuer};
use crate::time::{Seconds, Timestamp};
use clap::Args;
use serde_json::{Value, json};

/// Arguments of `keywright login`.
#[derive(Debug, Args)]
pub(super) struct Login {
    /// The server to sign in at [default: public_url of the configuration]
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// The client identifier of this tool, registered with `client add NAME --device`
    #[arg(long, value_name = "ID")]
    pub client: String,
    /// What to ask for
    #[arg(long, default_value = "openid profile email offline_access")]
    pub scope: String,
}

/// Runs the flow and keeps the tokens in a file of the user, or prints them with `--json`.
///
/// # Errors
/// The server refuses, the person denies, or time runs out.
pub(super) async fn run(login: &Login, issuer: &Issuer, clock: &dyn Clock, output: Output) -> Result {
    if !issuer.is_https() && !issuer.is_loopback() {
        // RFC 8628 §5.3 and RFC 6749 §1.6: tokens travel over TLS only.
        return Err(CliError::usage(
            format!("{issuer} is not https"),
            "use the https address of the server",
        ));
    }
    let http = web::client()?;
    let metadata = web::discover(&http, issuer.as_str()).await?;
    let flow = device::Flow {
        http: &http,
        metadata: &metadata,
        client_id: &login.client,
    };
    let started = flow.start(&login.scope).await?;
    let mut text = format!(
        "To sign in, open this page on any device:\n\n    {}\n\nand enter the code\n\n    {}\n",
        started.verification_uri, started.user_code
    );
    if let Some(complete) = &started.verification_uri_complete {
        text += &format!("\nor open {complete} and compare the code.\n");
    }
    text += "\nWaiting …";
    if output.json {
        to_stderr(&text);
    } else {
        to_stdout(&text);
    }
    let tokens = flow.wait(&started, clock).await?;
    if output.json {
        to_stdout(&tokens.to_string());
        return Ok(());
    }
    let path = store::save(
        &Environment::of_process(),
        issuer.as_str(),
        &entry(login, &tokens, clock.now()),
    )?;
    to_stdout(&format!(
        "Signed in. The tokens are in {} (readable by you alone).",
        path.display()
    ));
    Ok(())
}

/// What is kept: the token response and when it ends, so that it can be judged later.
fn entry(login: &Login, tokens: &Value, now: Timestamp) -> Value {
    let lifetime = tokens.get("expires_in").and_then(Value::as_i64);
    json!({
        "client_id": login.client,
        "expires_at": lifetime.map(|seconds| (now + Seconds(seconds)).0),
        "tokens": tokens,
    })
}
