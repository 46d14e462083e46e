//! `keywright token inspect`: what a token says, whether its signature is right, and what speaks against it.

use super::Global;
use super::error::{CliError, Result};
use super::output::{Output, instant};
use super::web;
use crate::app::App;
use crate::jose::{Jwks, TYP_ACCESS_TOKEN, TYP_ID_TOKEN, VerifyError, VerifyKey, verify};
use crate::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::io::Read;

const SHOW_OPAQUE: &str = "send it to the introspection endpoint (RFC 7662) as the client that it belongs to";

/// Verbs of `keywright token`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show header, claims and times of a JWT, and check its signature
    Inspect(Inspect),
}

/// Arguments of `keywright token inspect`.
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The token, or `-` to read it from standard input
    #[arg(value_name = "JWT|-")]
    token: String,
    /// Fetch the keys from this server instead of the configured database
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The audience that a resource server would expect
    #[arg(long, value_name = "AUDIENCE")]
    audience: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// It is not a JWT; the keys cannot be had.
pub(super) async fn run(verb: &Verb, global: &Global, output: Output) -> Result {
    let Verb::Inspect(inspect) = verb;
    let token = read(&inspect.token)?;
    let (header, claims) = decode(&token)?;
    let (issuer, jwks, now) = keys(inspect, global).await?;
    let verdict = signature(&token, &jwks);
    let problems = problems(&claims, &issuer, inspect.audience.as_deref(), now, verdict);
    let value = json!({
        "header": header,
        "claims": claims,
        "signature": verdict.map_or_else(|error| error.to_string(), |()| "valid".to_owned()),
        "valid": problems.is_empty(),
        "problems": problems,
    });
    output.show(&value, &text(&header, &claims, verdict, &problems, now));
    Ok(())
}

fn read(argument: &str) -> Result<String> {
    let mut text = argument.to_owned();
    if argument == "-" {
        text.clear();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|error| {
            CliError::failure(
                format!("cannot read standard input: {error}"),
                "pipe the token in",
            )
        })?;
    }
    Ok(text.trim().to_owned())
}

type Object = Map<String, Value>;
type Verdict = std::result::Result<(), VerifyError>;

fn decode(token: &str) -> Result<(Object, Object)> {
    if token.starts_with("kw_") {
        return Err(CliError::failure(
            "this is an opaque value of Keywright: it says nothing by itself",
            SHOW_OPAQUE,
        ));
    }
    let object = |part: &str| serde_json::from_slice::<Object>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let parts: Vec<&str> = token.split('.').collect();
    match parts.as_slice() {
        [header, claims, _] => object(header).zip(object(claims)),
        _ => None,
    }
    .ok_or_else(|| CliError::failure("this is not a signed JWT (RFC 7515 §7.1)", SHOW_OPAQUE))
}

/// The expected issuer, its keys, and the time.
async fn keys(inspect: &Inspect, global: &Global) -> Result<(String, Jwks, Timestamp)> {
    let Some(issuer) = &inspect.issuer else {
        let own = async |app: &App| {
            let jwks = app.keyring.set().jwks().clone();
            Ok((app.config.public_url.to_string(), jwks, app.clock.now()))
        };
        return global.with_app(own).await;
    };
    let http = web::client()?;
    let metadata = web::discover(&http, issuer).await?;
    let url = metadata
        .get("jwks_uri")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let failed = |error: String| {
        CliError::failure(
            format!("cannot fetch the keys at {url:?}: {error}"),
            "keywright doctor",
        )
    };
    let answer = http
        .get(url)
        .send()
        .await
        .map_err(|error| failed(web::chain(&error.without_url())))?;
    let document: Value = answer
        .json()
        .await
        .map_err(|error| failed(web::chain(&error.without_url())))?;
    // Keys of other servers may have algorithms that we do not know; they are left out.
    let keys = document
        .get("keys")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let keys = keys
        .filter_map(|key| serde_json::from_value(key.clone()).ok())
        .collect();
    Ok((issuer.clone(), Jwks { keys }, global.clock().now()))
}

fn signature(token: &str, jwks: &Jwks) -> Verdict {
    let find = |kid: &str| {
        let key = jwks.keys.iter().find(|key| key.kid() == kid)?;
        VerifyKey::new(key).ok()
    };
    verify(token, find, &[TYP_ACCESS_TOKEN, TYP_ID_TOKEN]).map(|_| ())
}

fn time(claims: &Object, name: &str) -> Option<Timestamp> {
    claims.get(name).and_then(Value::as_i64).map(Timestamp)
}

fn problems(
    claims: &Object,
    issuer: &str,
    audience: Option<&str>,
    now: Timestamp,
    verdict: Verdict,
) -> Vec<String> {
    let mut problems = Vec::new();
    if let Err(error) = verdict {
        problems.push(match error {
            VerifyError::UnknownKey => {
                "the key that it names is not published (any more): the token is from another \
                                        server, or older than the last key rotations"
                    .to_owned()
            }
            error => error.to_string(),
        });
    }
    match claims.get("iss").and_then(Value::as_str) {
        Some(named) if named == issuer => {}
        named => problems.push(format!(
            "iss is {:?}, expected {issuer:?}",
            named.unwrap_or_default()
        )),
    }
    match time(claims, "exp") {
        Some(end) if end <= now => problems.push(format!("it has expired: {}", instant(end, now))),
        Some(_) => {}
        None => problems.push("it has no exp".to_owned()),
    }
    if let Some(start) = time(claims, "nbf").filter(|start| *start > now) {
        problems.push(format!("it is not valid before {}", instant(start, now)));
    }
    if let Some(expected) = audience {
        let found = match claims.get("aud") {
            Some(Value::Array(many)) => many.iter().any(|one| one == expected),
            Some(one) => one == expected,
            None => false,
        };
        if !found {
            let aud = claims.get("aud").unwrap_or(&Value::Null);
            problems.push(format!("aud is {aud}; the resource expects {expected:?}"));
        }
    }
    problems
}

fn text(header: &Object, claims: &Object, verdict: Verdict, problems: &[String], now: Timestamp) -> String {
    let mut text = String::from("header\n");
    for (name, value) in header {
        let _ = writeln!(text, "  {name:<12} {value}");
    }
    text += "claims\n";
    for (name, value) in claims {
        let _ = match time(claims, name)
            .filter(|_| matches!(name.as_str(), "iat" | "exp" | "nbf" | "auth_time"))
        {
            Some(at) => writeln!(text, "  {name:<12} {value}  {}", instant(at, now)),
            None => writeln!(text, "  {name:<12} {value}"),
        };
    }
    let verdict = verdict.map_or_else(|error| error.to_string(), |()| "valid".to_owned());
    let _ = writeln!(text, "signature\n  {verdict}");
    if problems.is_empty() {
        text += "The token is good.\n";
    } else {
        text += "The token would be refused:\n";
        for problem in problems {
            let _ = writeln!(text, "  - {problem}");
        }
    }
    text
}
