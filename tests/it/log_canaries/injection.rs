//! Whatever a client sends, the log stays one event a line.

use super::capture::Log;
use crate::support::{TestApp, USERS};
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use keywright::config::LogFormat;

/// A line that would be taken for an event of ours.
const FORGED: &str =
    r#"{"timestamp":"2026-01-01T00:00:00Z","level":"WARN","target":"audit","fields":{"event":"forged"}}"#;

/// ASVS 16.4.1 · AC-267
#[tokio::test]
async fn nothing_that_is_sent_begins_a_line_or_fills_the_log() {
    let log = Log::start(LogFormat::Json);
    let app = TestApp::new().await;
    let web = app.web().await;
    let hostile = [
        format!("x\r\n{FORGED}"),
        format!("x\n{FORGED}\n"),
        "\u{1b}[2J\u{1b}[31mred\u{7}".to_owned(),
        r#"","event":"forged","x":""#.to_owned(),
        "x\u{2028}y\u{85}z\0".to_owned(),
        "A".repeat(10_000),
    ];
    for text in &hostile {
        app.post("/token", &[("grant_type", text), ("client_id", text)])
            .await;
        app.post("/token", &[(text, text)]).await;
        web.post("/introspect", &[("token", text)]).await;
        web.redeem(text).await;
        app.get(&web.authorize_url(&[("scope", text), ("state", text), ("prompt", text)]))
            .await;
        app.get(&web.authorize_url(&[("client_id", text)])).await;
        let mut browser = app.browser();
        browser.sign_in(USERS[1].1, USERS[1].2).await;
        let page = browser.get("/logout").await;
        let csrf = page.hidden("csrf").unwrap();
        browser
            .post("/logout", &[("csrf", &csrf), ("decision", text)])
            .await;
    }
    // Headers take no line breaks, but the rest, of any size.
    let mut headers: Vec<Vec<u8>> = vec![vec![b'A'; 1_000_000], b"\xff\xfe\"}".to_vec()];
    headers.push(FORGED.as_bytes().to_vec());
    for value in headers {
        for name in [
            header::USER_AGENT,
            header::REFERER,
            header::ORIGIN,
            header::AUTHORIZATION,
        ] {
            let request = Request::post("/token").header(name, HeaderValue::from_bytes(&value).unwrap());
            let request = request.header("x-request-id", HeaderValue::from_bytes(&value).unwrap());
            app.send(request.body(Body::empty()).unwrap()).await;
        }
    }
    log.is_one_event_per_line();
    let text = log.text();
    let mut longest = 0;
    for line in text.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_ne!(event["event"], "forged", "{line:.300}");
        assert!(
            !line.contains('\u{1b}') && !line.contains('\u{2028}'),
            "{line:.300}"
        );
        longest = longest.max(line.len());
    }
    assert!(text.lines().count() > 10, "the log is not heard any more");
    assert!(longest < 16_384, "{longest}");
}
