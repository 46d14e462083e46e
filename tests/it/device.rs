//! Device authorization (RFC 8628).

mod pages;
mod polling;

use crate::support::{Answer, Browser, RelyingParty};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What a device was told.
pub struct Codes {
    pub device: String,
    pub user: String,
}

/// The device asks.
pub async fn begin(client: &RelyingParty<'_>, form: &[(&str, &str)]) -> Codes {
    let answer = client.post("/device_authorization", form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    Codes {
        device: text("device_code"),
        user: text("user_code"),
    }
}

/// The device polls.
pub async fn poll(client: &RelyingParty<'_>, codes: &Codes) -> Answer {
    let form = [("grant_type", GRANT_TYPE), ("device_code", codes.device.as_str())];
    client.post("/token", &form).await
}

/// The person types a code.
pub async fn type_code(browser: &mut Browser<'_>, user_code: &str) -> Answer {
    let page = browser.get("/device").await;
    let csrf = page.hidden("csrf").unwrap();
    browser
        .post("/device", &[("csrf", &csrf), ("user_code", user_code)])
        .await
}

/// The person decides on the page of a device.
async fn decide(browser: &mut Browser<'_>, page: &Answer, decision: &str) -> Answer {
    let (csrf, handle) = (page.hidden("csrf").unwrap(), page.hidden("handle").unwrap());
    let form = [
        ("csrf", csrf.as_str()),
        ("handle", &handle),
        ("confirm", "yes"),
        ("decision", decision),
    ];
    browser.post("/device/confirm", &form).await
}

/// The person approves a code from start to end.
pub async fn approve(browser: &mut Browser<'_>, codes: &Codes) {
    let page = type_code(browser, &codes.user).await;
    let done = decide(browser, &page, "allow").await;
    assert!(done.body.contains("Device connected"), "{}", done.body);
}
