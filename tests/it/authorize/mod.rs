//! The authorization endpoint.

mod claims;
mod errors;
mod interaction;
mod loopback;
mod parameters;
mod pkce;
mod prompt;
mod redirect_uri;
mod response_mode;
mod step_up;

use crate::support::{Answer, Browser, RelyingParty, TestApp};
use keywright::jose::Claims;

/// A browser in which alice has allowed the client everything, so that a valid request is answered with a code at once.
async fn allowed<'a>(app: &'a TestApp, client: &RelyingParty<'_>) -> Browser<'a> {
    let mut alice = app.alice().await;
    let everything = [("scope", client.metadata.scope.as_str())];
    client.code(&mut alice, &everything).await;
    alice
}

/// The claims of the ID token that a code buys.
async fn id_token(client: &RelyingParty<'_>, back: &Answer) -> Claims {
    let code = back
        .returned("code")
        .unwrap_or_else(|| panic!("{}", back.location()));
    let id_token = client.redeem(&code).await.tokens().id_token.unwrap();
    client.app.app.keyring.set().verify(&id_token, &["JWT"]).unwrap()
}
