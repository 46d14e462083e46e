//! A person with a browser: keeps cookies, follows no redirect unless told to, fills in forms.

use super::{Answer, TestApp};
use axum::body::Body;
use axum::http::{Request, header};
use std::collections::BTreeMap;

pub struct Browser<'a> {
    pub app: &'a TestApp,
    pub cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            cookies: BTreeMap::new(),
        }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = Request::get(path).header("sec-fetch-site", "none");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Posts a form of our own page.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header(header::ORIGIN, self.app.app.config.public_url.origin());
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a request with this browser's cookies and keeps those of the answer.
    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request
                .headers_mut()
                .insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        let answer = self.app.send(request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match cookie.contains("Max-Age=0") {
                true => drop(self.cookies.remove(name)),
                false => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        answer
    }

    /// Opens a page of ours that an answer leads to.
    pub async fn follow(&mut self, answer: &Answer) -> Answer {
        let path = answer
            .location()
            .strip_prefix(self.app.app.config.public_url.origin())
            .unwrap()
            .to_owned();
        self.get(&path).await
    }

    /// Signs in on the page of its own.
    pub async fn sign_in(&mut self, email: &str, password: &str) {
        let page = self.get("/login").await;
        let answer = self.submit_login(&page, email, password).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    /// Fills in the sign-in form of `page`.
    pub async fn submit_login(&mut self, page: &Answer, email: &str, password: &str) -> Answer {
        let (flow, csrf) = (page.hidden("flow").unwrap(), page.hidden("csrf").unwrap());
        let form = [
            ("flow", flow.as_str()),
            ("csrf", &csrf),
            ("username", email),
            ("password", password),
        ];
        self.post("/login", &form).await
    }

    /// Decides on the consent page.
    pub async fn decide(&mut self, page: &Answer, decision: &str) -> Answer {
        let (flow, csrf) = (page.hidden("flow").unwrap(), page.hidden("csrf").unwrap());
        self.post(
            "/consent",
            &[("flow", &flow), ("csrf", &csrf), ("decision", decision)],
        )
        .await
    }
}
