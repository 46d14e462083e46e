//! Sign-in by JSON for first-party apps, `/auth/*`.

mod answers;
mod login;
mod logout;
mod mfa;
mod openapi;
mod origins;
pub mod proxies;
mod refresh;
mod verify;

use crate::support::{Answer, Browser, TestApp, USERS};
use axum::body::Body;
use axum::http::{Request, header};

pub const COOKIE: &str = "__Host-kw-refresh";
/// A configured origin of the same site.
pub const APP: &str = "https://app.example.test";

pub async fn server() -> TestApp {
    TestApp::with(|config| config.api.origins = vec![APP.to_owned()]).await
}

/// A post as the script of an app on our own origin sends it.
pub fn post(path: &str, body: &str) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("sec-fetch-site", "same-origin")
        .header(header::ORIGIN, "https://id.example.test")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

pub fn credentials(email: &str, password: &str) -> String {
    serde_json::json!({ "email": email, "password": password }).to_string()
}

/// Signs alice in.
pub async fn sign_in(browser: &mut Browser<'_>) -> Answer {
    let body = credentials(USERS[0].1, USERS[0].2);
    let answer = browser.send(post("/auth/login", &body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

pub async fn refresh(browser: &mut Browser<'_>) -> Answer {
    browser.send(post("/auth/refresh", "")).await
}

pub async fn me(app: &TestApp, token: &str) -> Answer {
    let request = Request::get("/auth/me").header(header::AUTHORIZATION, format!("Bearer {token}"));
    app.send(request.body(Body::empty()).unwrap()).await
}

impl Answer {
    /// An error of this API: status and code, readable, not kept.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) {
        self.refused(status, code);
        assert_eq!(self.header("content-type"), "application/json");
        let members = self.json();
        assert_eq!(members.as_object().unwrap().len(), 2, "{}", self.body);
        assert!(members["error_description"].as_str().unwrap().ends_with('.'));
        assert_eq!(status == 401, self.headers.contains_key("www-authenticate"));
    }

    pub fn access_token(&self) -> String {
        self.json()["access_token"].as_str().unwrap().to_owned()
    }
}
