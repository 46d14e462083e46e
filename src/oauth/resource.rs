//! `resource` (RFC 8707): which resource servers a token is for.

use super::client::Client;
use super::error::{ErrorCode, Refusal};
use super::params::Params;

/// The resources that a request names, each registered for the client.
///
/// # Errors
/// `invalid_target`: not registered for the client, or more than ten.
pub fn requested(client: &Client, params: &Params) -> Result<Vec<String>, Refusal> {
    let mut resources: Vec<String> = params.all("resource").map(str::to_owned).collect();
    resources.sort_unstable();
    resources.dedup();
    let allowed = resources
        .iter()
        .all(|resource| client.metadata.resources.contains(resource));
    if !allowed || resources.len() > 10 {
        return Err(refused());
    }
    Ok(resources)
}

/// What a token request asks for out of what was granted: everything, or a part (RFC 8707 §2.2).
///
/// # Errors
/// `invalid_target`: something that was not granted, or that was taken from the client since then.
pub fn narrowed(client: &Client, granted: Vec<String>, params: &Params) -> Result<Vec<String>, Refusal> {
    let wanted = requested(client, params)?;
    let wanted = if wanted.is_empty() {
        granted
    } else if wanted.iter().all(|resource| granted.contains(resource)) {
        wanted
    } else {
        return Err(refused());
    };
    let registered = |resource: &String| client.metadata.resources.contains(resource);
    wanted
        .iter()
        .all(registered)
        .then_some(wanted)
        .ok_or_else(refused)
}

/// Whether `resource` may be registered: an absolute URI without fragment (RFC 8707 §2).
///
/// # Errors
/// It is not one.
pub fn check(resource: &str) -> Result<(), url::ParseError> {
    let url = url::Url::parse(resource)?;
    if url.fragment().is_some() {
        Err(url::ParseError::InvalidDomainCharacter)
    } else {
        Ok(())
    }
}

fn refused() -> Refusal {
    Refusal::new(
        ErrorCode::InvalidTarget,
        "The client may not ask for this resource.",
    )
    .at("resource")
}
