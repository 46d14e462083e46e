//! Where an authorization response may go. Only [`ReturnTo::verify`] makes one, and success and refusal share one
//! encoder, so `state` and `iss` (RFC 9207) cannot be forgotten on one path.

use super::broken_link;
use crate::cx::Cx;
use crate::oauth::client::Client;
use crate::oauth::engine::scope::Scope;
use crate::oauth::error::Refusal;
use crate::oauth::params::Params;
use crate::oauth::redirect_uri::{self, Delivery, RegisteredRedirect};
use crate::oauth::response_mode::ResponseMode;

/// A verified place to return to.
pub struct ReturnTo {
    redirect: RegisteredRedirect,
    mode: ResponseMode,
    state: Option<String>,
    issuer: String,
    client_name: String,
}

/// An authorization response, ready to be sent.
pub enum Response {
    /// A redirect to an https address or to loopback.
    Redirect(String),
    /// A page that goes on to an app by its own scheme (RFC 8252 §7.1), with the app's name.
    OpenApp(String, String),
    /// A form that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost {
        /// Where to.
        action: String,
        /// The parameters.
        fields: Vec<(String, String)>,
        /// The app's name.
        client_name: String,
    },
}

impl ReturnTo {
    /// Verifies the redirect URI of a request. An error here must not go back to the client.
    ///
    /// # Errors
    /// `invalid_request`, for an error page.
    pub fn verify(cx: &Cx, client: &Client, params: &Params) -> Result<Self, Refusal> {
        let presented = match params.optional("redirect_uri")? {
            Some(presented) => presented,
            None => only_registered(client, params)?,
        };
        let redirect = redirect_uri::find(client, presented);
        let redirect = redirect.ok_or_else(|| broken_link("redirect_uri is not registered"))?;
        let mode = params.optional("response_mode").and_then(ResponseMode::parse);
        Ok(Self {
            redirect,
            // A mode that is not known is refused by the checks, and delivered by the default one.
            mode: mode.unwrap_or(ResponseMode::Query),
            // Returned only if unambiguous.
            state: params.optional("state").ok().flatten().map(str::to_owned),
            issuer: cx.app.config.public_url.as_str().to_owned(),
            client_name: client.name().to_owned(),
        })
    }

    /// The redirect URI, byte for byte.
    pub fn redirect(&self) -> &RegisteredRedirect {
        &self.redirect
    }

    /// The response that carries a code.
    pub fn success(&self, code: &str) -> Response {
        self.encode(vec![("code", code)])
    }

    /// The response that carries an error.
    pub fn refuse(&self, refusal: &Refusal) -> Response {
        self.encode(vec![
            ("error", refusal.code.name()),
            ("error_description", refusal.description),
        ])
    }

    fn encode<'a>(&'a self, mut fields: Vec<(&'static str, &'a str)>) -> Response {
        if let Some(state) = &self.state {
            fields.push(("state", state));
        }
        fields.push(("iss", &self.issuer)); // RFC 9207 §2
        let uri = self.redirect.as_str();
        if self.mode == ResponseMode::FormPost {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            return Response::FormPost {
                action: uri.to_owned(),
                fields,
                client_name: self.client_name.clone(),
            };
        }
        let encoded = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        // The registered bytes stay as they are: no URL parser may normalize them (RFC 6749 §3.1.2).
        let separator = match self.mode {
            ResponseMode::Fragment => "#",
            _ if uri.contains('?') => "&",
            _ => "?",
        };
        let address = format!("{uri}{separator}{encoded}");
        match self.redirect.delivery() {
            Delivery::CustomScheme => Response::OpenApp(address, self.client_name.clone()),
            Delivery::Exact | Delivery::Loopback => Response::Redirect(address),
        }
    }
}

/// OAuth 2.1 §2.3.2: a sole registered URI may be left out; OIDC Core §3.1.2.1 requires it.
fn only_registered<'a>(client: &'a Client, params: &Params) -> Result<&'a str, Refusal> {
    let scope = params.optional("scope").ok().flatten().unwrap_or_default();
    let openid = Scope::parse(scope).is_ok_and(|scope| scope.has("openid"));
    match client.metadata.redirect_uris.as_slice() {
        [only] if !openid => Ok(only),
        _ => Err(broken_link("redirect_uri is missing")),
    }
}
