//! What one request may use. `now` is read once, so all timestamps of a request agree.

use crate::app::App;
use crate::time::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;

/// The context of one request.
#[derive(Clone)]
pub struct Cx {
    /// The services of this server.
    pub app: Arc<App>,
    /// When the request arrived.
    pub now: Timestamp,
    /// Who sent it: the peer, or what a trusted proxy says.
    pub ip: IpAddr,
    /// The `User-Agent` header, shortened; for lists that people read, never for decisions.
    pub user_agent: String,
    /// Names the request in the log and on error pages.
    pub request_id: String,
}
