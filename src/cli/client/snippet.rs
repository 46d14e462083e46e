//! What `client add` prints for people: the values, and lines to paste that use them.

use crate::app::App;
use crate::oauth::client::registration::Profile;
use crate::oauth::client::{Metadata, auth};
use crate::opaque::Opaque;
use std::fmt::Write;

pub(super) fn text(
    app: &App,
    id: &str,
    metadata: &Metadata,
    kind: Profile,
    secret: Option<&Opaque>,
) -> String {
    let issuer = app.config.public_url.as_str();
    let mut text = format!("client_id      {id}\n");
    if let Some(secret) = secret {
        let _ = writeln!(
            text,
            "client_secret  {}    (shown once: keep it now)",
            secret.expose()
        );
    }
    let _ = writeln!(text, "issuer         {issuer}");
    let _ = writeln!(text, "discovery      {issuer}/.well-known/openid-configuration");
    for uri in &metadata.redirect_uris {
        let _ = writeln!(text, "redirect       {uri}");
    }
    if !metadata.scope.is_empty() {
        let _ = writeln!(text, "scope          {}", metadata.scope);
    }
    let _ = write!(text, "\n{}", use_it(app, id, metadata, kind));
    text
}

/// Never holds the secret itself: what is pasted ends in shell histories and repositories.
fn use_it(app: &App, id: &str, metadata: &Metadata, kind: Profile) -> String {
    let issuer = app.config.public_url.as_str();
    let secured = app.config.tls.mtls_url.as_ref().unwrap_or(&app.config.public_url);
    let redirect = metadata.redirect_uris.first().map_or("", String::as_str);
    match kind {
        Profile::Spa => format!(
            "Use it with oidc-client-ts:\n  \
             new UserManager({{ authority: \"{issuer}\", client_id: \"{id}\",\n    \
             redirect_uri: \"{redirect}\", scope: \"openid profile email offline_access\" }})\n"
        ),
        Profile::Web => format!(
            "Use it with any OpenID Connect library; Auth.js, for example:\n  \
             {{ id: \"keywright\", name: \"Keywright\", type: \"oidc\", issuer: \"{issuer}\",\n    \
             clientId: \"{id}\", clientSecret: process.env.CLIENT_SECRET, checks: [\"pkce\", \"state\", \"nonce\"] }}\n"
        ),
        Profile::Native => format!(
            "Use it with AppAuth: discovery at the issuer, client_id \"{id}\", no secret,\n\
             redirect {redirect} (loopback redirects may use any port)\n"
        ),
        Profile::Service if !auth::has_secret(&metadata.token_endpoint_auth_method) => format!(
            "Get a token now:\n  \
             curl -s --cert client.pem --key client.key -d client_id={id} -d grant_type=client_credentials {}\n",
            secured.url("/token"),
        ),
        Profile::Service => format!(
            "Get a token now:\n  \
             curl -su \"{id}:$CLIENT_SECRET\" -d grant_type=client_credentials {issuer}/token\n"
        ),
        Profile::Device => format!("Try it now:\n  keywright login --issuer {issuer} --client {id}\n"),
    }
}
