//! Clients: who may ask for tokens, and what each may ask for. Metadata has the names of RFC 7591 §2.

pub mod auth;
pub mod jwks;
mod metadata;
pub mod registration;
mod registry;

pub use metadata::{ApplicationType, Metadata};
pub use registry::Registry;

use super::engine::scope::Scope;
use super::error::{ErrorCode, Refusal};
use super::status::LONGEST_TOKEN;
use crate::app::App;
use crate::identity::event::{About, Actor, Event, Journal};
use crate::storage::{self, clients, status};
use crate::time::Timestamp;

/// A registered client, as loaded.
#[derive(Clone, Debug)]
pub struct Client {
    /// RFC 6749 §2.2 client identifier.
    pub id: String,
    /// What it registered.
    pub metadata: Metadata,
    /// The scope it may ask for.
    pub scope: Scope,
    /// Whether every request of it is refused.
    pub disabled: bool,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Digests of its live secrets, newest first, each with its row identifier.
    pub secrets: Vec<(String, Vec<u8>)>,
}

impl Client {
    /// Whether it can keep no secret (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == "none"
    }

    /// The name that people see.
    pub fn name(&self) -> &str {
        self.metadata.client_name.as_deref().unwrap_or(&self.id)
    }

    /// Refuses a grant that the client is not registered for (RFC 6749 §5.2).
    ///
    /// # Errors
    /// `unauthorized_client`.
    pub fn require_grant(&self, grant_type: &str) -> Result<(), Refusal> {
        if self.has_grant(grant_type) {
            return Ok(());
        }
        Err(Refusal::new(
            ErrorCode::UnauthorizedClient,
            "The client is not registered for this grant type.",
        ))
    }

    /// Whether the client is registered for the grant.
    pub fn has_grant(&self, grant_type: &str) -> bool {
        self.metadata
            .grant_types
            .iter()
            .any(|registered| registered == grant_type)
    }

    /// Refuses scope that the client is not registered for (RFC 6749 §3.3).
    ///
    /// # Errors
    /// `invalid_scope`.
    pub fn require_scope(&self, scope: &Scope) -> Result<(), Refusal> {
        if self.scope.includes(scope) {
            return Ok(());
        }
        let description = "The client is not registered for a part of this scope.";
        Err(Refusal::new(ErrorCode::InvalidScope, description)
            .at("scope")
            .because(format!("asked for {scope}, registered for {}", self.scope)))
    }

    /// Whether a code for this client must be bound to a PKCE challenge (RFC 9700 §2.1.1).
    pub fn requires_pkce(&self) -> bool {
        self.is_public() || self.metadata.require_pkce
    }
}

/// Removes, for the operator, a client with its secrets, consents and grants; resource servers hear of the end of its tokens. `false` if
/// there is none.
///
/// # Errors
/// The database fails.
pub async fn remove(app: &App, id: &str) -> storage::Result<bool> {
    let mut journal = Journal::begin(Actor::operator(app)).await?;
    status::keep_client(journal.sql(), id, app.clock.now() + LONGEST_TOKEN).await?;
    let removed = clients::delete(journal.sql(), id).await?;
    if removed {
        journal.note(Event::ClientRemoved, About::client(id)).await?;
    }
    journal.commit().await?;
    app.clients.forget(id);
    Ok(removed)
}
