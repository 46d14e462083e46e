//! Checks from the outside: what a client sees at the public address, through the proxy.

use super::Finding;
use crate::cli::web;
use crate::config::Config;
use crate::time::Timestamp;
use reqwest::Client;
use serde_json::Value;
use time::{Date, Month};

pub(super) async fn checks(config: &Config, algs: &[String], now: Timestamp) -> Vec<Finding> {
    let issuer = config.public_url.as_str();
    let Ok(http) = web::client() else {
        return Vec::new();
    };
    let metadata = match web::discover(&http, issuer).await {
        Ok(metadata) => metadata,
        Err(error) => {
            let fix = "start the server (keywright serve); check name, proxy and public_url";
            return vec![Finding::warning("discovery", error.to_string(), fix)];
        }
    };
    let mut findings = vec![Finding::good("discovery", format!("names the issuer {issuer}"))];
    findings.push(oauth_metadata(&http, config).await);
    findings.push(cors_and_clock(&http, config, now).await);
    findings.push(jwks(&http, &metadata, algs).await);
    findings
}

/// RFC 8414 §3.1: the well-known part stands before the issuer's own path.
async fn oauth_metadata(http: &Client, config: &Config) -> Finding {
    let issuer = &config.public_url;
    let url = format!(
        "{}/.well-known/oauth-authorization-server{}",
        issuer.origin(),
        issuer.path()
    );
    let named = match http.get(&url).send().await {
        Ok(answer) => answer.json::<Value>().await.ok(),
        Err(_) => None,
    };
    let named = named
        .as_ref()
        .and_then(|document| document.get("issuer"))
        .and_then(Value::as_str);
    if named == Some(issuer.as_str()) {
        Finding::good("RFC 8414", url)
    } else {
        Finding::warning(
            "RFC 8414",
            format!("{url} does not answer"),
            "let the proxy pass this path too",
        )
    }
}

async fn cors_and_clock(http: &Client, config: &Config, now: Timestamp) -> Finding {
    let url = config.public_url.url("/.well-known/openid-configuration");
    let answer = match http
        .get(&url)
        .header("origin", "https://client.example")
        .send()
        .await
    {
        Ok(answer) => answer,
        Err(error) => return Finding::bad("CORS", web::chain(&error), "check the proxy"),
    };
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
    if header("access-control-allow-origin") != Some("*") {
        let fix = "let the proxy pass Access-Control-Allow-Origin unchanged";
        return Finding::bad("CORS", "browsers of other sites cannot read discovery", fix);
    }
    let served = header("date").and_then(http_date);
    match served {
        Some(date) if date.since(now).0.abs() > 60 => Finding::bad(
            "clock",
            format!(
                "the server says {}, this machine {}",
                date.for_people(),
                now.for_people()
            ),
            "run a time service (NTP) on both",
        ),
        _ => Finding::good("CORS", "discovery can be read by browsers of other sites"),
    }
}

/// RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let parts: Vec<&str> = text.split(' ').collect();
    let [_, day, month, year, clock, "GMT"] = parts.as_slice() else {
        return None;
    };
    let month = u8::try_from(MONTHS.iter().position(|name| name == month)? + 1).ok()?;
    let date = Date::from_calendar_date(
        year.parse().ok()?,
        Month::try_from(month).ok()?,
        day.parse().ok()?,
    )
    .ok()?;
    let clock: Vec<u8> = clock.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [hour, minute, second] = clock.as_slice() else {
        return None;
    };
    let time = date.with_hms(*hour, *minute, *second).ok()?;
    Some(Timestamp(time.assume_utc().unix_timestamp()))
}

async fn jwks(http: &Client, metadata: &Value, algs: &[String]) -> Finding {
    let url = metadata
        .get("jwks_uri")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let document = match http.get(url).send().await {
        Ok(answer) => answer.json::<Value>().await.unwrap_or_default(),
        Err(error) => {
            return Finding::bad(
                "JWKS",
                format!("{url}: {}", web::chain(&error.without_url())),
                "check the proxy",
            );
        }
    };
    let keys = document
        .get("keys")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let published = |alg: &String| {
        keys.iter()
            .any(|key| key.get("alg").and_then(Value::as_str) == Some(alg))
    };
    match algs.iter().find(|alg| !published(alg)) {
        Some(missing) => Finding::bad(
            "JWKS",
            format!("{url} has no {missing} key, which the database has"),
            "the server at public_url runs on another database",
        ),
        None => Finding::good("JWKS", format!("{} keys at {url}", keys.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::http_date;
    use crate::time::Timestamp;

    #[test]
    fn the_example_of_rfc_9110_is_read() {
        assert_eq!(
            http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(Timestamp(784_111_777))
        );
        assert_eq!(http_date("Sunday, 06-Nov-94 08:49:37 GMT"), None);
    }
}
