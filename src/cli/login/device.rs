//! The device flow seen from the device: RFC 8628 §3.1 to §3.5.

use crate::cli::error::{CliError, Result};
use crate::cli::web;
use crate::clock::Clock;
use crate::time::Seconds;
use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const AGAIN: &str = "keywright login    (starts again)";

/// A flow with one server and client.
pub(super) struct Flow<'a> {
    pub(super) http: &'a Client,
    pub(super) metadata: &'a Value,
    pub(super) client_id: &'a str,
}

/// RFC 8628 §3.2.
#[derive(Deserialize)]
pub(super) struct Started {
    device_code: String,
    pub(super) user_code: String,
    pub(super) verification_uri: String,
    pub(super) verification_uri_complete: Option<String>,
    expires_in: i64,
    #[serde(default = "default_interval")]
    interval: u64,
}

/// RFC 8628 §3.2: "If no value is provided, clients MUST use 5 as the default."
fn default_interval() -> u64 {
    5
}

impl Flow<'_> {
    /// Asks for a device code (§3.1).
    pub(super) async fn start(&self, scope: &str) -> Result<Started> {
        let form = [("client_id", self.client_id), ("scope", scope)];
        let endpoint = self.endpoint("device_authorization_endpoint")?;
        let answer = self.post(&endpoint, &form).await?;
        match answer {
            Answer::Tokens(started) => serde_json::from_value(started).map_err(|error| {
                CliError::failure(
                    format!("{endpoint} answered something else: {error}"),
                    "keywright doctor",
                )
            }),
            Answer::Refused { error, description } => Err(CliError::failure(
                format!("the server refused: {error} {description}"),
                format!("keywright client add {} --device", self.client_id),
            )),
        }
    }

    /// Polls until the person has decided (§3.4, §3.5).
    pub(super) async fn wait(&self, started: &Started, clock: &dyn Clock) -> Result<Value> {
        let ends = clock.now() + Seconds(started.expires_in);
        let endpoint = self.endpoint("token_endpoint")?;
        let mut interval = started.interval.max(1);
        let form = [
            ("grant_type", GRANT_TYPE),
            ("device_code", started.device_code.as_str()),
            ("client_id", self.client_id),
        ];
        while clock.now() < ends {
            tokio::time::sleep(Duration::from_secs(interval)).await;
            match self.post(&endpoint, &form).await {
                Ok(Answer::Tokens(tokens)) => return Ok(tokens),
                Ok(Answer::Refused { error, description }) => match error.as_str() {
                    "authorization_pending" => {}
                    // §3.5: "the interval MUST be increased by 5 seconds for this and all subsequent requests."
                    "slow_down" => interval += 5,
                    "access_denied" => {
                        return Err(CliError::failure(
                            "access_denied: the request was denied in the browser",
                            AGAIN,
                        ));
                    }
                    "expired_token" => {
                        return Err(CliError::failure("expired_token: the code has expired", AGAIN));
                    }
                    _ => {
                        return Err(CliError::failure(
                            format!("the server refused: {error} {description}"),
                            AGAIN,
                        ));
                    }
                },
                // §3.5: on a connection timeout "the client MUST unilaterally reduce its polling frequency".
                Err(_) => interval = (interval * 2).min(60),
            }
        }
        Err(CliError::failure("the code has expired", AGAIN))
    }

    fn endpoint(&self, name: &str) -> Result<String> {
        let url = self.metadata.get(name).and_then(Value::as_str);
        url.map(str::to_owned).ok_or_else(|| {
            CliError::failure(
                format!("the server has no {name}"),
                "use a server with the device flow",
            )
        })
    }

    async fn post(&self, url: &str, form: &[(&str, &str)]) -> Result<Answer> {
        let failed = |error: reqwest::Error| {
            CliError::failure(
                format!("cannot reach {url}: {}", web::chain(&error.without_url())),
                AGAIN,
            )
        };
        let answer = self.http.post(url).form(form).send().await.map_err(failed)?;
        let succeeded = answer.status().is_success();
        let body: Value = answer.json().await.map_err(failed)?;
        if succeeded {
            return Ok(Answer::Tokens(body));
        }
        let text = |name: &str| {
            body.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Answer::Refused {
            error: text("error"),
            description: text("error_description"),
        })
    }
}

enum Answer {
    Tokens(Value),
    Refused { error: String, description: String },
}
