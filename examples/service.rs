//! A service that fetches a token for itself: client credentials, RFC 6749 §4.4.
//!
//! ```text
//! KEYWRIGHT_ISSUER=http://localhost:8080 CLIENT_ID=demo-service CLIENT_SECRET=… cargo run --example service
//! ```

#![expect(
    clippy::indexing_slicing,
    reason = "a missing member of a JSON value reads as null"
)]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let issuer = setting("KEYWRIGHT_ISSUER")?;
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;

    // Discovery: the one address to configure is the issuer. What answers must be that issuer, byte for byte.
    let url = format!("{issuer}/.well-known/openid-configuration");
    let metadata: Value = http.get(url).send().await?.error_for_status()?.json().await?;
    if metadata["issuer"] != issuer.as_str() {
        return Err(format!("discovery is of the issuer {}", metadata["issuer"]).into());
    }
    let token_endpoint = metadata["token_endpoint"].as_str().ok_or("no token endpoint")?;

    // `basic_auth` does not form-encode (RFC 6749 §2.3.1), which identifiers and secrets of Keywright do not need.
    let answer = http
        .post(token_endpoint)
        .basic_auth(setting("CLIENT_ID")?, Some(setting("CLIENT_SECRET")?))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await?;
    let status = answer.status();
    let token: Value = answer.json().await?;
    if !status.is_success() {
        return Err(format!("{status}: {} {}", token["error"], token["error_description"]).into());
    }

    // Send it as `Authorization: Bearer …`. It is read here only to show it: a client treats it as opaque.
    let access_token = token["access_token"].as_str().ok_or("no access token")?;
    let claims = access_token.split('.').nth(1).ok_or("not a JWT")?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
    println!("A token for {} seconds with the claims", token["expires_in"]);
    println!("{claims:#}");
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "an example is configured by its environment"
)]
fn setting(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("set {name}; `keywright dev` prints what to use"))
}
