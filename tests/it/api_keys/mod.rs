//! API keys where programs present them: at proxies and at resource servers. See also `token/token_exchange.rs`,
//! `account/api_keys.rs` and `cli/api_keys.rs`.

mod ends;
mod introspect;
mod misuse;
mod settings;
mod verify;

use crate::support::keys::{gateway, owner, with_api};
use crate::support::{API, TestApp};

/// "Long-lived token per client; service-to-service, developer APIs; stateless: yes": the API keeps no state. It asks
/// about the key, or is given a signed token in exchange for it that it checks by itself.
#[tokio::test]
async fn api_keys() {
    let app = TestApp::with(with_api).await;
    app.client("svc", owner()).await;
    let (rs, gateway) = (
        app.resource_server("rs", API).await,
        app.client("gateway", gateway()).await,
    );
    let key = app.key_of_client("svc", "api:read", API).await;
    app.clock.advance(89 * 86_400);
    let told = rs.introspect(&key).await;
    assert_eq!(
        (
            told["active"].as_bool(),
            told["sub"].as_str(),
            told["scope"].as_str()
        ),
        (Some(true), Some("svc"), Some("api:read"))
    );
    let token = gateway.exchange(&key, &[]).await.tokens().access_token;
    let claims = app.claims(&token, "at+jwt");
    assert_eq!(
        (claims.text("sub"), claims.text("aud"), claims.text("scope")),
        (Some("svc"), Some(API), Some("api:read"))
    );
    app.clock.advance(86_400);
    assert_eq!(rs.introspect(&key).await["active"], false, "it ends");
}
