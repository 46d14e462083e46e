//! The tower layer that lets only good tokens through, and the extractor that hands an accepted token to a handler.

use super::{Access, Denied, Require, Resource};
use axum::body::Body;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, header};
use axum::response::{IntoResponse, Response};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// A layer: requests without a token that meets `require` do not reach what is inside.
#[derive(Clone)]
pub struct Protect {
    resource: Arc<Resource>,
    require: Arc<Require>,
}

impl Protect {
    /// Protects what is inside.
    pub fn new(resource: Arc<Resource>, require: Require) -> Self {
        let require = Arc::new(require);
        Self { resource, require }
    }
}

impl<S> Layer<S> for Protect {
    type Service = Protected<S>;

    fn layer(&self, inner: S) -> Protected<S> {
        Protected {
            protect: self.clone(),
            inner,
        }
    }
}

/// What [`Protect`] makes of a service.
#[derive(Clone)]
pub struct Protected<S> {
    protect: Protect,
    inner: S,
}

impl<S> Service<Request<Body>> for Protected<S>
where
    S: Service<Request<Body>, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The one that was polled ready is used; its clone stays behind to be polled again.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let Protect { resource, require } = self.protect.clone();
        let token = token(request.headers()).map(str::to_owned);
        Box::pin(async move {
            let checked = match token {
                Ok(token) => resource.check(&token, &require).await,
                Err(denied) => Err(denied),
            };
            match checked {
                Ok(access) => {
                    request.extensions_mut().insert(access);
                    inner.call(request).await
                }
                Err(denied) => Ok(denied.into_response()),
            }
        })
    }
}

/// The token that [`Protect`] has accepted; without the layer, any good token.
impl<S> FromRequestParts<S> for Access
where
    S: Send + Sync,
    Arc<Resource>: FromRef<S>,
{
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Denied> {
        if let Some(access) = parts.extensions.get::<Self>() {
            return Ok(access.clone());
        }
        let resource = Arc::<Resource>::from_ref(state);
        resource.check(token(&parts.headers)?, &Require::token()).await
    }
}

/// RFC 6750 §2.1: one token, in the header. In a form or an address it is not looked for.
fn token(headers: &HeaderMap) -> Result<&str, Denied> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next().ok_or(Denied::Missing)?;
    let first = first.to_str().map_err(|_| Denied::Malformed)?;
    match (first.split_once(' '), values.next()) {
        (Some((scheme, token)), None) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim_start()),
        (_, None) => Err(Denied::Missing),
        (_, Some(_)) => Err(Denied::Malformed),
    }
}
