//! A resource server: an API that takes access tokens of a Keywright issuer, and no more once somebody has signed out.
//!
//! ```text
//! KEYWRIGHT_ISSUER=http://localhost:8080 AUDIENCE=http://localhost:8080 LISTEN=127.0.0.1:4000 \
//!   cargo run --example resource_server
//! ```

use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::{get, post};
use keywright::resource::{Access, Protect, Require, Resource};
use std::error::Error;
use std::sync::Arc;

/// What the handlers share.
#[derive(Clone)]
struct Api {
    resource: Arc<Resource>,
    name: &'static str,
}

impl FromRef<Api> for Arc<Resource> {
    fn from_ref(api: &Api) -> Self {
        Arc::clone(&api.resource)
    }
}

/// The routes: one for anybody with a token, one for a role, one for a scope.
pub(crate) fn routes(resource: Arc<Resource>) -> Router {
    let protect = |require| Protect::new(Arc::clone(&resource), require);
    let admin = get(async || "for administrators");
    let write = post(async |access: Access| format!("written by {}", access.client_id()));
    Router::new()
        .route("/hello", get(hello))
        .route("/admin", admin.layer(protect(Require::token().role("admin"))))
        .route(
            "/notes",
            write.layer(protect(Require::token().scope("api:write"))),
        )
        .with_state(Api {
            resource,
            name: "notes",
        })
}

async fn hello(access: Access, State(api): State<Api>) -> String {
    format!("{} says hello to {}", api.name, access.subject())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let resource = Resource::new(&setting("KEYWRIGHT_ISSUER")?, &setting("AUDIENCE")?)?;
    let listener = tokio::net::TcpListener::bind(setting("LISTEN")?).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, routes(Arc::new(resource))).await?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "an example is configured by its environment"
)]
fn setting(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("set {name}"))
}
