//! What one request may use. `now` is read once, so all timestamps of a request agree.

use crate::app::App;
use crate::oauth::client::Client;
use crate::oauth::error::Fault;
use crate::time::Timestamp;
use crate::x509::Certificate;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

/// The context of one request.
#[derive(Clone)]
pub struct Cx {
    /// The services of this server.
    pub app: Arc<App>,
    /// When the request arrived.
    pub now: Timestamp,
    /// Who sent it: the peer, or what a trusted proxy says.
    pub ip: IpAddr,
    /// The certificate that it has proved to hold the key of.
    pub certificate: Option<Arc<Certificate>>,
    /// The `User-Agent` header, shortened; for lists that people read, never for decisions.
    pub user_agent: String,
    /// The cookie that tells on which accounts this device has signed in. Not read here: see `identity::known_device`.
    pub device: Option<String>,
    /// Names the request in the log and on error pages.
    pub request_id: String,
    /// The client that the request names, once known; for the log.
    pub client_id: Arc<OnceLock<String>>,
}

impl Cx {
    /// The client with this identifier, disabled or not. The request's line in the log names it: only a registered
    /// one, as a made-up identifier may be anything.
    ///
    /// # Errors
    /// The database fails.
    pub async fn client(&self, id: &str) -> Result<Option<Arc<Client>>, Fault> {
        let client = self.app.clients.find(&self.app.db, id, self.now).await?;
        if let Some(client) = &client {
            // The first one stays: it is the one that sent the request.
            let _first = self.client_id.set(client.id.clone());
        }
        Ok(client)
    }
}
