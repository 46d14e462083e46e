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
/// `invalid_target`: something that was not granted.
pub fn narrowed(granted: Vec<String>, params: &Params) -> Result<Vec<String>, Refusal> {
    let mut wanted: Vec<String> = params.all("resource").map(str::to_owned).collect();
    if wanted.is_empty() {
        return Ok(granted);
    }
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.iter().all(|resource| granted.contains(resource)) {
        Ok(wanted)
    } else {
        Err(refused())
    }
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
