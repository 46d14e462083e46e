//! An HTTP answer, read whole.

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap_or_default();
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.body))
    }

    /// The `Location` of a redirect after a post or a step: always 303.
    pub fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.header("location")
    }

    /// A parameter in the query or fragment of `Location`.
    pub fn returned(&self, name: &str) -> Option<String> {
        returned(self.location(), name)
    }

    /// A JSON error of a client endpoint: status and code, not to be cached, nothing issued.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.json()["error"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        assert_eq!(self.header("cache-control"), "no-store");
        assert!(self.json().get("access_token").is_none());
    }

    /// An error page: 400, no redirect, naming the code.
    #[track_caller]
    pub fn error_page(&self) {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{}", self.body);
        assert!(self.headers.get("location").is_none());
        assert!(self.body.contains("id=\"oauth-error\""), "{}", self.body);
    }

    /// A redirect back to the client with an error, `iss`, and no code.
    #[track_caller]
    pub fn back_with(&self, redirect_uri: &str, error: &str) {
        assert!(self.location().starts_with(redirect_uri), "{}", self.location());
        assert_eq!(
            self.returned("error").as_deref(),
            Some(error),
            "{}",
            self.location()
        );
        assert!(
            self.returned("iss").is_some() && self.returned("code").is_none(),
            "{}",
            self.location()
        );
    }

    /// Everything that an observer could compare, but for the name of the request.
    pub fn same(&self) -> (u16, Vec<(String, String)>, &str) {
        let headers = self.headers.iter().filter(|(name, _)| *name != "x-request-id");
        let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}")));
        (self.status.as_u16(), headers.collect(), &self.body)
    }

    /// The value of a hidden input.
    pub fn hidden(&self, name: &str) -> Option<String> {
        let at = self.body.find(&format!("name=\"{name}\" value=\""))?;
        let rest = self.body[at..].split_once("value=\"")?.1;
        Some(rest.split_once('"')?.0.to_owned())
    }
}

/// A parameter in the query or fragment of an address.
pub fn returned(address: &str, name: &str) -> Option<String> {
    let parameters = address.split_once(['?', '#']).map_or("", |(_, rest)| rest);
    url::form_urlencoded::parse(parameters.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into())
}
