//! The checks of an authorization request, in order. What passes is an [`AuthorizationRequest`].

use crate::cx::Cx;
use crate::jose::TYP_ID_TOKEN;
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::client::Client;
use crate::oauth::discovery::ACRS;
use crate::oauth::engine::authorization_request::{self, Question};
use crate::oauth::engine::{pkce, scope::Scope};
use crate::oauth::error::{ErrorCode, Refusal, Result, invalid_request};
use crate::oauth::params::Params;
use crate::oauth::prompt::Prompt;
use crate::oauth::resource;
use crate::oauth::response_mode::ResponseMode;
use crate::oauth::scopes::OFFLINE_ACCESS;

/// Longer ones are a mistake or an attack; OpenID providers must take at least 64 (FAPI 2.0 §5.3.2.2).
const MAX_NONCE: usize = 512;

/// The parameters that mean something here. Only these are saved while the user is asked (OAuth 2.1 §3.1: unknown ones
/// are ignored).
pub(super) const PARAMETERS: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "claims",
    "acr_values",
];

/// All of them together, bytes; a state may have more than a thousand.
const MAX_LENGTH: usize = 12 * 1024;

/// A request that may be put to the user.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// What is asked for.
    pub scope: Scope,
    /// Which resource servers it is for.
    pub resources: Vec<String>,
    /// Returned in the ID token.
    pub nonce: Option<String>,
    /// PKCE S256 challenge.
    pub challenge: Option<String>,
    /// What the user must be asked.
    pub prompt: Prompt,
    /// Oldest acceptable sign-in, seconds.
    pub max_age: Option<i64>,
    /// What to put into the sign-in form.
    pub login_hint: Option<String>,
    /// The user that the client expects.
    pub subject: Option<String>,
    /// The `claims` parameter, as far as the client may ask for them.
    pub claims: Option<String>,
    /// The authentication context classes that the client asks for and that there are here, in its order.
    pub acr: Vec<&'static str>,
    /// What the user must allow: the scope, and the scopes behind the claims that are asked for by name.
    pub consent: Scope,
}

/// Checks everything but client and redirect URI. Reads top to bottom.
///
/// # Errors
/// A refusal that goes back to the client.
pub(super) fn run(cx: &Cx, client: &Client, params: &Params) -> Result<AuthorizationRequest> {
    params.refuse_repeats(&["resource"])?; // RFC 6749 §3.1
    refuse_unsupported(params)?;
    refuse_too_long(params)?;
    client.require_grant("authorization_code")?;
    let scope = response_type_and_scope(client, params)?;
    ResponseMode::parse(params.optional("response_mode")?)?;
    let challenge = challenge(client, params)?;
    client.require_scope(&scope)?;
    let resources = resource::requested(client, params)?;
    let prompt = Prompt::parse(params.optional("prompt")?)?;
    let requested = ClaimsRequest::parse(params.optional("claims")?)?;
    let acr = acr(&requested, params)?;
    let expected = requested.subject().map(str::to_owned);
    let claims = requested.limited_to(&client.scope);
    let scope = if client.has_grant("refresh_token") {
        scope
    } else {
        scope.filter(|token| token != OFFLINE_ACCESS)
    };
    Ok(AuthorizationRequest {
        resources,
        nonce: nonce(params)?,
        challenge,
        prompt,
        max_age: max_age(params)?.or(client.metadata.default_max_age),
        login_hint: params.optional("login_hint")?.map(str::to_owned),
        subject: hinted_subject(cx, params)?.or(expected),
        acr,
        claims: claims.text(),
        consent: scope.union(&claims.scope()),
        scope,
    })
}

fn refuse_too_long(params: &Params) -> Result<(), Refusal> {
    let length: usize = params.only(PARAMETERS).iter().map(|(_, value)| value.len()).sum();
    if length > MAX_LENGTH {
        return Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "The request is too long.",
        ));
    }
    Ok(())
}

/// OIDC Core §6, §7.2.1: understood, and not done; to ignore them would be to run another request than was meant.
fn refuse_unsupported(params: &Params) -> Result<(), Refusal> {
    let unsupported = [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ];
    for (name, code) in unsupported {
        if params.optional(name)?.is_some() {
            return Err(Refusal::new(code, "This parameter is not supported.").at(name));
        }
    }
    Ok(())
}

fn response_type_and_scope(client: &Client, params: &Params) -> Result<Scope> {
    let response_type = params.required("response_type")?;
    let question = Question {
        client_id: &client.id,
        redirect_uri: params
            .optional("redirect_uri")?
            .unwrap_or("urn:keywright:default"),
        response_type: Some(response_type),
        scope: params.optional("scope")?,
        challenge: params
            .optional("code_challenge")?
            .filter(|challenge| pkce::is_challenge(challenge)),
    };
    let scope = authorization_request::decide(&question, &Scope::empty())?;
    // `decide` takes any grammar; the length is ours.
    Scope::parse(&scope.to_string()).map_err(Into::into)
}

fn challenge(client: &Client, params: &Params) -> Result<Option<String>, Refusal> {
    let method = params.optional("code_challenge_method")?;
    match params.optional("code_challenge")? {
        None if client.requires_pkce() => Err(invalid_request(
            "code_challenge",
            "PKCE is required: send a code_challenge.",
        )),
        None if method.is_some() => Err(invalid_request(
            "code_challenge",
            "A code_challenge_method needs a code_challenge.",
        )),
        None => Ok(None),
        // RFC 7636 §4.3: a missing method means `plain`.
        Some(_) if method != Some("S256") => Err(invalid_request(
            "code_challenge_method",
            "Only code_challenge_method=S256 is supported.",
        )),
        Some(challenge) if pkce::is_challenge(challenge) => Ok(Some(challenge.to_owned())),
        Some(_) => Err(invalid_request(
            "code_challenge",
            "An S256 code_challenge has 43 characters of base64url.",
        )),
    }
}

fn nonce(params: &Params) -> Result<Option<String>, Refusal> {
    match params.optional("nonce")? {
        Some(nonce) if nonce.len() > MAX_NONCE => Err(invalid_request("nonce", "The nonce is too long.")),
        nonce => Ok(nonce.map(str::to_owned)),
    }
}

fn max_age(params: &Params) -> Result<Option<i64>, Refusal> {
    let Some(text) = params.optional("max_age")? else {
        return Ok(None);
    };
    let age = text
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten();
    age.map(Some)
        .ok_or_else(|| invalid_request("max_age", "The max_age is not a number of seconds."))
}

/// OIDC Core §3.1.2.1: an ID token of ours, which may have expired.
fn hinted_subject(cx: &Cx, params: &Params) -> Result<Option<String>, Refusal> {
    let Some(hint) = params.optional("id_token_hint")? else {
        return Ok(None);
    };
    let claims = cx.app.keyring.set().verify(hint, &[TYP_ID_TOKEN]);
    let subject = claims
        .filter(|claims| claims.text("iss") == Some(cx.app.config.public_url.as_str()))
        .and_then(|claims| claims.text("sub").map(str::to_owned));
    match subject {
        Some(subject) => Ok(Some(subject)),
        None => Err(invalid_request(
            "id_token_hint",
            "The id_token_hint is not an ID token of this server.",
        )),
    }
}

/// An essential `acr` that no sign-in here can reach is refused before anybody types a password (OIDC Core §5.5.1.1);
/// one of `acr_values` is passed over (OIDC Core §3.1.2.1). What is left is asked for, whichever way it came
/// (RFC 9470 §5).
fn acr(requested: &ClaimsRequest, params: &Params) -> Result<Vec<&'static str>, Refusal> {
    let known = |value: &str| ACRS.iter().copied().find(|acr| *acr == value);
    let Some(values) = requested.essential_acr() else {
        let values = params.optional("acr_values")?.unwrap_or_default();
        return Ok(values.split(' ').filter_map(known).collect());
    };
    let reachable: Vec<&'static str> = values.iter().filter_map(|value| known(value)).collect();
    if reachable.is_empty() {
        let description = "None of the essential acr values can be reached here.";
        return Err(Refusal::new(ErrorCode::UnmetAuthenticationRequirements, description).at("claims"));
    }
    Ok(reachable)
}
