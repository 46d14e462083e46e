//! A request as the handlers see it: read once, bounded, with its context.

use super::{client_certificate, client_ip, cookies, form, render};
use crate::app::App;
use crate::cx::Cx;
use crate::id;
use crate::identity::browser::Browser;
use crate::identity::session;
use crate::oauth::client::auth::ClientRequest;
use crate::oauth::error::{ErrorCode, Fault, Refusal};
use crate::oauth::params::Params;
use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::{HeaderMap, Method, Request, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use std::sync::Arc;

/// No endpoint needs more.
const MAX_BODY: usize = 64 * 1024;

/// A request and its context.
pub struct Exchange {
    /// What the request may use.
    pub cx: Cx,
    /// The method.
    pub method: Method,
    /// The address.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    body: Bytes,
}

/// The name of a request in the log and on error pages, set by `wrap`.
#[derive(Clone)]
pub(super) struct RequestId(pub(super) String);

impl FromRequest<Arc<App>> for Exchange {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, app: &Arc<App>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let request_id = parts
            .extensions
            .get::<RequestId>()
            .map(|id| id.0.clone())
            .unwrap_or_default();
        let cx = Cx {
            now: app.clock.now(),
            ip: client_ip::of(
                &parts.extensions,
                &parts.headers,
                &app.config.server.trusted_proxies,
            ),
            certificate: client_certificate::of(&parts.extensions, &parts.headers, &app.config),
            user_agent: text(&parts.headers, header::USER_AGENT)
                .chars()
                .take(200)
                .collect(),
            device: cookies::device(&parts.headers, app.config.public_url.is_https()),
            app: Arc::clone(app),
            request_id,
            client_id: Arc::default(),
        };
        let body = match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => {
                let refusal = Refusal::new(
                    ErrorCode::InvalidRequest,
                    "The request body is too large or incomplete.",
                );
                return Err(render::too_large(&cx, &refusal));
            }
        };
        Ok(Self {
            cx,
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
        })
    }
}

impl Exchange {
    /// The parameters of the query.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn query(&self) -> Result<Params, Refusal> {
        Params::parse(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// The parameters of the form in the body; a query beside it is refused, never merged.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn form(&self) -> Result<Params, Refusal> {
        form::parse(&self.uri, &self.headers, &self.body)
    }

    /// The form and credentials of a client's request.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn client_request(&self) -> Result<ClientRequest, Refusal> {
        Ok(ClientRequest {
            authorization: self.authorization()?,
            form: self.form()?,
        })
    }

    /// The values of all `Authorization` headers.
    ///
    /// # Errors
    /// `invalid_request`: one is not ASCII.
    pub fn authorization(&self) -> Result<Vec<String>, Refusal> {
        let unreadable = || {
            Refusal::new(
                ErrorCode::InvalidRequest,
                "The Authorization header is not readable.",
            )
        };
        let values = self.headers.get_all(header::AUTHORIZATION).iter();
        values
            .map(|value| value.to_str().map(str::to_owned).map_err(|_| unreadable()))
            .collect()
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The browser that sent the request, with its live session.
    ///
    /// # Errors
    /// The database fails: a session that cannot be looked up is not taken for absent.
    pub async fn browser(&self) -> Result<Browser, Fault> {
        let secure = self.cx.app.config.public_url.is_https();
        let session = match cookies::session(&self.headers, secure) {
            Some(cookie) => session::find(&self.cx, cookie).await?,
            None => None,
        };
        let known = cookies::browser(&self.headers, secure).map(str::to_owned);
        let is_new = known.is_none();
        let id = known.unwrap_or_else(|| id::random::<32>(&*self.cx.app.entropy));
        Ok(Browser { id, is_new, session })
    }

    /// The value of a header, or nothing.
    pub fn header(&self, name: &'static str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
